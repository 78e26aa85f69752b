/// Destroy events: the final word on a socket, also on those that no poll has seen.
extension SocketTracker {
  /// Takes a destroy event (`SKNLGRP_INET_TCP_DESTROY`): the row's state is CLOSE, its inode 0.
  package mutating func absorb(destroyed row: SocketRow) {
    let index = table.findOutOfOrder(cookie: row.cookie, tupleHash: table.hasher.hash(row))
    guard index != SocketTable.none, !table[index].flags.contains(.destroyed) else {
      // Before the first report an unseen socket belongs to the base.
      guard index == SocketTable.none, previous != nil else { return }
      if unseenEvents.count < SocketTracker.unseenEventLimit {
        unseenEvents.append(row)
      } else {
        account(forUnseen: row)
      }
      return
    }
    table[index].flags.insert(.destroyed)
    if table[index].group == GroupTable.none {
      // Seen by the poll under way, which will say whose it was.
      if lateEvents.count < SocketTracker.unseenEventLimit { lateEvents.append(row) }
    } else {
      close(row)
    }
  }

  /// Adds what a socket did since the last poll to its group.
  mutating func close(_ row: SocketRow) {
    let index = table.findOutOfOrder(cookie: row.cookie, tupleHash: table.hasher.hash(row))
    guard index != SocketTable.none, row.hasInfo else { return }
    let group = table[index].group
    guard group != GroupTable.none else { return }
    let isWiped = row.remote.port == 0
    if isWiped { settleAttempt(index) }
    if table[index].flags.contains(.counted) {
      let delta = table[index].difference(to: row.info)
      table[index].take(row.info)
      add(delta, rtt: row.info.rtt, to: group)
    } else if !table[index].flags.contains(.preexisting) {
      table[index].take(row.info)
      add(table[index].totals, rtt: row.info.rtt, to: group)
    }
    if isWiped {
      // A reset of this side: SO_LINGER 0, or connect() to AF_UNSPEC.
      if table[index].flags.contains(.connected) { groups[group].counters.ended[.aborted] += 1 }
    } else if !table[index].flags.contains(.connected),
      groups[group].labels.direction == .outbound, let failure = row.connectFailure
    {
      groups[group].counters.connectFailures[failure] += 1
    } else {
      countEnd(row, in: group)
    }
  }

  /// Counts how a connection ended, of a destroy event.
  private mutating func countEnd(_ row: SocketRow, in group: UInt32) {
    let labels = groups[group].labels
    // Without a service port it is a guess which side connected.
    guard labels.port != nil || labels.isOther else { return }
    let isInitiator = labels.direction == .outbound
    guard let end = row.connectionEnd(isInitiator: isInitiator) else { return }
    groups[group].counters.ended[end] += 1
    guard end == .aborted, row.isCutOff(isInitiator: isInitiator) else { return }
    groups[group].counters.cutOff += 1
    if row.hasUnreadPayload { groups[group].counters.cutOffUnread += 1 }
  }

  /// Counts a socket that lived and died between two polls: its owner is the listener's, or nobody
  /// can be found.
  mutating func account(forUnseen row: SocketRow) {
    guard row.hasInfo, row.remote.port != 0 else { return }
    let listener = listeners.listener(for: row.local)
    let failure = listener == nil ? row.connectFailure : nil
    let side =
      listener == nil
      ? side(local: row.local, remote: row.remote, isClient: failure != nil)
      : .inbound(row.local.port)
    let labels = labels(listener?.owner ?? .unknown, side.direction, side.port)
    let group =
      labels.process == Owner.unknownName
      ? groups.number(ofUnseen: labels, at: now) : groups.number(of: labels, at: now)
    let entry = SocketEntry(row: row, tupleHash: 0, since: now, generation: 0)
    var totals = entry
    totals.take(row.info)
    add(totals.totals, rtt: row.info.rtt, to: group)
    if let failure, side.direction == .outbound {
      groups[group].counters.connectFailures[failure] += 1
    } else {
      countEnd(row, in: group)
    }
    if groups[group].members == 0 { groups[group].emptySince = now }
  }
}

extension SocketRow {
  /// How a connect ended that never got through; nil if it did, or where the kernel has wiped
  /// the evidence (a failed blocking connect, SO_LINGER 0: remote port 0 and no counters).
  ///
  /// The first byte that a peer acknowledges is our SYN. A connect that an ICMP message ended looks
  /// in every field like one that its process gave up: both are abandoned.
  var connectFailure: ConnectFailure? {
    guard hasInfo, remote.port != 0, info.bytesAcked == 0, info.bytesReceived == 0,
      info.segmentsOut > 0
    else { return nil }
    if info.segmentsIn > 0 { return .refused }
    return info.totalRetransmits > 0 ? .unanswered : .abandoned
  }
}
