/// /proc/PID/status (proc_pid_status(5)).
extension ProcFS {
  /// Whether it was mounted in this process's own PID namespace: `NSpid` has the process's numbers from that of the
  /// procfs down to its own.
  var hasOwnPIDs: Bool {
    var file = SmallFile(capacity: 1 << 14)
    let numbers = try? file.read(path("self/status")) { bytes in
      String(lossy: bytes, in: bytes.indices).split(separator: "\n")
        .first { $0.hasPrefix("NSpid:") }?.split(separator: "\t").count
    }
    return numbers == 2
  }

  /// The process that a thread belongs to (`Tgid`); nil of the first thread of a process, which has its id, and if there
  /// is no such thread that can be seen.
  package func process(ofThread id: Int32) -> Int32? {
    var file = SmallFile(capacity: 1 << 14)
    let process = try? file.read(path("\(id)/status")) { bytes in
      String(lossy: bytes, in: bytes.indices).split(separator: "\n")
        .first { $0.hasPrefix("Tgid:") }?.split(separator: "\t").last.flatMap { Int32($0) }
    }
    return process.flatMap { $0 == id ? nil : $0 }
  }
}
