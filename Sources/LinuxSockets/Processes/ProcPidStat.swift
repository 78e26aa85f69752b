package import SocketStates

/// The fields of /proc/PID/stat that this product uses (proc_pid_stat(5)).
package struct ProcessStat: Sendable, Equatable {
  package var pid: Int32
  package var parent: Int32
  /// The state of its first thread: `R`, `S`, `D`, `T`, `t`, `Z`, …
  package var state: UInt8
  /// User and system time, clock ticks.
  package var cpuTicks: UInt64
  /// Clock ticks since boot.
  package var startTime: UInt64
  /// Bytes.
  package var virtualMemory: UInt64
  /// Pages.
  package var residentPages: UInt64

  /// Whether its first thread has ended; other threads may go on.
  package var isZombie: Bool { state == UInt8(ascii: "Z") }

  package var identity: ProcessIdentity { ProcessIdentity(pid: pid, startTime: startTime) }

  /// Parses the file's content; nil if it is cut off or not that file.
  ///
  /// The command's name stands in parentheses and may hold spaces and parentheses itself, so the
  /// fields are counted from the last closing one.
  package init?(_ bytes: Span<UInt8>) {
    var line = FieldScanner(bytes)
    guard let pid = line.unsigned(bytes), let pid = Int32(exactly: pid),
      let close = bytes.indices.last(where: { bytes[$0] == UInt8(ascii: ")") })
    else { return nil }
    line.position = close + 1
    guard let state = line.field(bytes), let parent = line.unsigned(bytes),
      let parent = Int32(exactly: parent)
    else { return nil }
    for _ in 5...13 { guard line.skipField(bytes) else { return nil } }
    guard let user = line.unsigned(bytes), let system = line.unsigned(bytes) else { return nil }
    for _ in 16...21 { guard line.skipField(bytes) else { return nil } }
    guard let startTime = line.unsigned(bytes), let virtualMemory = line.unsigned(bytes),
      let residentPages = line.unsigned(bytes), line.position < bytes.count
    else { return nil }
    self.pid = pid
    self.parent = parent
    self.state = bytes[state.lowerBound]
    let (ticks, overflow) = user.addingReportingOverflow(system)
    cpuTicks = overflow ? .max : ticks
    self.startTime = startTime
    self.virtualMemory = virtualMemory
    self.residentPages = residentPages
  }
}
