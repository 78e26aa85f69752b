/// The counters of an earlier poll: what was counted since then is what counts now.
package struct CounterBaseline: Sendable {
  /// Unix time of the end of that poll, seconds.
  package var time: Double
  /// Whether nobody watched before that poll: then the ages of sockets are lower bounds.
  package var isFirst: Bool
  /// Those of each group that had any.
  package var groups: [GroupLabels: GroupCounters] = [:]
  /// The kernel's, by network namespace (``GroupLabels/netns``).
  package var hosts: [String: HostCounters] = [:]
  /// Stuck CLOSE-WAIT sockets of each group that has some.
  private var closeWaits: [GroupLabels: Growth] = [:]

  /// A number, and in how many baselines in a row it became greater.
  private struct Growth: Sendable {
    var count: UInt64
    var steps: Int
  }

  /// - Parameter before: the baseline before it.
  package init(_ report: Report, isFirst: Bool, after before: CounterBaseline? = nil) {
    time = report.time
    self.isFirst = isFirst
    for group in report.groups {
      groups[group.labels] = group.counters
      let count = group.gauges.stuckAtEnd
      guard count > 0 else { continue }
      let last = before?.closeWaits[group.labels]
      let grows = last.map { count > $0.count } ?? false
      closeWaits[group.labels] = Growth(count: count, steps: grows ? (last?.steps ?? 0) + 1 : 0)
    }
    for namespace in report.namespaces { hosts[namespace.netns] = namespace.host }
  }

  /// Whether a group's stuck CLOSE-WAIT sockets became more in each of the last baselines.
  func growsSteadily(_ group: GroupReport) -> Bool {
    guard let growth = closeWaits[group.labels] else { return false }
    return growth.steps >= Thresholds.leakGrowth.steps
      && group.gauges.stuckAtEnd >= max(growth.count, Thresholds.leakGrowth.sockets)
  }
}

/// Keeps the baselines of reports: that of a report is one to two minutes older, or the first report
/// within the first minute. Who polls in between, because somebody asked, does not make it younger.
struct BaselineWindow: Sendable {
  /// ms from one baseline to the next.
  static let spacing: Int64 = 60_000

  private var older: CounterBaseline?
  private var newer: CounterBaseline?
  private var lastKept: Int64?

  /// The baseline of a report; nil for the first one.
  /// - Parameter now: monotonic ms.
  mutating func baseline(of report: Report, at now: Int64) -> CounterBaseline? {
    guard let lastKept else {
      newer = CounterBaseline(report, isFirst: true)
      lastKept = now
      return nil
    }
    // Counters of what a light poll does not read stand still: a baseline of one would be too old.
    let isDue = now - lastKept >= Self.spacing && report.fullPollAge == 0
    if isDue || now - lastKept >= 2 * Self.spacing {
      older = newer
      newer = CounterBaseline(report, isFirst: false, after: newer)
      self.lastKept = now
    }
    return older ?? newer
  }
}

extension Report {
  /// ms since the baseline, at least 1; nil without one.
  package var millisecondsSinceBaseline: Int64? {
    baseline.map { Int64(max(1, min((time - $0.time) * 1000, 1e12))) }
  }
}

extension GroupCounters {
  /// What was counted after a baseline. Counters that began anew in between count from 0: then all of
  /// it is new.
  package func since(_ before: GroupCounters?) -> GroupCounters {
    guard let before, sentSegments >= before.sentSegments, sendBusy >= before.sendBusy else {
      return self
    }
    var new = self
    new.combine(before) { $0.difference($1) }
    return new
  }
}

extension UInt64 {
  /// How far a counter came; 0 if it was set back.
  func difference(_ before: UInt64?) -> UInt64 {
    let before = before ?? 0
    return self > before ? self - before : 0
  }
}
