/// Connection attempts that fail, or wait.
extension Diagnosis {
  func connects(_ group: GroupReport, _ recent: Recent?) -> [Finding] {
    guard group.labels.direction == .outbound else { return [] }
    let refused = failed(.refused, group, recent)
    let givenUp = failed(.abandoned, group, recent)
    let abandoned = givenUp.isEmpty ? failed(.unreachable, group, recent) : givenUp
    var found = unanswered(
      group, failed(.unanswered, group, recent), severity(.unanswered, group, recent))
    if !refused.isEmpty {
      found.append(
        Finding(.connectsRefused, severity(.refused, group, recent), of: group.labels, refused))
    }
    if !abandoned.isEmpty {
      found.append(Finding(.connectsAbandoned, .notice, of: group.labels, abandoned))
    }
    return found
  }

  /// A fault if it has happened often, and more often than not; or if an attempt has waited for too long.
  private func severity(_ failure: ConnectFailure, _ group: GroupReport, _ recent: Recent?)
    -> Finding.Severity
  {
    if failure == .unanswered, group.gauges.synSentOldest ?? 0 >= Thresholds.unansweredConnect {
      return .fault
    }
    let failed = recent?.counters.connectFailures[failure] ?? 0
    // Refused attempts are mostly over before anybody sees whose they were.
    let all =
      group.labels.isUnknown
      ? attemptsOfAll[.init(netns: group.labels.netns, port: group.labels.port)] ?? 0
      : recent?.attempts(of: group) ?? 0
    let isStorm =
      failed >= Thresholds.failedAttempts.least
      && Double(failed) > Thresholds.failedAttempts.share * Double(all)
    return isStorm ? .fault : .notice
  }

  private func failed(_ failure: ConnectFailure, _ group: GroupReport, _ recent: Recent?)
    -> [Evidence]
  {
    guard let recent, recent.counters.connectFailures[failure] > 0 else { return [] }
    let failed = recent.counters.failedAttempts
    let ended = recent.counters.endedTotal
    return [
      .connectFailures(failure, recent.counters.connectFailures[failure], within: recent.span)
    ]
      + (ended > 0 ? [.attemptsOver(failed: failed, of: failed + ended, within: recent.span)] : [])
      + peers(.failures, group)
  }

  /// Apart: a full listener on this host, and whatever else gives no answer.
  private func unanswered(
    _ group: GroupReport, _ failed: [Evidence], _ severity: Finding.Severity
  ) -> [Finding] {
    let waits = group.gauges.synSentOldest.map { $0 >= Thresholds.synTimeout } ?? false
    guard waits || !failed.isEmpty else { return [] }
    let all = destinations(group)
    let full = all.compactMap { each in
      index.fullListener(at: each.destination, group.labels.netns).map { (each, $0) }
    }
    let silent = all.filter { each in !full.contains { $0.0.destination == each.destination } }
    var found: [Finding] = []
    // Those that failed have left no destination behind.
    let listener =
      full.first?.1 ?? (all.isEmpty ? index.fullListener(towardsPortOf: group.labels) : nil)
    if let listener {
      found.append(
        Finding(
          .connectsUnanswered(.listenerFull), severity, of: group.labels,
          [.fullListener(listener)] + waiting(group, waits, full.map(\.0), of: all)
            + (silent.isEmpty ? failed : [])))
    }
    if listener == nil || !silent.isEmpty {
      let answered = index.repeatedHandshakes(at: silent, of: group.labels)
      found.append(
        Finding(
          .connectsUnanswered(.nobody), severity, of: group.labels,
          waiting(group, waits, silent, of: all)
            + (answered > 0 ? [.sockets(.synRecv, answered)] : []) + failed))
    }
    return found
  }

  /// What shows that attempts to some of the destinations wait.
  private func waiting(
    _ group: GroupReport, _ waits: Bool, _ some: [DestinationReport],
    of all: [DestinationReport]
  ) -> [Evidence] {
    guard waits else { return some.map { .destination($0) } }
    // If all of them are meant, the group's own number is the exact one: a destination may be
    // shared with other processes.
    let ofGroup = UInt64(group.gauges.sockets[.synSent])
    let ofSome = some.reduce(0) { $0 + UInt64(max(0, $1.synSent)) }
    return [
      .sockets(.synSent, some.count == all.count ? ofGroup : min(ofGroup, ofSome)),
      .oldest(group.gauges.synSentOldest ?? 0, isAtLeast: agesAreLowerBounds),
    ] + some.map { .destination($0) } + oldestAttempts(group, some)
  }

  /// If the sockets are listed, those that have waited longest.
  private func oldestAttempts(_ group: GroupReport, _ some: [DestinationReport]) -> [Evidence] {
    let destinations = Set(some.map(\.destination))
    let waiting = index.sockets(of: group.labels).filter {
      $0.state == .synSent && destinations.contains($0.remote)
    }
    return waiting.sorted { $0.age > $1.age }.prefix(3).map { .socket($0) }
  }

  /// Those of the group's port; if its sockets are listed, only those that are its own.
  private func destinations(_ group: GroupReport) -> [DestinationReport] {
    let some = index.destinations(of: group.labels)
    guard !some.isEmpty else { return [] }
    let own = Set(
      index.sockets(of: group.labels).lazy.filter { $0.state == .synSent }.map(\.remote))
    return own.isEmpty ? some : some.filter { own.contains($0.destination) }
  }
}

extension Diagnosis.Recent {
  /// The group's attempts that are over: those that failed, and the connections that it has or had.
  func attempts(of group: GroupReport) -> UInt64 {
    counters.failedAttempts + counters.endedTotal + group.gauges.sockets.connected
  }
}

extension GroupCounters {
  fileprivate var failedAttempts: UInt64 {
    ConnectFailure.allCases.reduce(0) { $0 + connectFailures[$1] }
  }
}
