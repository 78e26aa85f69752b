extension Ledger {
  /// The report of the poll that was finished last.
  /// - Parameter time: Unix time, seconds.
  package func report(sequence: UInt64, time: Double, source: SourceName) -> Report {
    let groups = self.groups.all.map { group in
      var report = GroupReport(
        labels: group.labels, statesSeen: group.statesSeen, gauges: group.gauges,
        counters: source == .sockDiag ? group.counters : nil)
      report.causesSeen = group.causesSeen
      report.stallsSeen = group.stallsSeen
      return report
    }
    return Report(
      sequence: sequence, time: time, source: source,
      groups: groups.sorted { $0.labels.isOrdered(before: $1.labels) },
      unattributed: unattributed, unattributedSeen: unattributedSeen,
      trackedSockets: seenSockets, groupsRefused: self.groups.refused)
  }
}

extension GroupLabels {
  /// By process, unit, direction, port (`other` last), pid.
  fileprivate func isOrdered(before other: GroupLabels) -> Bool {
    if process != other.process { return process < other.process }
    if unit != other.unit { return unit < other.unit }
    if direction != other.direction { return direction.rawValue < other.direction.rawValue }
    if port != other.port { return port ?? .max < other.port ?? .max }
    return pid ?? 0 < other.pid ?? 0
  }
}
