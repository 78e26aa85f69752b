/// Destroy events: the final word on a socket, also on those that no poll has seen.
extension SocketTracker {
  /// Takes a destroy event (`SKNLGRP_INET_TCP_DESTROY`): the row's state is CLOSE, its inode 0.
  /// - Parameter time: monotonic ms of its arrival; nil is that of the last poll.
  package mutating func absorb(destroyed row: SocketRow, at time: Int64? = nil) {
    let event = DestroyedSocket(row: row, time: time ?? now)
    let index = table.findOutOfOrder(cookie: row.cookie, tupleHash: table.hasher.hash(row))
    guard index != SocketTable.none, !table[index].flags.contains(.destroyed) else {
      // Before the first report an unseen socket belongs to the base.
      guard index == SocketTable.none, previous != nil else { return }
      if unseenEvents.count < SocketTracker.unseenEventLimit {
        unseenEvents.append(event)
      } else {
        account(forUnseen: event)
      }
      return
    }
    leaveUnread(index)
    table[index].flags.insert(.destroyed)
    let isGrouped = table[index].group != GroupTable.none
    // Seen by the poll under way, which will say whose it was; or the kernel's counters say how it ended.
    if !isGrouped || kernelCountsConnections, lateEvents.count < SocketTracker.unseenEventLimit {
      lateEvents.append(event)
      if isGrouped { deferred.insert(index) }
    } else if isGrouped {
      close(event)
    }
  }

  /// Adds what a socket did since the last poll to its group.
  mutating func close(_ event: DestroyedSocket) {
    let row = event.row
    let index = table.findOutOfOrder(cookie: row.cookie, tupleHash: table.hasher.hash(row))
    guard index != SocketTable.none, row.hasInfo, table[index].group != GroupTable.none else {
      return
    }
    claimEnded(index)
    let group = table[index].group
    let isWiped = row.remote.port == 0
    var info = row.info
    if isWiped, let kernel = endedSockets[row.cookie] { info.restore(kernel) }
    if isWiped, !hasLapsed(index) || !wasConnected(event, isInbound: false) { settleAttempt(index) }
    if table[index].flags.contains(.counted) {
      let delta = table[index].difference(to: info)
      table[index].take(info)
      add(delta, rtt: row.info.rtt, to: group)
    } else if !table[index].flags.contains(.preexisting) {
      table[index].take(info)
      add(table[index].totals(info), rtt: row.info.rtt, to: group)
    }
    countTimeouts(index, row.info)
    if !end(index, event), !isWiped, groups[group].labels.direction == .outbound,
      let failure = row.connectFailure
    {
      count(failure, in: group)
      noteTrouble(.failures, with: row.remote, in: group)
    }
  }

  /// Counts a socket that lived and died between two polls: its owner is the listener's, or nobody
  /// can be found.
  mutating func account(forUnseen event: DestroyedSocket) {
    var row = event.row
    let ended = endedSockets[row.cookie]
    guard row.hasInfo, row.remote.port != 0 || wasConnected(event, isInbound: nil) || ended != nil
    else { return }
    if row.remote.port == 0, let ended { row.info.restore(ended) }
    let listener = listeners.listener(for: row.local)
    let failure = listener == nil ? row.connectFailure : nil
    let side =
      listener.map { _ in Side.inbound(row.local.port) } ?? ended?.side
      ?? side(local: row.local, remote: row.remote, isClient: failure != nil)
    // The kernel's own counter knows whose it was.
    if failure != nil, kernelCountsConnections, ended == nil { return }
    let labels = labels(
      (listener?.owner).orBetter(ended?.owner) ?? .unknown, side.direction, side.port)
    let group =
      labels.process == Owner.unknownName
      ? groups.number(ofUnseen: labels, at: now) : groups.number(of: labels, at: now)
    let entry = SocketEntry(row: row, tupleHash: 0, since: now, generation: 0)
    var totals = entry
    totals.take(row.info)
    add(totals.totals(row.info), rtt: row.info.rtt, to: group)
    groups[group].counters.retransmissionTimeout += UInt64(row.info.retransmissionTimeout)
    if let failure, side.direction == .outbound {
      count(failure, in: group)
      noteTrouble(.failures, with: row.remote, in: group)
    } else if ended.map({ $0.how != nil }) ?? true {
      count(unseen: event, in: group, isInbound: side.port.map { _ in side.direction == .inbound })
    }
    if groups[group].members == 0 { groups[group].emptySince = now }
  }
}

// MARK: - Retransmission timers

extension SocketTracker {
  /// Counts how long a socket has waited for retransmission timers since that was last counted. Few ever do, so that
  /// it is not among what is remembered of each.
  mutating func countTimeouts(_ index: UInt32, _ info: TCPInfo) {
    let (group, waited) = (table[index].group, info.retransmissionTimeout)
    guard waited > 0, group != GroupTable.none else { return }
    let before = timeouts.updateValue(waited, forKey: index) ?? 0
    // Less than before: it was disconnected, and has connected again.
    groups[group].counters.retransmissionTimeout += UInt64(
      waited >= before ? waited - before : waited)
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
