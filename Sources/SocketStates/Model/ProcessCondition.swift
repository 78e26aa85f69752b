/// What keeps a process from running.
package enum ProcessCondition: Hashable, Sendable {
  /// Stopped by a signal: SIGSTOP, or SIGTSTP of its terminal.
  case stopped
  /// Its main thread is stopped by a debugger or tracer. If it has given way more often at the next look, it ran in
  /// between, as it does under strace(1).
  case traced(switches: UInt64)
  /// Its cgroup is frozen: the directory of the outermost one that is.
  case frozen(cgroup: String)
  /// Its main thread sleeps where no signal reaches it.
  case uninterruptible
  /// Its main thread has ended; others may go on.
  case zombie

  /// Whether one poll alone does not prove that it lasts: every process is in uninterruptible sleep for moments, and
  /// each system call of one that is traced stops it.
  var isBrief: Bool {
    switch self {
    case .traced, .uninterruptible: true
    case .stopped, .frozen, .zombie: false
    }
  }
}
