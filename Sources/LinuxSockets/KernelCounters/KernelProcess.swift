package import SocketStates

/// A process as it was when it first called connect() or listen() (`struct process_record`).
package struct KernelProcess: Sendable {
  /// What tells it from others.
  package struct Key: Hashable, Sendable {
    /// ns since boot; 0 if the process is not known.
    package var started: UInt64
    /// In the initial PID namespace, of a ``KernelDescriptor`` in that of who reads; 0 if it is not known.
    package var tgid: UInt32

    /// The same as /proc has it: in ticks of USER_HZ, which is 100 on every machine (proc_pid_stat(5)).
    package var identity: ProcessIdentity? {
      guard started > 0, tgid > 0, let pid = Int32(exactly: tgid) else { return nil }
      return ProcessIdentity(pid: pid, startTime: started / 10_000_000)
    }
  }

  package var key: Key
  /// Inode of the directory of its cgroup.
  package var cgroup: UInt64
  /// Its name by the kernel.
  package var command: String
  /// The beginning of its arguments; empty if they could not be read.
  package var arguments: [String]
}

extension KernelProcess {
  private static let argumentBytes = 256

  init(_ record: RawSpan) {
    key = Key(started: record.load(at: 0), tgid: record.load(at: 8))
    cgroup = record.load(at: 16)
    let command = record.bytes(24..<40).prefix { $0 != 0 }
    self.command = String(decoding: command, as: UTF8.self)
    let length: UInt32 = record.load(at: 40)
    let arguments = record.bytes(48..<48 + min(Int(clamping: length), Self.argumentBytes))
    self.arguments = ProcessFacts.arguments(cmdline: arguments.span, longest: Self.argumentBytes)
  }

  /// What is known of it when /proc has it no more: the path of its executable only as it said itself.
  package func facts(_ identity: ProcessIdentity, unit: String) -> ProcessFacts {
    ProcessFacts(
      identity: identity, executable: arguments.first ?? command, command: command,
      arguments: arguments, unit: unit)
  }
}

extension RawSpan {
  /// A copy of some of the bytes.
  fileprivate func bytes(_ range: Range<Int>) -> [UInt8] {
    var copy: [UInt8] = []
    for offset in range { copy.append(load(at: offset)) }
    return copy
  }
}

extension KernelCounterFile {
  /// The processes of a file of them.
  package var processes: some Sequence<KernelProcess> { records { KernelProcess($0) } }
}
