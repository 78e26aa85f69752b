/// A process for as long as the host is up: its pid may be used again, the pair may not.
package struct ProcessIdentity: Hashable, Sendable, BitwiseCopyable {
  package var pid: Int32
  /// When it started, in clock ticks since boot (field 22 of /proc/PID/stat).
  package var startTime: UInt64

  package init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }
}
