/// Handshakes that clients begin and nobody finishes.
extension Diagnosis {
  /// The kernel keeps as many for a listener as connections may wait for accept()
  /// (`inet_csk_reqsk_queue_is_full()`), and answers further SYNs with cookies or not at all. If the accept queue is
  /// full, handshakes cannot be finished: then they are evidence of that.
  func synFlood(_ group: GroupReport, _ recent: Recent?) -> [Finding] {
    let opening = UInt64(group.gauges.sockets[.synRecv])
    guard opening >= Thresholds.leastHandshakes, !group.gauges.acceptQueue.isFull,
      let limit = group.gauges.acceptQueueLimit, limit > 0
    else { return [] }
    let share = Double(opening) / Double(limit)
    guard share > Thresholds.handshakes.notice else { return [] }
    var counted: [Evidence] = []
    if let span, let sent = recentHosts[group.labels.netns]?.synCookies[.sent], sent > 0 {
      counted.append(.synCookies(sent, within: span))
    }
    if let recent, recent.counters.listenDrops > 0 {
      counted.append(.listenDrops(recent.counters.listenDrops, within: recent.span))
    }
    return [
      Finding(
        .synFlood, share > Thresholds.handshakes.fault ? .fault : .notice, of: group.labels,
        [.handshakes(opening, limit: limit)] + counted)
    ]
  }
}
