import Glibc
import LinuxSockets

/// Wakes a thread that waits in poll(2): an eventfd(2).
final class WakeUp: Sendable {
  /// Why a wait ended.
  enum Reason { case signalled, other, timedOut }

  private let descriptor: Descriptor

  init() throws(SystemError) {
    let number = eventfd(0, Int32(EFD_CLOEXEC.rawValue | EFD_NONBLOCK.rawValue))
    guard number >= 0 else { throw .last("make an eventfd") }
    descriptor = Descriptor(owning: number)
  }

  func signal() { _ = eventfd_write(descriptor.number, 1) }

  /// Waits for a signal, for bytes at another descriptor, or for the time to pass.
  func wait(milliseconds: Int32, also other: Int32?) -> Reason {
    var waited: InlineArray<2, pollfd> = [
      pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0),
      // poll(2) passes over a negative descriptor.
      pollfd(fd: other ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    var span = waited.mutableSpan
    let ready = unsafe span.withUnsafeMutableBufferPointer {
      unsafe poll($0.baseAddress!, nfds_t($0.count), milliseconds)
    }
    // A signal that interrupts the wait is like time that passed: the caller looks at the clock.
    guard ready > 0 else { return .timedOut }
    guard waited[0].revents == 0 else {
      var count: eventfd_t = 0
      unsafe _ = eventfd_read(descriptor.number, &count)
      return .signalled
    }
    return .other
  }
}
