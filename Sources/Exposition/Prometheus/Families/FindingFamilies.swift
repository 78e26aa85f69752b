internal import SocketStates

extension MetricSection {
  static let findings = MetricSection(
    title: "Findings",
    introduction: """
      What the daemon judges to be wrong, once a poll: what the page, `explain` and `watch` show. \
      [findings.md](findings.md) has every finding with its conditions.
      """,
    families: [
      .daemon(
        "findings", .gauge,
        "1 while the daemon finds this in the group, then 0 for limits.linger: docs/findings.md.",
        labels: [
          "process": "as in groups", "unit": "as in groups", "direction": "as in groups",
          "port": "as in groups", "pid": "as in groups", "netns": "as in groups",
          "kind": "docs/findings.md has all",
          "severity": MetricFamily.values([
            Finding.Severity.notice.label, Finding.Severity.fault.label,
          ]),
        ],
        from: "the diagnosis of the report",
        absent: "nothing was found, or it ended more than `limits.linger` ago"
      ) { report, _, writer in
        for series in report.findingSeries {
          writer.sample(series.metricLabels, series.stands ? 1 : 0)
        }
      }
    ])
}
