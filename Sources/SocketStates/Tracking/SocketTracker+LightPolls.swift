/// What light polls go on with: what the last whole poll has seen in the states that they do not read.
struct UnreadSockets {
  /// Sockets that are still there as far as is known.
  var count = 0
  /// Those without an owner.
  var unattributed = StateCounts()
  /// Those that wait for something.
  var waiting = StuckSocketList()
  /// Connection attempts that a light poll did not have any more: they are established, or over.
  var lapsed: Set<UInt32> = []
  /// Whether a whole poll has ended of which light ones can go on.
  var isComplete = false
  /// Whether CurrEstab counts CLOSE-WAIT too: as the last whole poll that had such sockets has seen.
  var countsCloseWait = true
  /// Whether the kernel's counters have counted connections at the last whole poll.
  var isCounted = false
  /// Whether what was known of them is wrong by now, such as a process's name.
  var isOutdated = false
  /// Polls since the last whole one, and that.
  var polls = 1
  /// Monotonic ms of the last whole poll that ended.
  var lastWhole: Int64?
  /// As of ``NamespaceReport/fullPollCorrection``.
  var correction: UInt64 = 0

  /// Begins a whole poll.
  mutating func begin() {
    count = 0
    isComplete = false
  }
}

/// Whole and light polls. A whole one reads every socket. A light one leaves out the established ones, which are most
/// of those of a large host and cost the kernel most: they stay what they were until an event, another state, or the
/// next whole poll tells otherwise.
extension SocketTracker {
  /// Whether this poll reads every socket.
  var isWhole: Bool { reads == .all }

  /// Whether the next poll may be a light one.
  package var mayPollLightly: Bool { unread.isComplete }

  /// Whether a whole poll would put right what light ones cannot.
  package var isOutdated: Bool { unread.isOutdated }

  /// Marks the sockets that the last poll has seen that has read their state.
  @inline(__always)
  func currentGeneration(_ state: TCPState) -> UInt8 {
    UInt8(truncatingIfNeeded: readings[state])
  }

  /// Whether the last poll that has read its state has seen the socket.
  @inline(__always)
  func isCurrent(_ index: UInt32) -> Bool {
    table[index].generation == currentGeneration(table[index].state)
  }

  /// Whether this poll has seen the socket.
  @inline(__always)
  func wasSeen(_ index: UInt32) -> Bool { reads.contains(table[index].state) && isCurrent(index) }

  /// Whether light polls go on with the socket as it is.
  @inline(__always)
  func isUnread(_ index: UInt32) -> Bool {
    !TCPStateSet.light.contains(table[index].state) && isCurrent(index)
      && table[index].flags.intersection([.occupied, .destroyed]) == .occupied
  }

  /// Takes note that a socket is not any more where light polls do not look.
  mutating func leaveUnread(_ index: UInt32) {
    guard isUnread(index) else { return }
    unread.count -= 1
    let entry = table[index]
    guard entry.group != GroupTable.none else { return }
    let stall = (stalls[index] ?? stalls.previous[index]).flatMap {
      $0.tupleHash == entry.tupleHash ? $0 : nil
    }
    groups[entry.group].unread.leave(entry, stall)
  }

  /// Whether a socket that a light poll does not have may be where it does not look: an attempt may be established, so
  /// nothing of it is decided before the next whole poll or its event.
  mutating func mayBeUnread(_ index: UInt32, missed: UInt8) -> Bool {
    let state = table[index].state
    guard TCPStateSet.light.contains(state) else { return true }
    guard state == .synSent || state == .synRecv, missed == 1, forgotten[index] == nil else {
      return false
    }
    if unread.lapsed.insert(index).inserted, table[index].flow != DestinationTable.none {
      flows[table[index].flow].count(state, -1)
    }
    table[index].generation = currentGeneration(state)
    return true
  }

  /// Whether light polls have lost sight of an attempt.
  func hasLapsed(_ index: UInt32) -> Bool {
    !unread.lapsed.isEmpty && unread.lapsed.contains(index)
  }

  /// Goes on with an attempt of which it is known now what has become.
  mutating func settleLapsed(_ index: UInt32) {
    guard !unread.lapsed.isEmpty, unread.lapsed.remove(index) != nil,
      table[index].flow != DestinationTable.none
    else { return }
    flows[table[index].flow].count(table[index].state, 1)
  }

  /// Ends a poll: remembers what light ones do not read, or adds it in one of these.
  mutating func finishUnread(_ poll: inout PendingSockets, _ host: HostCounters?) {
    if isWhole {
      if unread.polls > 1 { unread.correction = groups.corrections }
      unread.polls = 1
      unread.unattributed = poll.unattributed
      unread.waiting = poll.waitingSockets
      unread.lastWhole = now
      unread.isComplete = poll.source == .sockDiag
      unread.isOutdated = false
      unread.isCounted = kernelCountsConnections
      let (established, closeWait) = groups.currentEstablished
      if let sum = host?.established, closeWait > 0 {
        // Of both, what is nearer: connections come and go while they are read.
        unread.countsCloseWait = sum > established + closeWait / 2
      }
    } else {
      let closeWait = unread.countsCloseWait ? groups.currentEstablished.closeWait : 0
      poll.trackedSockets += groups.addUnread(
        established: host?.established.map { $0 - min($0, closeWait) },
        isCounted: unread.isCounted && kernelCountsConnections)
      for state in TCPState.allCases where !reads.contains(state) {
        poll.unattributed[state] += unread.unattributed[state]
      }
      carryWaiting(into: &poll)
    }
    groups.noteEstablished(isWhole: isWhole)
  }

  private mutating func carryWaiting(into poll: inout PendingSockets) {
    for (index, progress) in stalls.previous
    where isUnread(index) && table[index].tupleHash == progress.tupleHash {
      stalls[index] = progress
    }
    for (key, sockets) in unread.waiting.byGroup {
      for socket in sockets where !reads.contains(socket.sample.state) && isUnread(socket.entry) {
        poll.waitingSockets.note(socket, in: key, waited: socket.waited)
      }
    }
  }
}

extension GroupTable {
  /// Sockets that this poll has counted in ESTABLISHED and in CLOSE-WAIT.
  fileprivate var currentEstablished: (established: UInt64, closeWait: UInt64) {
    all.reduce(into: (0, 0)) { sum, number in
      sum.0 += UInt64(self[number].gauges.sockets[.established])
      sum.1 += UInt64(self[number].gauges.sockets[.closeWait])
    }
  }

  /// Adds what a light poll has not read to the gauges.
  /// - Parameters:
  ///   - now: how many connections are established now; nil if that is not known, and then as many as the last
  ///     whole poll has seen.
  ///   - isCounted: whether the kernel has counted since then, group by group, what was opened and what has ended.
  /// - Returns: how many sockets that are.
  fileprivate mutating func addUnread(established now: UInt64?, isCounted: Bool) -> Int {
    var (stayed, mayBe): (UInt64, UInt64) = (0, 0)
    let numbers = all
    for number in numbers {
      stayed += UInt64(self[number].unread.stayed)
      mayBe += self[number].new(isCounted: isCounted)
    }
    let new = now.map { $0 - min($0, stayed) } ?? mayBe
    let part = mayBe == 0 ? 0 : min(1, Double(new) / Double(mayBe))
    var sum = 0
    for number in numbers {
      let come = UInt32(
        clamping: Int((Double(self[number].new(isCounted: isCounted)) * part).rounded()))
      let carried = self[number].unread.carried(andNew: come)
      self[number].gauges.add(carried)
      if come > 0 { self[number].statesSeen.insert(TCPStateSet(.established)) }
      sum += Int(carried.sockets.total)
    }
    return sum
  }

  /// Established connections by which the groups differ from what was reported of them before.
  fileprivate var corrections: UInt64 {
    all.reduce(0) { sum, number in
      let (now, before) = (self[number].gauges.sockets[.established], self[number].shown)
      return sum + UInt64(max(now, before) - min(now, before))
    }
  }

  fileprivate mutating func noteEstablished(isWhole: Bool) {
    for number in all {
      self[number].shown = self[number].gauges.sockets[.established]
      if isWhole { self[number].unread.open = self[number].openUnlessEstablished }
    }
  }
}

extension Group {
  /// Connections that may have become established since the last whole poll, and still be: as the kernel has counted
  /// them, or one for each that has left.
  fileprivate func new(isCounted: Bool) -> UInt64 {
    guard isCounted else { return UInt64(unread.left) }
    return UInt64(max(0, Int64(unread.left) &+ openUnlessEstablished &- unread.open))
  }

  /// Connections that the kernel has counted as opened and neither as ended nor, in this poll, in another state than
  /// ESTABLISHED; less those that were there before it counted. The kernel has ended an orphan in FIN-WAIT-2.
  fileprivate var openUnlessEstablished: Int64 {
    let others =
      gauges.heldFinWait2
      + [.closeWait, .finWait1, .lastAck, .closing].reduce(0) { $0 + gauges.sockets[$1] }
    return Int64(bitPattern: counters.opened &- counters.endedTotal) &- Int64(others)
  }
}
