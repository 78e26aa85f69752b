/// Connections that are up, and whose data do not move, or move badly.
extension Diagnosis {
  func stalls(_ group: GroupReport, _ recent: Recent?) -> [Finding] {
    let gauges = group.gauges
    let unread = stalled(.localReader, group)
    let shut = stalled(.peerWindow, group)
    let dead = stalled(.retransmission, group)
    // What was lost must come again before the peer can read what came after it.
    let isLossy = !dead.isEmpty || recent?.counters.losesTooMuch ?? false
    // The counters also cover connections that have gone: of these nothing holds any more.
    let slow =
      isLossy || gauges.sockets.connected == 0
      ? []
      : limited(
        .receiveWindow, \.receiveWindowLimited, Thresholds.limitedShare.receiveWindow, recent)
    let small = limited(
      .sendBuffer, \.sendBufferLimited, Thresholds.limitedShare.sendBuffer, recent)
    var found: [Finding] = []
    if !unread.isEmpty {
      let overdue = gauges.stallsOverdue[.localReader]
      let share = Double(overdue) / Double(max(1, gauges.accepted))
      found.append(
        Finding(
          .unreadData, overdue > 0 && share >= Thresholds.unreadShare ? .fault : .notice,
          of: group.labels,
          unread + [.receiveQueue(gauges.stalledUnread)] + examples(.localReader, group)))
    }
    if !shut.isEmpty || !slow.isEmpty {
      found.append(
        Finding(
          .peerNotReading, .notice, of: group.labels,
          shut + [.sendQueue(gauges.sendQueue)] + slow + examples(.peerWindow, group)))
    }
    if !dead.isEmpty {
      found.append(
        Finding(
          .deadPath, gauges.stallsOverdue[.retransmission] > 0 ? .fault : .notice,
          of: group.labels,
          dead + [.sendQueue(gauges.sendQueue)] + examples(.retransmission, group)))
    }
    if !small.isEmpty { found.append(Finding(.smallSendBuffer, .notice, of: group.labels, small)) }
    return found
  }

  private func stalled(_ stall: Stall, _ group: GroupReport) -> [Evidence] {
    let gauges = group.gauges
    guard gauges.stalled[stall] > 0 else { return [] }
    return [
      .stalled(
        stall, gauges.stalled[stall],
        of: stall == .localReader ? gauges.accepted : gauges.sockets.connected),
      .oldest(
        Int64(clamping: gauges.stalledFor[stall]),
        isAtLeast: gauges.isStalledAtLeast.contains(stall)),
    ]
  }

  private func examples(_ stall: Stall, _ group: GroupReport) -> [Evidence] {
    guard group.gauges.stalled[stall] > 0 else { return [] }
    return index.sockets(of: group, waitingFor: WaitReason(stall)).map { .socket($0) }
  }

  /// If one thing held up more than a part of the time with data to send.
  private func limited(
    _ limit: Evidence.SendLimit, _ time: KeyPath<GroupCounters, UInt64>, _ least: Double,
    _ recent: Recent?
  ) -> [Evidence] {
    guard let recent, recent.counters.sendBusy >= Thresholds.leastSendBusy else { return [] }
    let share = Double(recent.counters[keyPath: time]) / Double(recent.counters.sendBusy)
    guard share > least else { return [] }
    return [.sendLimited(limit, share: share, within: recent.span)]
  }

  func loss(_ group: GroupReport, _ recent: Recent?) -> [Finding] {
    guard let recent, recent.counters.hasLoss else { return [] }
    let counters = recent.counters
    let isMerelyReordered =
      counters.reorderedRetransmissions > 0
      && 2 * counters.spuriousRetransmissions > counters.retransmittedDataSegments
    return [
      Finding(
        .loss, isMerelyReordered ? .notice : .fault, of: group.labels,
        [.retransmitted(counters, within: recent.span)] + peers(.retransmits, group))
    ]
  }
}

extension GroupCounters {
  /// Segments with payload that did not arrive, as far as the peer has not told otherwise.
  private var lostSegments: UInt64 {
    retransmittedDataSegments - min(spuriousRetransmissions, retransmittedDataSegments)
  }

  /// Whether enough segments are counted to speak of loss, and enough of them were lost.
  package var hasLoss: Bool {
    let least = Thresholds.leastSegments
    return sentSegments >= least.sent && lostSegments >= least.lost && losesTooMuch
  }

  /// Whether the part that was lost is too great, however few they are.
  fileprivate var losesTooMuch: Bool {
    Double(lostSegments) > Thresholds.lossShare * Double(sentSegments)
  }
}

extension StateCounts {
  /// Sockets in a state in which data or a FIN can be under way.
  var connected: UInt64 {
    TCPState.allCases.reduce(0) { $1.isConnected ? $0 + UInt64(self[$1]) : $0 }
  }
}
