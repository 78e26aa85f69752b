/// Handshakes that clients begin and nobody finishes.
extension Diagnosis {
  /// The kernel keeps as many for a listener as connections may wait for accept()
  /// (`inet_csk_reqsk_queue_is_full()`), and answers further SYNs with cookies or not at all. If the accept queue is
  /// full, handshakes cannot be finished: then they are evidence of that.
  func synFlood(_ group: GroupReport, _ recent: Recent?) -> [Finding] {
    let limit = group.gauges.acceptQueueLimit ?? 0
    guard limit > 0, !group.gauges.acceptQueue.isFull else { return [] }
    let host = recentHosts[group.labels.netns]
    let drops = listenDrops(recent)
    let cookies = host?.synCookies[.sent] ?? 0
    let hasOverflowed = cookies > 0 || !drops.isEmpty
    let deferred = deferredHandshakes(group, host, hasOverflowed: hasOverflowed)
    let opening = UInt64(group.gauges.sockets[.synRecv]) - deferred
    let share =
      opening >= Thresholds.leastHandshakes ? Double(opening) / Double(limit) : 0
    // Over, but so lately that its drops are still counted; nothing else filled a queue meanwhile.
    let isOver =
      cookies > 0 && !drops.isEmpty && host?.listenOverflows == 0
      && Double(deferred) <= Thresholds.handshakes.notice * Double(limit)
    guard share > Thresholds.handshakes.notice || isOver else { return [] }
    var evidence = [Evidence.handshakes(opening, limit: limit)]
    let own = index.ownAttempts(at: group.labels)
    if own > 0 { evidence.append(.sockets(.synSent, own)) }
    if let span, cookies > 0 { evidence.append(.synCookies(cookies, within: span)) }
    return [
      Finding(
        .synFlood, share > Thresholds.handshakes.fault ? .fault : .notice, of: group.labels,
        evidence + drops)
    ]
  }

  /// Handshakes that are complete and wait for data, or may be. Which they are shows after a second; before, that the
  /// kernel has counted as many. It was asked before the sockets were read, so that of a burst it may not have; a flood goes
  /// on, or overflows the queue.
  private func deferredHandshakes(
    _ group: GroupReport, _ host: HostCounters?, hasOverflowed: Bool
  ) -> UInt64 {
    let unrepeated = UInt64(group.gauges.unrepeatedHandshakes)
    return !hasOverflowed || host?.deferredHandshakes ?? 0 >= unrepeated
      ? unrepeated : UInt64(group.gauges.deferredHandshakes)
  }

  /// What the group's listeners dropped lately.
  func listenDrops(_ recent: Recent?) -> [Evidence] {
    guard let recent, recent.counters.listenDrops > 0 else { return [] }
    return [.listenDrops(recent.counters.listenDrops, within: recent.span)]
  }
}
