/// Connections that a reset ends before all was sent, read or answered.
extension Diagnosis {
  func connectionsReset(_ group: GroupReport, _ recent: Recent?) -> [Finding] {
    guard let recent else { return [] }
    let counters = recent.counters
    let cutOff = Evidence.CutOff(counters)
    let ended = Double(max(1, cutOff.ended))
    guard cutOff.count >= Thresholds.leastCutOff,
      Double(cutOff.count) / ended > Thresholds.cutOffShare.notice
    else { return [] }
    let isFault =
      counters.cutOff >= Thresholds.leastCutOff
      && Double(counters.cutOff) / ended > Thresholds.cutOffShare.fault
    let side: Finding.ResetSide = sendsResets(group, counters) ? .sent : .received
    let reasons: [AbortReason] = side == .sent ? [.close, .data] : []
    let aborts = reasons.compactMap { reason -> Evidence? in
      let count = recentHosts[group.labels.netns]?.aborts[reason] ?? 0
      return count > 0 ? .hostAborts(reason, count, within: recent.span) : nil
    }
    return [
      Finding(
        .connectionsReset(side), isFault ? .fault : .notice, of: group.labels,
        [.cutOff(cutOff, within: recent.span)] + likelyClient(group.labels) + aborts
          + peers(.endings, group))
    ]
  }

  /// Who the unknown clients of a port are, if nobody else on this host is known to be one.
  private func likelyClient(_ labels: GroupLabels) -> [Evidence] {
    guard labels.process == Owner.unknownName, labels.direction == .outbound,
      let name = index.onlyClient(of: labels)
    else { return [] }
    return [.likelyClient(name)]
  }

  /// Connections that break after the same silence.
  func idleTimeout(_ group: GroupReport) -> [Finding] {
    guard let cluster = group.idleCluster else { return [] }
    return [
      Finding(
        .idleTimeout, cluster.inFlight >= Thresholds.leastCutOff ? .fault : .notice,
        of: group.labels, [.idleCluster(cluster)] + peers(.endings, group))
    ]
  }

  /// The peers with which something goes wrong most often, if it did lately.
  func peers(_ trouble: PeerTrouble, _ group: GroupReport) -> [Evidence] {
    group.worstPeers.filter { $0.trouble == trouble && !$0.peers.isEmpty }.map { .peers($0) }
  }

  /// Whether the resets are this process's: it closes with unread data. The kernel's own counters say so. Without them a
  /// socket does not say which side sent the reset. The kernel counts those that this host sends so, and if both ends are here, it is the server's side that
  /// is taken for the sender if its data was unread.
  private func sendsResets(_ group: GroupReport, _ counters: GroupCounters) -> Bool {
    if let sent = counters.resets.cuttingOff {
      return 2 * sent >= counters.cutOff + counters.cutOffUnderWay
    }
    let aborts = recentHosts[group.labels.netns]?.aborts ?? [:]
    let sent = (aborts[.close] ?? 0) + (aborts[.data] ?? 0)
    guard counters.leavesUnread, 2 * sent >= counters.cutOff else { return false }
    let key = ReportIndex.PortKey(netns: group.labels.netns, port: group.labels.port)
    return group.labels.direction == .inbound || !unreadingServers.contains(key)
  }
}

extension GroupCounters {
  /// Whether most of what was cut off was so with data that this side had not read.
  var leavesUnread: Bool { cutOff >= Thresholds.leastCutOff && 2 * cutOffUnread >= cutOff }
}
