import Glibc
package import SocketStates

/// Reads how many descriptors a process has open, and how many it may.
package struct ProcessDescriptorsReader: Sendable {
  /// Processes read in one poll, at most.
  package static let limit = 200

  private let procfs: ProcFS

  package init(procfs: ProcFS) { self.procfs = procfs }

  /// One report for each name and unit: that of the process nearest to its limit. Processes that
  /// may not be read, or have ended, are left out.
  package func read(_ processes: [Owner]) -> [DescriptorReport] {
    var fullest: [[String]: DescriptorReport] = [:]
    var limits = SmallFile(capacity: 4096)
    for process in processes.prefix(Self.limit) {
      guard let open = openDescriptors(of: process.pid),
        let limit = try? limits.read(procfs.path("\(process.pid)/limits"), parse: Self.softLimit)
      else { continue }
      let report = DescriptorReport(
        process: process.name, unit: process.unit, open: open, limit: limit)
      let key = [process.name, process.unit]
      if let other = fullest[key], other.share >= report.share { continue }
      fullest[key] = report
    }
    return fullest.values.sorted { ($0.process, $0.unit) < ($1.process, $1.unit) }
  }

  /// The size of /proc/PID/fd is the number of open descriptors since Linux 6.2 (`fs/proc/fd.c`,
  /// proc_fd_getattr); before, it is 0 and the directory is counted.
  private func openDescriptors(of pid: Int32) -> Int? {
    let path = procfs.path("\(pid)/fd")
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    if status.st_size > 0 { return Int(status.st_size) }
    guard let directory = try? DirectoryStream(path) else { return nil }
    var count = 0
    while directory.nextNumber() != nil { count += 1 }
    return count
  }

  /// `Max open files            1024                 524288               files`
  package static func softLimit(_ bytes: Span<UInt8>) -> UInt64? {
    var lines = FieldScanner(bytes)
    while let line = lines.line(bytes) {
      let name = line.lowerBound..<line.lowerBound + 14
      guard line.count > name.count, bytes.holds("Max open files", in: name) else { continue }
      var fields = FieldScanner(name.upperBound..<line.upperBound)
      return fields.field(bytes).map { UInt64(decimal: bytes, in: $0) ?? .max }
    }
    return nil
  }
}

extension DescriptorReport {
  fileprivate var share: Double { Double(open) / Double(max(limit, 1)) }
}
