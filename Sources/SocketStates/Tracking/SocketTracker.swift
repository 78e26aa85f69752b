/// The memory between polls: rows and destroy events in, reports out. Pure: no I/O, and the clock
/// is the caller's.
///
/// A poll of a network namespace has two steps here, and each consumes the value of the one before:
///
///     update(dump) → PendingSockets → request → OwnerRequest → (who looks for owners) → HolderTable
///     attribute(PendingSockets, to: HolderTable) → NamespaceReport
///
/// If the dump fails, ``update(from:at:listsSockets:dump:)`` throws: then no gauge of it is ever seen,
/// and what its rows said of counters, which is true all the same, comes with the next report.
package struct SocketTracker: ~Copyable {
  /// What a user may set.
  package struct Settings: Sendable {
    /// The number of groups that may be exposed to scrapers.
    package var groups = 1000
    /// ms that an empty group, or the port of a listener that has gone, is remembered.
    package var linger: Int64 = 15 * 60 * 1000
    /// ms after which a CLOSE-WAIT counts as stuck.
    package var stuckAfter: Int64 = 60 * 1000
    /// ms after which a CLOSE-WAIT is reported as a stuck socket, one by one; nil is ``stuckAfter``.
    package var listStuckAfter: Int64?
    /// ms after which a FIN-WAIT-2 is reported as one that the peer does not close.
    package var finWait2After = Thresholds.finTimeout
    /// ms after which a connection that makes no progress is a fault.
    package var stalledAfter = Thresholds.stall
    /// How many destinations and ephemeral port ranges are reported.
    package var destinations = 50
    /// Whether the pid is a label.
    package var pidLabel = false

    package init() {}
  }

  /// Sockets that a list has at most.
  package static let listLimit = 100_000

  /// Full listeners that are reported one by one.
  static let fullListenerLimit = 50

  /// Polls in which the owner of every socket is looked at again once.
  static let checkRound: UInt32 = 400

  /// Sockets whose owner is looked at again in every poll if there are no more.
  static let checkLimit: UInt32 = 256

  /// The same of sockets that a finding may rest on; of more, those that were told one by one, and the others
  /// in turn.
  static let suspectLimit: UInt32 = 128

  /// Events of unseen sockets that may wait for the poll that shows their listener.
  static let unseenEventLimit = 65_536

  /// The names of the devices that the sockets of the last dump are on, by index.
  package var deviceNames: [UInt32: String] = [:]
  /// The devices that the sockets of the last dump are on.
  package private(set) var devices: Set<UInt32> = []

  /// The ports that the kernel chooses from; nil if that is not known.
  package var ephemeralPorts: EphemeralPorts?

  /// `sk_drops` of each listener, by cookie, when the dump was made; empty if that is not known.
  package var listenDrops: [UInt64: UInt32] = [:]
  var listenDropCounter = ListenDropCounter()

  /// Whether connections and failed attempts come from the kernel's own counters, and not from polls and destroy events.
  package var kernelCountsConnections = false
  /// What the kernel keeps of the sockets whose end this poll counts, by cookie.
  var endedSockets: [UInt64: EndedSocket] = [:]
  /// Entries whose destroy event waits for that.
  var deferred = Set<UInt32>()
  /// What the kernel has counted since the last report.
  var kernelCounts: [KernelCount] = []

  package var settings: Settings {
    didSet { groups.apply(settings) }
  }

  var table: SocketTable
  var groups: GroupTable
  var owners = OwnerTable()
  var listeners = ListenerTable()
  var flows = DestinationTable()
  /// Inodes of sockets that lost their last descriptor since the last poll: new sockets may have
  /// the descriptors' numbers.
  var closedInodes = ContiguousArray<UInt32>()
  /// Destroy events of sockets that no poll has seen.
  var unseenEvents = ContiguousArray<DestroyedSocket>()
  /// Destroy events of sockets that are not in a group yet.
  var lateEvents = ContiguousArray<DestroyedSocket>()
  /// What remembers the connections that have ended; nil if nothing does.
  package var recorder: FlightRecorder?
  /// Whether the kernel may have dropped events since the last poll.
  package var mayMissEvents = false
  /// Who resets connections, found out from both ends of them.
  package let resets: ResetPairing
  /// The number of the network namespace in ``resets``.
  let place: UInt32
  /// Connections that were aborted, until it is known who did it, or that nobody knows.
  var undecidedEnds = ContiguousArray<Ending>()
  var sentResets = SentResets()
  /// Ends that no poll has seen, closed in good order with a peer on this host: of the last second or two.
  var closedUnseen = ContiguousArray<ClosedEnd>()
  var closedBefore = ContiguousArray<ClosedEnd>()
  /// ms that sockets have waited for retransmission timers, as far as they are counted, by entry.
  var timeouts: [UInt32: UInt32] = [:]
  /// Sockets that are missing from dumps while a process holds them, by entry.
  var forgotten: [UInt32: Forgotten] = [:]
  /// Those of ``forgotten`` that no dump has had by the inode that they are known by, and their entries.
  var adopted: [UInt32: UInt32] = [:]
  var stalls = StallTable()
  var halfCloses = HalfCloseTable()
  var retransmits = RetransmitReconciler()
  /// The entries whose owners this poll looks at again.
  var checked: Range<UInt32> = 0..<0
  /// Of the sockets that a finding may rest on, one in so many is looked at in each poll.
  var suspectStride: UInt32 = 1
  /// For how many polls more the owners are looked at again of sockets whose processes have closed descriptors,
  /// and one in how many of them in each.
  var doubtPolls: UInt32 = 0
  var doubtStride: UInt32 = 1
  /// The entries that the last report has one by one.
  var told: Set<UInt32> = []
  /// Counts the polls; one that was given up does not count.
  var generation: UInt32 = 0
  /// The states that this poll reads.
  var reads = TCPStateSet.all
  /// Counts the polls that have read each state. A socket that is not seen by those of its state is forgotten after
  /// at most 100, so that the few bits of ``SocketEntry/generation`` are enough.
  var readings = StateCounts()
  /// What light polls go on with.
  var unread = UnreadSockets()
  /// Monotonic ms of this poll and of the last one that finished.
  var now: Int64 = 0
  var previous: Int64?
  /// Monotonic ms of the first poll: what began by then may have begun before.
  private var firstPoll: Int64?
  var unattributedSeen = TCPStateSet()
  var mptcpSeen = TCPStateSet()

  /// The network namespace of its sockets, as ``GroupLabels/netns``.
  let netns: String

  /// - Parameter resets: shared by all network namespaces that are watched.
  package init(
    settings: Settings = Settings(), netns: String = "", resets: ResetPairing = ResetPairing()
  ) {
    self.settings = settings
    self.netns = netns
    self.resets = resets
    place = resets.newPlace()
    table = SocketTable(hasher: resets.hasher)
    groups = GroupTable(settings, netns: netns)
  }

  /// How many groups are exposed to scrapers.
  package var groupCount: Int { groups.exposed }

  /// Takes in a dump.
  /// - Parameters:
  ///   - now: monotonic, ms.
  ///   - states: those that the dump has: all, or ``TCPStateSet/light`` if ``mayPollLightly``.
  ///   - listsSockets: whether the report is to have every socket one by one.
  ///   - dump: hands on the rows of all sockets, in batches, in the order in which they come. If it
  ///     throws, the dump was not whole, and sockets that it did not show are not missed.
  package mutating func update<Failure: Error>(
    from source: SourceName, at now: Int64, states: TCPStateSet = .all, listsSockets: Bool = false,
    dump: ((Span<SocketRow>) -> Void) throws(Failure) -> Void
  ) throws(Failure) -> PendingSockets {
    begin(source, states, at: now)
    var poll = PendingSockets(source: source, listsSockets: listsSockets)
    do throws(Failure) {
      try dump { rows in take(rows, into: &poll) }
    } catch {
      abandon(poll)
      throw error
    }
    let seen = poll.trackedSockets
    if !forgotten.isEmpty { followForgotten(into: &poll, patience: patience) }
    if seen + forgotten.count + (isWhole ? 0 : unread.count) != table.count { sweep(into: &poll) }
    suspectStride = UInt32(poll.suspects) / Self.suspectLimit + 1
    if isWhole, doubtPolls > 0 {
      doubtPolls -= 1
      if doubtPolls == 0 { owners.clearDoubts() }
    }
    return poll
  }

  private mutating func begin(
    _ source: SourceName, _ states: TCPStateSet, at now: Int64
  ) {
    generation &+= 1
    reads = states
    for state in TCPState.allCases where states.contains(state) { readings[state] &+= 1 }
    self.now = max(now, self.now)
    firstPoll = firstPoll ?? self.now
    table.identify(by: source == .sockDiag ? .cookie : .tupleHash)
    table.rewind()
    groups.beginPoll(isWhole: isWhole)
    owners.clearUnclosed()
    guard isWhole else {
      unread.polls += 1
      return
    }
    unread.begin()
    flows.beginPoll()
    devices.removeAll(keepingCapacity: true)
    let first = checked.upperBound < table.capacity ? checked.upperBound : 0
    let part = (table.capacity + Self.checkRound - 1) / Self.checkRound
    let size = max(Self.checkLimit, part &* UInt32(clamping: unread.polls))
    checked = first..<min(table.capacity, first + size)
  }

  private mutating func abandon(_ poll: borrowing PendingSockets) {
    for index in poll.sockets.indices where poll.sockets[index].addsTotals {
      // Nobody knows yet whose these are: the next poll that sees the socket adds them.
      table[poll.sockets[index].entry].flags.remove(.counted)
    }
    for index in 0..<table.capacity where wasSeen(index) { table[index].generation &-= 1 }
    for state in TCPState.allCases where reads.contains(state) { readings[state] &-= 1 }
    generation &-= 1
    stalls.abandonPoll()
    halfCloses.abandonPoll()
  }
}

// MARK: - Rows

extension SocketTracker {
  private mutating func take(_ rows: Span<SocketRow>, into poll: inout PendingSockets) {
    for index in rows.indices where reads.contains(rows[index].state) {
      if rows[index].local.device != 0 { devices.insert(rows[index].local.device) }
      if rows[index].state == .synRecv {
        poll.retransmittedSynAcks += UInt64(rows[index].retransmits)
      }
      var tupleHash = table.hasher.hash(rows[index])
      var entry = table.find(cookie: rows[index].cookie, tupleHash: tupleHash)
      if entry != SocketTable.none, rows[index].cookie == 0, rows[index].inode != 0,
        table[entry].inode != rows[index].inode
      {
        // The same endpoints on another device, or again after one that is forgotten: procfs does not tell
        // which, the inode tells them apart.
        let apart = mixed(tupleHash, UInt64(rows[index].inode))
        let other = table.find(cookie: 0, tupleHash: apart)
        if other != SocketTable.none || wasSeen(entry) || forgotten[entry] != nil {
          (tupleHash, entry) = (apart, other)
        }
      }
      if entry == SocketTable.none {
        enter(rows[index], tupleHash: tupleHash, into: &poll)
      } else if !wasSeen(entry) {
        update(entry, rows[index], tupleHash: tupleHash, into: &poll)
      }
    }
  }

  private mutating func enter(
    _ row: SocketRow, tupleHash: UInt64, into poll: inout PendingSockets
  ) {
    poll.trackedSockets += 1
    poll.newcomers += 1
    if !adopted.isEmpty, let other = adopted[row.inode] { remove(other) }
    var entry = SocketEntry(
      row: row, tupleHash: tupleHash, since: since(row), generation: currentGeneration(row.state))
    if !TCPStateSet.light.contains(row.state) { unread.count += 1 }
    (entry.receiveQueue, entry.sendQueue) = (row.receiveQueue, row.sendQueue)
    if previous == nil { entry.flags.insert(.preexisting) }
    if row.isConnection { entry.flags.insert(.connected) }
    let counts = row.hasInfo
    if counts {
      entry.take(row.info)
      entry.flags.insert(.counted)
    }
    let addsTotals = counts && !entry.flags.contains(.preexisting)
    let index = table.insert(entry)
    if row.info.retransmissionTimeout > 0, previous == nil {
      timeouts[index] = row.info.retransmissionTimeout
    }
    let sample = sample(index, row, tupleHash)
    poll.sockets.append(
      PendingSocket(entry: index, row: row, sample: sample, addsTotals: addsTotals))
  }

  /// When a socket that is seen for the first time came to its state, as far as the kernel tells:
  /// the last ACK that a CLOSE-WAIT got came with the peer's FIN, and the last of a FIN-WAIT-2 was for its own,
  /// unless there were others since: for data, or for keep-alive probes. A SYN-SENT is as old as its SYN has waited.
  private func since(_ row: SocketRow) -> Int64 {
    if row.hasInfo, row.state == .closeWait || row.state == .finWait2 {
      return now - Int64(row.info.lastAckReceived)
    }
    return now - (row.timeWaitAge ?? row.attemptAge ?? 0)
  }

  /// What the poll counts of a socket.
  @inline(__always)
  private mutating func sample(_ index: UInt32, _ row: SocketRow, _ tupleHash: UInt64)
    -> SocketSample
  {
    var since = table[index].since
    var sample = SocketSample(row: row, age: now - since)
    if let reason = row.pendingReason {
      let isRead = stalls.follow(
        row, reason, index, tupleHash: tupleHash, at: now, isPreexisting: previous == nil,
        patience: settings.stalledAfter, &sample)
      if isRead, row.state == .closeWait {
        // A CLOSE-WAIT that still reads what had come before the end is a slow reader, and no leak.
        (since, table[index].since, sample.age) = (now, now, 0)
      }
    }
    if row.state == .finWait2, row.inode != 0 {
      halfCloses.note(table.hasher.hash(row.ofPeer), since: since)
    } else if row.state == .closeWait, since <= firstPoll ?? now {
      sample.isAgeAtLeast = !row.hasInfo || row.timer == .keepalive
    }
    return sample
  }

  /// Finds out whether the peer of a CLOSE-WAIT is on this host and waits. If nobody saw the peer's end, the peer
  /// may know better how long ago that was.
  private mutating func askPeer(_ index: UInt32, _ sample: inout SocketSample) {
    guard let since = halfCloses.waiting(for: table[index].tupleHash) else { return }
    sample.hasWaitingPeer = true
    guard table[index].since <= firstPoll ?? now, since < table[index].since else { return }
    table[index].since = since
    sample.age = now - since
  }

  @inline(__always)
  private mutating func update(
    _ index: UInt32, _ row: SocketRow, tupleHash: UInt64, into poll: inout PendingSockets
  ) {
    poll.trackedSockets += 1
    if !reads.contains(table[index].state) { leaveUnread(index) }
    settleLapsed(index)
    if !TCPStateSet.light.contains(row.state) { unread.count += 1 }
    let isOther =
      table[index].tupleHash != tupleHash
      || (table[index].state == .listen) != (row.state == .listen)
    if isOther {
      settleAttempt(index)
      leaveGroup(index)
      if row.isConnection { connect(index) }
    }
    if table[index].state != row.state { changeState(index, row) }
    if row.timer == .timeWait { settleTimeWait(index) }
    table[index].tupleHash = tupleHash
    table[index].generation = currentGeneration(row.state)
    let hasQueued = row.state == .listen && table[index].receiveQueue > 0 && row.receiveQueue > 0
    (table[index].receiveQueue, table[index].sendQueue) = (row.receiveQueue, row.sendQueue)
    let addsTotals = row.hasInfo && count(index, row.info, of: row.remote)
    if row.state == .established, row.hasInfo { noteSilence(index, row) }
    if row.inode != table[index].inode {
      if row.state != .timeWait || !keepHeld(index, into: &poll) { noteClosed(index) }
      table[index].inode = row.inode
      if row.inode != 0 {
        table[index].flags.remove(.owned)
        table[index].attempts = 0
      }
    }
    var sample = sample(index, row, tupleHash)
    sample.hasQueued = hasQueued
    if let check = check(index, sample, &poll) {
      poll.sockets.append(
        PendingSocket(entry: index, check, row: row, sample: sample, addsTotals: addsTotals))
    } else {
      count(index, sample, local: row.local, remote: row.remote, into: &poll)
    }
  }

  /// Remembers of a few connections of each group after which silences they went on.
  @inline(__always)
  private mutating func noteSilence(_ index: UInt32, _ row: SocketRow) {
    let group = table[index].group
    guard group != GroupTable.none, let silence = row.idle else { return }
    groups[group].idleEndings.survived.look(
      at: table[index].tupleHash, silence: silence, received: row.info.lastDataReceived, now: now)
  }

  private mutating func changeState(_ index: UInt32, _ row: SocketRow) {
    recall(index)
    guard table[index].state != row.state else { return }
    // It happened at some time since the last poll; the kernel may know when.
    move(index, to: row.state, since: max(since(row), min(previous ?? now, now)))
    if row.isConnection { connect(index) }
  }

  mutating func move(_ index: UInt32, to state: TCPState, since: Int64) {
    settleLapsed(index)
    let flow = table[index].flow
    if flow != DestinationTable.none {
      flows[flow].count(table[index].state, -1)
      flows[flow].count(state, 1)
    }
    table[index].state = state
    table[index].since = since
  }

  /// Adds what the socket did since the last poll to its group.
  /// - Returns: whether its totals are still to be added, because it was never counted.
  @inline(__always)
  private mutating func count(_ index: UInt32, _ info: TCPInfo, of peer: Endpoint) -> Bool {
    let group = table[index].group
    if info.retransmissionTimeout > 0 { countTimeouts(index, info) }
    guard table[index].flags.contains(.counted), group != GroupTable.none else {
      let isNew = table[index].flags.isDisjoint(with: [.counted, .preexisting])
      table[index].take(info)
      table[index].flags.insert(.counted)
      if isNew, group != GroupTable.none { add(table[index].totals(info), rtt: 0, to: group) }
      return isNew && group == GroupTable.none
    }
    let delta = table[index].difference(to: info)
    if delta.isZero { return false }
    table[index].take(info)
    if table[index].state == .closeWait, delta.sentBytes > delta.retransmittedBytes {
      // Half-closed on purpose: a CLOSE-WAIT that still sends is no leak.
      table[index].since = now
    }
    add(delta, rtt: info.rtt, to: group)
    if delta.retransmittedSegments > 0 {
      noteTrouble(.retransmits, with: peer, UInt64(delta.retransmittedSegments), in: group)
    }
    return false
  }

  mutating func add(_ delta: CounterDelta, rtt: UInt32, to group: UInt32) {
    groups[group].counters.add(delta)
    retransmits.account(for: delta.retransmittedSegments)
    if delta.movedData, rtt > 0 { groups[group].counters.rtt.observe(rtt) }
  }

  /// Why the socket's owner is looked for, or looked at again, in this poll; nil if it is not.
  ///
  /// An owner that cannot be found is looked for at once, then after 2, 4, … 64 polls. One that is known
  /// is looked at again in turn, and in every poll before something is said of the socket.
  @inline(__always)
  private func check(
    _ index: UInt32, _ sample: SocketSample, _ poll: inout PendingSockets
  ) -> OwnerCheck? {
    let entry = table[index]
    if entry.group == GroupTable.none { return .missing }
    // It stands in the accept queue of a listener that may have another owner now, or of another than it seemed.
    guard entry.inode != 0 else { return isQueued(index) ? .missing : nil }
    guard entry.flags.contains(.owned) else {
      let isDue =
        entry.attempts == 0 || readings[entry.state] % (1 << UInt32(min(entry.attempts, 6))) == 0
      return isDue ? .missing : nil
    }
    if sample.isSuspect(settings) || (poll.listsSockets && sample.state == .listen) {
      poll.suspects += 1
      if suspectStride == 1 || (index &+ readings[entry.state]) % suspectStride == 0
        || told.contains(index)
      {
        return .report
      }
    }
    if isWhole, checked.contains(index) { return .turn }
    guard isWhole, doubtPolls > 0, owners.isDoubted(entry.owner) else { return nil }
    return (index &+ readings[entry.state]) % doubtStride == 0 ? .turn : nil
  }

  /// Counts the sample of a socket that is in a group.
  @inline(__always)
  mutating func count(
    _ index: UInt32, _ sample: SocketSample, local: Endpoint, remote: Endpoint,
    into poll: inout PendingSockets
  ) {
    let (group, owner) = (table[index].group, table[index].owner)
    var sample = sample
    if sample.state == .closeWait { askPeer(index, &sample) }
    groups[group].count(
      sample, stuckAfter: settings.stuckAfter, isUnread: isUnread(index))
    if isWhole, !sample.isForgotten, let ephemeralPorts, ephemeralPorts.contains(local.port) {
      holdPort(index, local, sample.state)
    }
    if owners.isUnknown(owner) {
      poll.unattributed[sample.state] += 1
      unattributedSeen.formUnion(TCPStateSet(sample.state))
    }
    let isStuck = isStuck(sample)
    if sample.state == .closeWait || sample.isForgotten { owners.noteUnclosed(owner) }
    let slowEnd = sample.slowEnd(finWait2After: settings.finWait2After)
    if slowEnd != nil { groups[group].gauges.slowEnds[sample.state] += 1 }
    guard
      isStuck || slowEnd != nil || sample.stall != nil || sample.state == .listen
        || poll.listsSockets
    else { return }
    let socket = ListedSocket(entry: index, local: local, remote: remote, sample: sample)
    if isStuck { poll.stuckSockets.note(socket, in: group, waited: sample.age) }
    if let stall = sample.stall {
      poll.waitingSockets.note(
        socket, in: WaitingSocket.key(group, WaitReason(stall)),
        waited: Int64(sample.stalledFor))
    }
    if let slowEnd {
      poll.waitingSockets.note(
        socket, in: WaitingSocket.key(group, slowEnd), waited: sample.age)
    }
    if sample.state == .listen, sample.receiveQueue > 0 {
      poll.queuedListeners[group, default: []].append(socket)
    }
    if sample.acceptQueue?.isFull == true, poll.fullListeners.count < Self.fullListenerLimit {
      poll.fullListeners.append(socket)
    }
    if poll.listsSockets, poll.listed.count < Self.listLimit { poll.listed.append(socket) }
  }
}
