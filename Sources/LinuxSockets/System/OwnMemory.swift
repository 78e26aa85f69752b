internal import CGlibc

/// The memory of this process, which may hold passwords and keys.
package enum OwnMemory {
  /// Keeps it out of core dumps, and from other processes of the same user (ptrace(2), `/proc/PID/mem`):
  /// PR_SET_DUMPABLE of prctl(2). Cannot fail.
  package static func conceal() { _ = set_dumpable(0) }
}
