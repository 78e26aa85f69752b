/// One series of `sockstate_findings`: 1 while such a finding stands, then 0 for a while.
package struct FindingSeries: Sendable, Equatable {
  package var labels: GroupLabels
  /// ``Finding/Kind/label``.
  package var kind: String
  package var severity: Finding.Severity
  package var stands: Bool
}

/// Keeps the series of findings that no longer stand, so that alerts resolve and graphs close.
///
/// A series lives no longer than its group: there are at most as many as groups times kinds and
/// severities, and a group that makes room for another takes its series along.
struct FindingSeriesTable: Sendable {
  private struct Key: Hashable {
    var kind: String
    var severity: Finding.Severity
  }

  /// When each stood last, monotonic ms.
  private var lastStood: [GroupLabels: [Key: Int64]] = [:]

  /// The series of a report whose findings are known, in the order of its groups.
  /// - Parameters:
  ///   - now: monotonic ms.
  ///   - linger: ms that a series stays after its finding has ended.
  mutating func series(of report: Report, at now: Int64, linger: Int64) -> [FindingSeries] {
    let hidden = Set(report.groups.lazy.filter { !$0.isExposed }.map(\.labels))
    for finding in report.findings where finding.severity > .normal {
      let key = Key(kind: finding.kind.label, severity: finding.severity)
      let isHidden = hidden.contains(finding.labels)
      lastStood[isHidden ? finding.labels.other : finding.labels, default: [:]][key] = now
    }
    var kept: [GroupLabels: [Key: Int64]] = [:]
    var series: [FindingSeries] = []
    guard !lastStood.isEmpty else { return [] }
    for group in report.exposedGroups {
      guard let young = lastStood[group.labels]?.filter({ now - $0.value <= linger }),
        !young.isEmpty
      else { continue }
      kept[group.labels] = young
      series += young.sorted { ($0.key.kind, $0.key.severity) < ($1.key.kind, $1.key.severity) }
        .map {
          FindingSeries(
            labels: group.labels, kind: $0.key.kind, severity: $0.key.severity,
            stands: $0.value == now)
        }
    }
    lastStood = kept
    return series
  }
}
