internal import Glibc
package import SocketStates

/// Reads ``ProcessFacts`` from /proc/PID.
package struct ProcessFactsReader: Sendable {
  private let procfs: ProcFS
  private let commandLines: ProcPidCmdline
  private var file = SmallFile(capacity: 1 << 14)
  private var link = SymbolicLink(longest: Int(PATH_MAX))

  package init(procfs: ProcFS) {
    self.procfs = procfs
    commandLines = ProcPidCmdline { CommandLine($0, procfs) }
  }

  /// Who has the pid now; nil if nobody.
  package mutating func identity(_ pid: Int32) -> ProcessIdentity? { stat(pid)?.identity }

  /// Whether nobody has the pid any more, or only until its parent waits for it.
  mutating func hasEnded(_ pid: Int32) -> Bool {
    guard let stat = stat(pid) else { return true }
    return stat.isZombie && ProcPidTask.otherThread(of: pid, procfs) == nil
  }

  /// The pid of the process that started the one that has the pid now; nil if nobody has.
  mutating func parent(_ pid: Int32) -> Int32? { stat(pid)?.parent }

  /// What can be known of the process that has the pid now; nil if nobody has.
  ///
  /// What may not be read, or vanishes in between, is left empty.
  package mutating func facts(_ pid: Int32) -> ProcessFacts? {
    guard let stat = stat(pid) else { return nil }
    var facts = ProcessFacts(identity: stat.identity, parent: stat.parent)
    // What a process runs went with its first thread (exit_mm(), kernel/exit.c).
    let thread = stat.isZombie ? ProcPidTask.otherThread(of: pid, procfs) : nil
    let path = thread.map { "\(pid)/task/\($0)" } ?? "\(pid)"
    facts.executable =
      (try? link.read(procfs.path("\(path)/exe")) { String(lossy: $0, in: $0.indices) }) ?? ""
    // It is a name of what was opened long ago: nothing is looked up, and nothing waits.
    facts.directory = try? link.read(procfs.path("\(path)/cwd")) {
      String(lossy: $0, in: $0.indices)
    }
    facts.command =
      read(pid, "comm") { bytes in
        // A name may hold newlines itself: only the last one is the file's own.
        let newline = bytes.indices.last { bytes[$0] == UInt8(ascii: "\n") }
        return String(lossy: bytes, in: 0..<(newline ?? bytes.count))
      } ?? ""
    let commandLine = commandLines.commandLine(
      .init(
        process: stat.identity, path: path, uid: procfs.user(of: pid), executable: facts.executable,
        command: facts.command)
    )
    facts.arguments = commandLine?.arguments ?? []
    facts.programExists = commandLine?.programExists
    facts.isSilent = commandLine == nil
    facts.hasEnded = stat.isZombie && thread == nil
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

extension ProcFS {
  /// Who owns /proc/PID: the effective user of the process, or root if it is not dumpable (proc(5)).
  fileprivate func user(of pid: Int32) -> UInt32 {
    var status = stat()
    return unsafe stat(path("\(pid)"), &status) == 0 ? status.st_uid : .max
  }
}

extension CommandLine {
  /// Reads the command line, and whether what an interpreter is told to run exists. Blocks for as long as
  /// the process, or the file systems that it sees, like.
  fileprivate init(_ request: ProcPidCmdline.Request, _ procfs: ProcFS) {
    var file = SmallFile(capacity: ProcessFacts.longestCommandLine)
    let path = procfs.path("\(request.path)/cmdline")
    self.init(
      arguments: (try? file.read(path, parse: { ProcessFacts.arguments(cmdline: $0) })) ?? [])
    let launch = Launch(
      executable: request.executable, command: request.command, arguments: arguments)
    guard case .file(let program, _) = launch.runs else { return }
    // Relative to the process's own root and working directory.
    let seen =
      program.hasPrefix("/")
      ? "\(request.path)/root\(program)" : "\(request.path)/cwd/\(program)"
    if unsafe access(procfs.path(seen), F_OK) == 0 {
      programExists = true
    } else if errno == ENOENT || errno == ENOTDIR {
      programExists = false
    }
  }
}
