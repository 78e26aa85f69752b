internal import Glibc
package import SocketStates

/// Reads ``ProcessFacts`` from /proc/PID.
package struct ProcessFactsReader: Sendable {
  private let procfs: ProcFS
  private var file = SmallFile(capacity: ProcessFacts.longestCommandLine)
  private var link = SymbolicLink(longest: Int(PATH_MAX))

  package init(procfs: ProcFS) { self.procfs = procfs }

  /// Who has the pid now; nil if nobody.
  package mutating func identity(_ pid: Int32) -> ProcessIdentity? { stat(pid)?.identity }

  /// What can be known of the process that has the pid now; nil if nobody has.
  ///
  /// What may not be read, or vanishes in between, is left empty.
  package mutating func facts(_ pid: Int32) -> ProcessFacts? {
    guard let stat = stat(pid) else { return nil }
    var facts = ProcessFacts(identity: stat.identity, parent: stat.parent)
    facts.executable =
      (try? link.read(procfs.path("\(pid)/exe")) { String(lossy: $0, in: $0.indices) }) ?? ""
    facts.command =
      read(pid, "comm") { bytes in
        // A name may hold newlines itself: only the last one is the file's own.
        let newline = bytes.indices.last { bytes[$0] == UInt8(ascii: "\n") }
        return String(lossy: bytes, in: 0..<(newline ?? bytes.count))
      } ?? ""
    facts.arguments = read(pid, "cmdline") { ProcessFacts.arguments(cmdline: $0) } ?? []
    facts.unit = read(pid, "cgroup") { CgroupUnit.unit(cgroupFile: $0) } ?? ""
    return facts
  }

  private mutating func stat(_ pid: Int32) -> ProcessStat? {
    read(pid, "stat") { ProcessStat($0) } ?? nil
  }

  private mutating func read<Value>(
    _ pid: Int32, _ entry: String, parse: (Span<UInt8>) -> Value
  ) -> Value? {
    try? file.read(procfs.path("\(pid)/\(entry)"), parse: parse)
  }
}
