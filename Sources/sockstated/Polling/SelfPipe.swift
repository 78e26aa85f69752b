import Glibc
import LinuxSockets

/// Wakes a thread that waits in poll(2): a pair of connected sockets.
final class SelfPipe: Sendable {
  /// Why a wait ended.
  enum Reason { case signalled, other, timedOut }

  private let waiting: Descriptor
  private let signalling: Descriptor

  init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .last("make a socket pair") }
    waiting = Descriptor(owning: ends[0])
    signalling = Descriptor(owning: ends[1])
  }

  /// A signal that nobody has waited for yet is enough: a full buffer harms nothing.
  func signal() {
    var byte: UInt8 = 0
    unsafe _ = send(signalling.number, &byte, 1, Int32(MSG_NOSIGNAL))
  }

  /// For a signal handler, which may do no more than send a byte to it.
  var signallingDescriptor: Int32 { signalling.number }

  /// Waits for a signal, for bytes at another descriptor, or for the time to pass.
  func wait(milliseconds: Int32, also other: Int32?) -> Reason {
    var polled = [
      pollfd(fd: waiting.number, events: Int16(POLLIN), revents: 0),
      // poll(2) passes over a negative descriptor.
      pollfd(fd: other ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    // A signal that interrupts the wait is like time that passed: the caller looks at the clock.
    guard unsafe poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return .timedOut }
    guard polled[0].revents == 0 else {
      var byte: UInt8 = 0
      unsafe _ = recv(waiting.number, &byte, 1, 0)
      return .signalled
    }
    return .other
  }
}
