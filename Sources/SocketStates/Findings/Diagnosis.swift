/// Judges a report: what is wrong in it, who is responsible, and what shows it. Pure.
///
/// docs/findings.md says when each finding stands, and why then.
struct Diagnosis {
  /// The parts of the report that a group's findings depend on.
  let index: ReportIndex
  /// How long ago the baseline was; nil without one.
  let span: Evidence.Span?
  /// Whether the sockets may be older than anybody watched.
  let agesAreLowerBounds: Bool

  /// What the kernel counted since the baseline, by network namespace.
  let recentHosts: [String: HostCounters]
  /// The ports on which a process of this host leaves unread what is cut off.
  private(set) var unreadingServers: Set<ReportIndex.PortKey> = []
  /// Recent connection attempts of all processes that are over, by port.
  private(set) var attemptsOfAll: [ReportIndex.PortKey: UInt64] = [:]

  private let baseline: CounterBaseline?

  /// What a report shows, faults first; within one severity the groups with the most sockets first. What
  /// follows from a finding comes right after it.
  static func findings(in report: Report) -> [Finding] {
    let diagnosis = Diagnosis(report)
    var found: [(finding: Finding, sockets: UInt64)] = []
    for group in report.groups {
      let total = group.gauges.sockets.total
      for finding in diagnosis.findings(of: group) { found.append((finding, total)) }
    }
    let peers = PeerResolver(report, diagnosis.index)
    found.sort { one, other in
      (one.finding.severity, one.sockets) > (other.finding.severity, other.sockets)
    }
    return CauseGraph.arranged(found.map { peers.complete($0.finding) }, peers)
  }

  private init(_ report: Report) {
    index = ReportIndex(report)
    baseline = report.baseline
    span = report.millisecondsSinceBaseline.map { .last($0) }
    agesAreLowerBounds = report.baseline?.isFirst ?? true
    recentHosts = Dictionary(
      report.namespaces.compactMap { namespace in
        guard let now = namespace.host, let before = report.baseline?.hosts[namespace.netns]
        else { return nil }
        return (namespace.netns, now.since(before))
      }, uniquingKeysWith: { first, _ in first })
    for group in report.groups {
      guard let recent = recent(group) else { continue }
      let port = ReportIndex.PortKey(netns: group.labels.netns, port: group.labels.port)
      if group.labels.direction == .outbound {
        attemptsOfAll[port, default: 0] += recent.attempts(of: group)
      } else if recent.counters.leavesUnread {
        unreadingServers.insert(port)
      }
    }
  }

  private func findings(of group: GroupReport) -> [Finding] {
    let recent = recent(group)
    let flood = synFlood(group, recent)
    return closeWaits(group) + closedHeld(group) + nearEndOfDescriptors(group)
      + connects(group, recent) + flood + accepting(group, recent, isFlooded: !flood.isEmpty)
      + connectionsReset(group, recent) + idleTimeout(group)
      + stalls(group, recent) + loss(group, recent) + ephemeralPorts(group) + endings(group)
  }
}

// MARK: - What was counted

extension Diagnosis {
  /// What a group's counters counted since the baseline.
  struct Recent {
    var counters: GroupCounters
    var span: Evidence.Span
  }

  /// Whether the group's stuck CLOSE-WAIT sockets become more from minute to minute.
  func growsSteadily(_ group: GroupReport) -> Bool { baseline?.growsSteadily(group) ?? false }

  /// nil if the source has no counters, or nothing to count from.
  private func recent(_ group: GroupReport) -> Recent? {
    guard let counters = group.counters, let baseline, let span else { return nil }
    return Recent(counters: counters.since(baseline.groups[group.labels]), span: span)
  }
}
