/// Connection attempts that fail, or wait.
extension Diagnosis {
  func connects(_ group: GroupReport, _ recent: Recent?) -> [Finding] {
    guard group.labels.direction == .outbound else { return [] }
    let unanswered = failed(.unanswered, recent)
    let refused = failed(.refused, recent)
    let abandoned = failed(.abandoned, recent)
    var found = self.unanswered(group, unanswered)
    if !refused.isEmpty {
      found.append(Finding(.connectsRefused, .fault, of: group.labels, refused))
    }
    if !abandoned.isEmpty {
      found.append(Finding(.connectsAbandoned, .notice, of: group.labels, abandoned))
    }
    return found
  }

  private func failed(_ failure: ConnectFailure, _ recent: Recent?) -> [Evidence] {
    guard let recent, recent.counters.connectFailures[failure] > 0 else { return [] }
    let failures = recent.counters.connectFailures
    let all = ConnectFailure.allCases.reduce(0) { $0 + failures[$1] }
    let ended = recent.counters.endedTotal
    return [.connectFailures(failure, failures[failure], within: recent.span)]
      + (ended > 0 ? [.attemptsOver(failed: all, of: all + ended, within: recent.span)] : [])
  }

  /// Apart: a full listener on this host, and whatever else gives no answer.
  private func unanswered(_ group: GroupReport, _ failed: [Evidence]) -> [Finding] {
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
          .connectsUnanswered(.listenerFull), .fault, of: group.labels,
          [.fullListener(listener)] + waiting(group, waits, full.map(\.0), of: all)
            + (silent.isEmpty ? failed : [])))
    }
    if listener == nil || !silent.isEmpty {
      found.append(
        Finding(
          .connectsUnanswered(.nobody), .fault, of: group.labels,
          waiting(group, waits, silent, of: all) + failed))
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
    ] + some.map { .destination($0) }
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
