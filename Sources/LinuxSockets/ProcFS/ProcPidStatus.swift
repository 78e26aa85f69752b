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
}
