/// Diagnoses the report of each poll, once, on the poll thread, and keeps between polls what that needs.
package struct Diagnostics: Sendable {
  private var baselines = BaselineWindow()
  private var series = FindingSeriesTable()
  private var conditions = ConditionTracker()
  private var log = FindingLog()

  package init() {}

  /// Gives a report, which is complete but for them, its baseline and findings.
  /// - Parameters:
  ///   - now: monotonic ms.
  ///   - linger: ms that the series of a finding stays after its end.
  ///   - condition: reads what keeps a process from running; nil if nothing does.
  /// - Returns: what is worth a line in the log.
  package mutating func diagnose(
    _ report: inout Report, at now: Int64, linger: Int64,
    condition: (Int32) -> ProcessCondition? = { _ in nil }
  ) -> [FindingLog.Event] {
    report.baseline = baselines.baseline(of: report, at: now)
    report.findings = Diagnosis.findings(in: report)
    conditions.complete(&report.findings, condition)
    report.findingSeries = series.series(of: report, at: now, linger: linger)
    return log.events(of: report)
  }
}
