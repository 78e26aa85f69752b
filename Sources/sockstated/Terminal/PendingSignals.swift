import Glibc
import Synchronization

/// Signals as something to wait for: a handler notes them and wakes who waits.
enum PendingSignals {
  /// One bit a signal that has come and was not taken.
  private static let noted = Atomic<UInt64>(0)
  /// The descriptor to which a byte wakes who waits; -1 while nobody does.
  private static let waker = Atomic<Int32>(-1)

  /// Has these signals noted from now on.
  static func open(_ signals: [Int32], waking descriptor: Int32) {
    waker.store(descriptor, ordering: .releasing)
    for signal in signals { listen(signal) }
  }

  /// The signals that have come since the last call.
  static func take() -> [Int32] {
    let bits = noted.exchange(0, ordering: .acquiringAndReleasing)
    return (0..<64).filter { bits & 1 << UInt64($0) != 0 }
  }

  /// Lets a signal do to this process what it does by default, now.
  static func obey(_ number: Int32) {
    _ = signal(number, SIG_DFL)
    // To this thread, whatever libdispatch blocks in it: kill(2) would choose another one, and this one would
    // run on to the exit meanwhile.
    var only = sigset_t()
    unsafe sigemptyset(&only)
    unsafe sigaddset(&only, number)
    unsafe pthread_sigmask(SIG_UNBLOCK, &only, nil)
    raise(number)
  }

  /// Notes the signal; nothing in the handler but what signal-safety(7) allows.
  static func listen(_ number: Int32) {
    _ = signal(number) { number in
      PendingSignals.note(number)
    }
  }

  private static func note(_ number: Int32) {
    let error = errno
    noted.bitwiseOr(1 << UInt64(number & 63), ordering: .acquiringAndReleasing)
    var byte: UInt8 = 0
    let descriptor = waker.load(ordering: .acquiring)
    unsafe _ = send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    errno = error
  }
}
