package import SocketStates

/// Reads what keeps a process from running: its state in /proc/PID/stat, and the freezer of its cgroup.
package struct ProcessConditionReader: Sendable {
  private let procfs: ProcFS
  private var freezer: CgroupFreezer
  private var file = SmallFile(capacity: 16_384)

  package init(procfs: ProcFS) {
    self.procfs = procfs
    freezer = CgroupFreezer(procfs: procfs)
  }

  /// nil if nothing keeps it from running, or nobody has the pid.
  package mutating func condition(of pid: Int32) -> ProcessCondition? {
    guard
      let stat = (try? file.read(procfs.path("\(pid)/stat")) { ProcessStat($0) }) ?? nil
    else { return nil }
    // A frozen process looks asleep (cgroup v2) or uninterruptible (v1).
    if let cgroup = freezer.frozen(cgroupFile: procfs.path("\(pid)/cgroup")) {
      return .frozen(cgroup: cgroup)
    }
    // proc_pid_stat(5)
    return switch Unicode.Scalar(stat.state) {
    case "T": .stopped
    case "t": .traced(switches: switches(of: pid))
    case "D": .uninterruptible
    case "Z": .zombie
    default: nil
    }
  }

  /// How often its main thread has given way; 0 if nobody tells.
  private mutating func switches(of pid: Int32) -> UInt64 {
    (try? file.read(procfs.path("\(pid)/status"), parse: Self.switches)) ?? 0
  }

  /// `voluntary_ctxt_switches:	150` (proc_pid_status(5))
  static func switches(_ bytes: Span<UInt8>) -> UInt64 {
    var lines = FieldScanner(bytes)
    while let line = lines.line(bytes) {
      var fields = FieldScanner(line)
      guard let name = fields.field(bytes), bytes.holds("voluntary_ctxt_switches:", in: name)
      else { continue }
      return fields.unsigned(bytes) ?? 0
    }
    return 0
  }
}
