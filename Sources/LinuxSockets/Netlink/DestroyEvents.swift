import CLibMNL
import Glibc
package import SocketStates

/// The kernel's announcements of freed TCP sockets: groups `SKNLGRP_INET_TCP_DESTROY` and
/// `SKNLGRP_INET6_TCP_DESTROY` of sock_diag (`include/uapi/linux/sock_diag.h`, since Linux 4.5).
///
/// Each carries the cookie, the addresses and the final tcp_info; the state is always CLOSE, inode
/// and uid are 0.
package struct DestroyEvents: ~Copyable {
  /// What one drain of the socket brought.
  package struct Drained {
    /// Events that were handed on.
    package var events = 0
    /// Times that the kernel had to drop events because the buffer was full (ENOBUFS).
    package var overruns = 0
  }

  private static let groups: [Int32] = [1, 3]
  /// Room for some 15,000 events between two drains.
  private static let receiveBuffer: Int32 = 8 << 20

  private let socket: NetlinkSocket
  private var buffer = ContiguousArray<UInt8>(repeating: 0, count: 64 * 1024)

  /// Opens the socket and joins both groups.
  /// - Parameter ofAllNamespaces: whether events of other network namespaces that have an id in this
  ///   one come too.
  package init(ofAllNamespaces: Bool = false) throws(SystemError) {
    let socket = try NetlinkSocket.openSockDiag()
    if ofAllNamespaces { try socket.listenToAllNamespaces() }
    socket.setReceiveBuffer(Self.receiveBuffer)
    for group in Self.groups { try socket.join(group: group) }
    self.socket = socket
  }

  /// The descriptor, to wait for events with poll(2).
  package var descriptor: Int32 { socket.descriptor }

  /// Hands on the events that are there, at most `limit` datagrams. Datagrams that are not what
  /// they must be are passed over: the reconciliation with RetransSegs absorbs what they would have told.
  /// - Parameter body: takes an event and the id of the network namespace that it is from; nil is
  ///   the socket's own.
  package mutating func drain(limit: Int, _ body: (SocketRow, Int32?) -> Void) throws(SystemError)
    -> Drained
  {
    var drained = Drained()
    for _ in 0..<limit {
      let datagram: NetlinkSocket.Datagram
      do throws(SystemError) {
        datagram = try socket.receive(into: &buffer, isBlocking: false)
      } catch {
        if error.errno == EAGAIN { return drained }
        guard error.errno == ENOBUFS else { throw error }
        drained.overruns += 1
        continue
      }
      guard datagram.sender == 0, !datagram.isTruncated else { continue }
      drained.events += unsafe Self.decode(
        buffer.span.bytes.extracting(first: datagram.length)
      ) { body($0, datagram.namespace) }
    }
    return drained
  }

  /// Decodes one datagram of events.
  /// - Returns: how many there were.
  package static func decode(_ datagram: RawSpan, _ body: (SocketRow) -> Void) -> Int {
    var messages = NetlinkMessages()
    var count = 0
    while let (header, payload) = try? messages.next(in: datagram) {
      var row = SocketRow()
      guard header.type == UInt16(SOCK_DIAG_BY_FAMILY),
        (try? SockDiagMessage.decode(datagram, payload, into: &row)) == true
      else { continue }
      body(row)
      count += 1
    }
    return count
  }
}
