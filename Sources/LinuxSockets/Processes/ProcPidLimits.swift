import Glibc
package import SocketStates

/// Reads how many descriptors processes have open, and how many they may.
package struct ProcessDescriptorsReader: Sendable {
  /// Processes that are read in every poll, at most.
  package static let limit = 200
  /// Processes that are read in turn in one poll.
  package static let turn = 50
  /// The part of its limit from which any process is reported.
  package static let share = 0.5

  private let procfs: ProcFS
  private var limits = SmallFile(capacity: 4096)
  /// Those that are still to be read in turn.
  private var round: [Owner] = []
  /// Those that were past ``share`` when they were read last.
  private var full: Set<ProcessIdentity> = []

  package init(procfs: ProcFS) { self.procfs = procfs }

  /// One report for each name and unit: that of the process nearest to its limit. Processes that
  /// may not be read, or have ended, are left out.
  /// - Parameters:
  ///   - processes: those that are reported whatever they have open.
  ///   - others: all that hold sockets. They are read in turn, and reported while they are past half of
  ///     their limit.
  package mutating func read(_ processes: [Owner], others: [Owner] = []) -> [DescriptorReport] {
    if round.isEmpty { round = others }
    let next = round.suffix(Self.turn)
    round.removeLast(next.count)
    let pressing = processes.prefix(Self.limit)
    let watched = others.filter { full.contains($0.identity) }.prefix(Self.limit)
    var fullest: [[String]: DescriptorReport] = [:]
    var done = Set<ProcessIdentity>()
    for (index, process) in (Array(pressing) + watched + next).enumerated()
    where done.insert(process.identity).inserted {
      let report = report(process)
      if let report, report.share >= Self.share {
        full.insert(process.identity)
      } else {
        full.remove(process.identity)
        if index >= pressing.count { continue }
      }
      guard let report else { continue }
      let key = [process.name, process.unit]
      if let other = fullest[key], other.share >= report.share { continue }
      fullest[key] = report
    }
    full.formIntersection(done)
    return fullest.values.sorted { ($0.process, $0.unit) < ($1.process, $1.unit) }
  }

  private mutating func report(_ process: Owner) -> DescriptorReport? {
    guard let open = openDescriptors(of: process.pid),
      let limit = try? limits.read(procfs.path("\(process.pid)/limits"), parse: Self.softLimit)
    else { return nil }
    return DescriptorReport(
      process: process.name, unit: process.unit, open: open, limit: limit)
  }

  /// nil if none are listed: a process that is reported has some.
  private func openDescriptors(of pid: Int32) -> Int? {
    if let count = ProcPidFd.count(in: procfs.path("\(pid)/fd")) { return count }
    // Once the first thread has ended, the others have the descriptors.
    return ProcPidTask.otherThread(of: pid, procfs).flatMap {
      ProcPidFd.count(in: procfs.path("\(pid)/task/\($0)/fd"))
    }
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
