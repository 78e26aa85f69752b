/// Connections that come to be, and that end.
///
/// In every group, those opened less those ended is by how much the open ones have become more since the first
/// report: what was open then is not counted as opened, but its end is counted.
extension SocketTracker {
  /// Notes that a socket is connected, and counts it as opened.
  mutating func connect(_ index: UInt32) {
    guard !table[index].flags.contains(.connected) else { return }
    table[index].flags.insert(.connected)
    countOpened(table[index].group)
  }

  /// Counts a connection as opened, unless the kernel's own counter has it.
  private mutating func countOpened(_ group: UInt32) {
    if group != GroupTable.none, !kernelCountsConnections { groups[group].counters.opened += 1 }
  }

  /// Counts a connection as ended, unless the kernel's own counter has it.
  private mutating func countEnded(_ group: UInt32, _ how: ConnectionEnd) {
    if group != GroupTable.none, !kernelCountsConnections { groups[group].counters.ended[how] += 1 }
  }

  /// Counts a connection as ended of which the kernel keeps only the ports, if its event has not come for long and
  /// two polls: then it is lost.
  mutating func settleTimeWait(_ index: UInt32) {
    guard table[index].flags.contains(.connected), let previous,
      table[index].since < min(previous, now - 10_000)
    else { return }
    disconnect(index, .closed)
    table[index].flags.insert(.destroyed)
  }

  /// Counts that a socket's connection has ended, if it had one.
  mutating func disconnect(_ index: UInt32, _ how: ConnectionEnd) {
    guard table[index].flags.contains(.connected) else { return }
    table[index].flags.remove(.connected)
    countEnded(table[index].group, how)
  }

  /// Counts a connection whose socket has come to a group as opened there.
  mutating func moveConnection(_ index: UInt32, from before: UInt32) {
    guard table[index].flags.contains(.connected) else { return }
    if before != GroupTable.none {
      countEnded(before, .moved)
    } else if table[index].flags.contains(.preexisting) {
      return
    }
    countOpened(table[index].group)
  }

  /// Counts the end of a connection that its event has told.
  /// - Returns: whether there was one.
  mutating func end(_ index: UInt32, _ event: DestroyedSocket) -> Bool {
    let entry = table[index]
    guard entry.state != .listen else { return false }
    // Without a path it is not known which port is the service's, nor which side connected.
    let isInbound =
      entry.flags.contains(.inbound) ? true : entry.flow == DestinationTable.none ? nil : false
    if wasConnected(event, isInbound: isInbound) { connect(index) }
    guard table[index].flags.contains(.connected) else { return false }
    table[index].flags.remove(.connected)
    // What a dump had last, before the socket was only held.
    let (state, since) =
      forgotten[index].map { ($0.state, $0.since) } ?? (entry.state, entry.since)
    let kernel = endedSockets[event.row.cookie]
    let how =
      kernel?.how
      ?? event.row.connectionEnd(
        after: event.row.remote.port == 0 ? entry.state : state, isInbound: isInbound)
    var ending = Ending(
      event: event, how: how, group: entry.group, isInbound: isInbound, tupleHash: entry.tupleHash,
      there: since, isCounted: !kernelCountsConnections)
    ending.pid = owners[entry.owner].pid
    ending.lastState = state
    ending.kernel = kernel
    ending.withoutReset = end(of: event.row, how, isQueued: isInbound == true && isQueued(index))
    if state == .established, !entry.flags.contains(.preexisting) { ending.openBy = since }
    take(ending)
    return true
  }

  /// Counts a connection that no poll has seen, as opened and as ended.
  mutating func count(unseen event: DestroyedSocket, in group: UInt32, isInbound: Bool?) {
    guard wasConnected(event, isInbound: isInbound) else { return }
    let (row, hasher) = (event.row, resets.hasher)
    let kernel = endedSockets[row.cookie]
    var how = kernel?.how ?? row.connectionEnd(after: nil, isInbound: isInbound)
    if kernel == nil, how != .closed {
      let rest = table.findOutOfOrder(cookie: row.cookie, tupleHash: 0)
      if rest != SocketTable.none, table[rest].state == .timeWait { how = .closed }
    }
    var ending = Ending(
      event: event, how: how, group: group, isInbound: isInbound,
      tupleHash: row.remote.port == 0 ? hasher.hash(wiped: row.local) : hasher.hash(row),
      there: (unread.lastWhole ?? now) - Int64(row.info.lastAckReceived),
      isCounted: !kernelCountsConnections)
    ending.pid = kernel?.owner?.pid ?? 0
    ending.kernel = kernel
    ending.withoutReset = end(of: row, how, isQueued: false)
    take(ending)
  }

  /// As of ``Ending/withoutReset``. The kernel also wipes what it closes of MPTCP at the side that closes second, and with
  /// a listener what nobody has accepted and its peer had reset.
  private func end(
    of row: SocketRow, _ how: ConnectionEnd, isQueued: Bool
  ) -> ConnectionEnd? {
    switch how {
    case .aborted where row.remote.port != 0: .resetReceived
    case .resetSent where row.remote.port == 0:
      isQueued ? .resetReceived : mptcpSeen.isEmpty ? nil : .closed
    default: nil
    }
  }

  /// Counts an end, at once unless the next polls may tell who it was.
  private mutating func take(_ ending: Ending) {
    let wasSeen = ending.lastState != nil
    if resets.spansNamespaces || ending.isLocal {
      if ending.how == .closed, !wasSeen, !resets.spansNamespaces {
        // Most often nobody asks for it.
        if closedUnseen.count < SocketTracker.unseenEventLimit {
          closedUnseen.append(ClosedEnd(tupleHash: ending.tupleHash, time: ending.event.time))
        }
        return finish(ending)
      }
      // Of the ports of a listener that was wiped any connection may be the other end.
      if !ending.isWiped || wasSeen || listeners.listener(for: ending.event.row.local) == nil {
        resets.note(ending, in: place)
      }
    }
    if ending.withoutReset != nil, ending.kernel == nil,
      undecidedEnds.count < SocketTracker.unseenEventLimit
    {
      return undecidedEnds.append(ending)
    }
    finish(ending)
  }

  /// Counts an end.
  mutating func finish(_ ending: Ending) {
    let (row, how) = (ending.event.row, ending.how)
    if ending.isCounted {
      if ending.lastState == nil { groups[ending.group].counters.opened += 1 }
      groups[ending.group].counters.ended[how] += 1
    }
    if how != .closed { countBroken(ending) }
    guard let recorder else { return }
    var ended = EndedConnection(
      row, how, labels: groups[ending.group].labels, isInbound: ending.isInbound,
      ended: ending.event.time + recorder.clockOffset)
    (ended.pid, ended.lastState) = (ending.pid, ending.lastState)
    ended.openBy = ending.openBy.map { $0 + recorder.clockOffset }
    if row.local.device != 0 { ended.device = deviceName(row.local.device) }
    if let kernel = ending.kernel, how != .closed || kernel.cause ?? how != .closed {
      ended.take(kernel)
    }
    recorder.record(ended)
  }

  /// Counts what is reported of connections that did not end in good order.
  private mutating func countBroken(_ ending: Ending) {
    let (row, how, group) = (ending.event.row, ending.how, ending.group)
    let isReset = how == .aborted || how == .resetReceived || how == .resetSent
    let isInitiator = ending.isInbound != true
    let silence = row.silence(isInitiator: isInitiator)
    if isReset, row.remote.port != 0, let isInbound = ending.isInbound {
      var cutOff = row.cutOff(isInitiator: !isInbound)
      if cutOff == .underWay, ending.isUnreadByPeer { cutOff = .lost }
      if cutOff != .nothing, ending.isLocal { groups[group].counters.cutOffLocal += 1 }
      if cutOff == .underWay { groups[group].counters.cutOffUnderWay += 1 }
      if cutOff == .lost {
        groups[group].counters.cutOff += 1
        if row.hasUnreadPayload { groups[group].counters.cutOffUnread += 1 }
        if silence ?? 0 >= IdleEndings.least { groups[group].counters.cutOffSilent += 1 }
      }
    }
    if isReset, let silence { groups[group].counters.resetSilence.observe(silence) }
    guard how == .aborted || how == .resetReceived || how == .timedOut else { return }
    if let silence, !row.isEndedByKeepAlive(how, isInitiator: isInitiator) {
      groups[group].idleEndings.note(
        silence: silence, isUnanswered: row.isUnanswered(isInitiator: isInitiator),
        waitedForAnswer: row.waitedForAnswer(isInitiator: isInitiator), at: ending.event.time)
    }
    noteTrouble(.endings, with: row.remote, in: group)
  }

  /// Counts what goes wrong with a peer.
  mutating func noteTrouble(
    _ trouble: PeerTrouble, with peer: Endpoint, _ count: UInt64 = 1, in group: UInt32
  ) {
    guard peer.port != 0 else { return }
    groups[group].peers[trouble.rawValue].note(peer.address, count, at: now)
  }

  /// Whether the connection of a freed socket had come to be.
  ///
  /// If its counters are wiped, the time of the last ACK is left. Without one it counts from the host's start; one
  /// that came since the last whole poll is of a connection.
  func wasConnected(_ event: DestroyedSocket, isInbound: Bool?) -> Bool {
    let (row, info) = (event.row, event.row.info)
    if let ended = endedSockets[row.cookie] { return ended.how != nil }
    if row.remote.port == 0 {
      return Int64(info.lastAckReceived) <= max(now, event.time) - (unread.lastWhole ?? now) + 1000
    }
    if isInbound == true { return info.segmentsIn > 0 }
    return info.bytesAcked > 0 || info.bytesReceived > 0
  }
}
