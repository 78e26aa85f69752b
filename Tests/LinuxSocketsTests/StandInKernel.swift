import CLibMNL
import Foundation
import Glibc

@testable import LinuxSockets

/// Takes the kernel's place at the other end of a netlink socket that is already open, and says
/// whatever a test wants the kernel to have said.
///
/// A connected SOCK_SEQPACKET socket takes the netlink socket's descriptor: it keeps the borders of
/// datagrams, does not look at the address that is sent to, and names no sender, as 0 is the kernel.
final class StandInKernel: Sendable {
  private let socket: Int32
  private let port: UInt32

  /// - Parameters:
  ///   - descriptor: the netlink socket's; what it was before is closed.
  ///   - port: the port id that answers must carry.
  init(inPlaceOf descriptor: Int32, port: UInt32) throws {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0, dup2(ends[1], descriptor) == descriptor else {
      throw SystemError.last("stand in for the kernel")
    }
    close(ends[1])
    socket = ends[0]
    self.port = port
  }

  deinit { close(socket) }

  /// Waits for a request, and answers it in a thread.
  func answerRequest(_ body: @escaping @Sendable (StandInKernel, _ sequence: UInt32) -> Void) {
    Thread.detachNewThread {
      var request = [UInt8](repeating: 0, count: 4096)
      guard recv(self.socket, &request, request.count, 0) >= 16 else { return }
      body(self, request.span.bytes.load(at: 8))
    }
  }

  /// - Returns: false once the other end is closed.
  @discardableResult
  func send(_ datagram: [UInt8]) -> Bool {
    Glibc.send(socket, datagram, datagram.count, Int32(MSG_NOSIGNAL)) == datagram.count
  }

  /// No more will come.
  func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }

  /// A datagram with the rows of sockets with these cookies.
  func rows(_ cookies: Range<UInt64>, sequence: UInt32) -> [UInt8] {
    .datagram {
      for cookie in cookies {
        $0.message(sequence: sequence, port: port, NetlinkBytes.socket(cookie: cookie))
      }
    }
  }

  /// `NLMSG_DONE`.
  func done(_ sequence: UInt32) -> [UInt8] {
    .datagram {
      $0.message(type: 3, sequence: sequence, port: port, NetlinkBytes.little(Int32(0)))
    }
  }
}
