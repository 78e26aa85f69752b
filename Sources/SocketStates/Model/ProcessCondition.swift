/// What keeps a process from running.
package enum ProcessCondition: Hashable, Sendable {
  /// Stopped by a signal: SIGSTOP, or SIGTSTP of its terminal.
  case stopped
  /// Its main thread is stopped by a debugger or tracer.
  case traced
  /// Its cgroup is frozen: the directory of the outermost one that is.
  case frozen(cgroup: String)
  /// Its main thread sleeps where no signal reaches it.
  case uninterruptible
  /// Its main thread has ended; others may go on.
  case zombie
}
