package import SocketStates

/// Something that was counted, and is in no finding: too little lately, or not lately.
package struct PastCount: Sendable {
  package var labels: GroupLabels
  package var evidence: Evidence

  /// Failed connection attempts and loss of some groups, unless a finding has the same.
  static func all(
    in report: Report, of labels: Set<GroupLabels>, besides findings: [Finding]
  ) -> [PastCount] {
    guard let baseline = report.baseline else { return [] }
    let span = baseline.isFirst ? report.millisecondsSinceBaseline.map(Evidence.Span.last) : nil
    let present = Set(findings.map { Key(labels: $0.labels, kind: $0.kind.label) })
    return report.groups.filter { labels.contains($0.labels) }.flatMap { group in
      counts(of: group, within: span ?? .allTime).filter {
        !present.contains(Key(labels: group.labels, kind: $0.kind))
      }
      .map { PastCount(labels: group.labels, evidence: $0.evidence) }
    }
  }

  private struct Key: Hashable {
    var labels: GroupLabels
    var kind: String
  }

  /// With the label of the kind of finding that would tell the same of now.
  private static func counts(
    of group: GroupReport, within span: Evidence.Span
  ) -> [(kind: String, evidence: Evidence)] {
    guard let counters = group.counters else { return [] }
    var counts: [(kind: String, evidence: Evidence)] = []
    for (failure, kind) in [
      (ConnectFailure.unanswered, Finding.Kind.connectsUnanswered(.nobody)),
      (.refused, .connectsRefused), (.abandoned, .connectsAbandoned),
      (.unreachable, .connectsAbandoned),
    ] where counters.connectFailures[failure] > 0 {
      let count = counters.connectFailures[failure]
      counts.append((kind.label, .connectFailures(failure, count, within: span)))
    }
    if counters.hasLoss {
      counts.append((Finding.Kind.loss.label, .retransmitted(counters, within: span)))
    }
    return counts
  }
}
