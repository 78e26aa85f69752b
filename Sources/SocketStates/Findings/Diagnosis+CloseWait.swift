/// Sockets that only their process ends, CLOSE-WAIT and CLOSE, and the descriptors that they take.
extension Diagnosis {
  func closeWaits(_ group: GroupReport) -> [Finding] {
    let gauges = group.gauges
    let all = UInt64(gauges.sockets[.closeWait])
    guard all > 0 else { return [] }
    let listed = index.stuckSockets(of: group)
    let meant = halfCloses(group)
    var found: [Finding] = []
    for cause in CloseWaitCause.allCases {
      let left = gauges.stuck[cause] - meant.count(cause, gauges)
      guard left > 0 else { continue }
      let ofCause = listed.filter { $0.cause == cause && !(meant.isAwaited && $0.hasWaitingPeer) }
      let oldest = ofCause.max { $0.age < $1.age }
      found.append(
        Finding(
          .closeWait(cause), .fault, of: group.labels,
          acceptors: cause == .notAccepted ? group.acceptors : nil,
          [
            .sockets(.closeWait, left),
            oldest.map { .oldest($0.age, isAtLeast: $0.isAgeAtLeast) } ?? oldestCloseWait(group),
          ] + descriptors(group) + ofCause.map { .socket($0) }))
    }
    let stuck = found.reduce(0) { $0 + $1.count }
    guard all > stuck else { return found }
    let details = [oldestCloseWait(group)] + meant.evidence + listed.map { .socket($0) }
    return found + [
      Finding(
        .halfClosed, .notice, of: group.labels,
        [.sockets(.closeWait, all - stuck)] + (found.isEmpty ? details : meant.evidence))
    ]
  }

  private func oldestCloseWait(_ group: GroupReport) -> Evidence {
    .oldest(
      group.gauges.closeWaitOldest ?? 0, isAtLeast: group.gauges.isCloseWaitAgeAtLeast)
  }

  /// Which of a group's CLOSE-WAIT sockets are half closed on purpose, as far as can be seen.
  private struct HalfCloses {
    /// Whether those are whose peer waits on this host.
    var isAwaited = false
    /// Whether the others are too: likely, the process relays.
    var isRelay = false
    var evidence: [Evidence] = []

    /// How many of the stuck ones they are.
    func count(_ cause: CloseWaitCause, _ gauges: GroupGauges) -> UInt64 {
      guard cause.mayBeMeant else { return 0 }
      return isRelay ? gauges.stuck[cause] : isAwaited ? gauges.awaited[cause] : 0
    }
  }

  /// A number that only grows is a leak, whoever waits.
  private func halfCloses(_ group: GroupReport) -> HalfCloses {
    let gauges = group.gauges
    let stuck = gauges.stuckAtEnd
    var meant = HalfCloses()
    guard stuck > 0, !growsSteadily(group) else { return meant }
    let awaited = CloseWaitCause.allCases.reduce(0) {
      $0 + ($1.mayBeMeant ? gauges.awaited[$1] : 0)
    }
    if awaited > 0 {
      meant.isAwaited = true
      meant.evidence.append(.peersWaiting(awaited))
    }
    let others = index.heldFinWait2(besides: group)
    if stuck > awaited, stuck - awaited <= others {
      meant.isRelay = true
      meant.evidence.append(.waitsItself(others))
    }
    return meant
  }

  /// Connections that have ended while the process still holds their descriptors.
  func closedHeld(_ group: GroupReport) -> [Finding] {
    guard let oldest = group.gauges.closedOldest else { return [] }
    return [
      Finding(
        .closedHeld, group.gauges.stuckClosed > 0 ? .fault : .notice, of: group.labels,
        [
          .sockets(.close, UInt64(group.gauges.closedHeld)),
          .oldest(oldest, isAtLeast: group.gauges.closedUnseen > 0),
        ] + descriptors(group)
          + index.sockets(of: group, waitingFor: .release).map { .socket($0) })
    ]
  }

  private func descriptors(_ group: GroupReport) -> [Evidence] {
    index.descriptors(of: group.labels).map { [.descriptors(open: $0.open, limit: $0.limit)] }
      ?? []
  }

  /// Reported once, at the group of the process that has the most sockets in CLOSE-WAIT and CLOSE, or else
  /// the most sockets.
  func nearEndOfDescriptors(_ group: GroupReport) -> [Finding] {
    guard let descriptors = index.descriptors(of: group.labels),
      index.hasMostUnclosed(group.labels)
    else { return [] }
    guard descriptors.share >= Thresholds.descriptors.notice else { return [] }
    let states = [TCPState.closeWait, .close].filter { group.gauges.sockets[$0] > 0 }
    return [
      Finding(
        .descriptors, descriptors.share >= Thresholds.descriptors.fault ? .fault : .notice,
        of: group.labels,
        [.descriptors(open: descriptors.open, limit: descriptors.limit)]
          + states.map { .sockets($0, UInt64(group.gauges.sockets[$0])) })
    ]
  }
}
