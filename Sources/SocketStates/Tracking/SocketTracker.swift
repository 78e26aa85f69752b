/// The memory between polls: rows and destroy events in, reports out. Pure: no I/O, and the clock
/// is the caller's.
///
/// A poll is
///
///     begin → absorb rows… → endDump → (owners of `wantedInodes` → claim…) → finish → report
///
/// or `abandon` where the source failed: then no gauge of it is ever seen, and what its rows told of
/// counters, which is true all the same, comes with the next report.
package struct SocketTracker: ~Copyable {
  /// What a user may set.
  package struct Settings: Sendable {
    /// The number of groups there may be.
    package var groups = 1000
    /// ms that an empty group, or the port of a listener that has gone, is remembered.
    package var linger: Int64 = 15 * 60 * 1000
    /// ms after which a CLOSE-WAIT counts as stuck.
    package var stuckAfter: Int64 = 60 * 1000
    /// ms after which a CLOSE-WAIT is told as a stuck socket, one by one; nil is ``stuckAfter``.
    package var listStuckAfter: Int64?
    /// ms after which a FIN-WAIT-2 is reported as one that the peer does not close.
    package var finWait2After = Thresholds.finTimeout
    /// How many destinations and ephemeral port ranges are told.
    package var destinations = 50
    /// Whether the pid is a label.
    package var pidLabel = false

    package init() {}
  }

  /// A socket that is to be counted in a group once its owner is known.
  struct PendingSocket: BitwiseCopyable {
    var entry: UInt32
    var local: Endpoint
    var remote: Endpoint
    var cgroup: UInt64
    var sample: SocketSample
    /// Whether the entry's counters are still to be added to its group.
    var addsTotals: Bool
  }

  /// Sockets that a list has at most.
  package static let listLimit = 100_000

  /// Full listeners that are told one by one.
  static let fullListenerLimit = 50

  /// Events of unseen sockets that may wait for the poll that tells their listener.
  static let unseenEventLimit = 65_536

  /// The ports that the kernel chooses from; nil where that is not known.
  package var ephemeralPorts: EphemeralPortRange?

  package var settings: Settings {
    didSet { groups.apply(settings) }
  }

  var table = SocketTable()
  var groups: GroupTable
  var owners = OwnerTable()
  var listeners = ListenerTable()
  var flows = DestinationTable()
  var pending = ContiguousArray<PendingSocket>()
  var claims = HolderTable()
  /// The claimants of this poll; each is a reference to its owner.
  var claimants = ContiguousArray<Holder>()
  /// The groups that this settlement has found, by owner, direction and port.
  var placements: [UInt64: UInt32] = [:]
  /// Inodes of sockets that lost their last descriptor since the last poll: new sockets may have
  /// the descriptors' numbers.
  package internal(set) var closedInodes = ContiguousArray<UInt32>()
  /// Destroy events of sockets that no poll has seen.
  var unseenEvents = ContiguousArray<SocketRow>()
  /// Destroy events of sockets that are not in a group yet.
  var lateEvents = ContiguousArray<SocketRow>()
  var retransmits = RetransmitReconciler()
  /// SYN-ACKs retransmitted for the connections that this poll saw in SYN-RECV.
  var pendingSynAcks: UInt64 = 0
  /// Whether owners could not be looked for in this poll.
  var searchHasFailed = false
  /// The number of the poll; one that was given up does not count.
  var poll: UInt32 = 0
  /// Whether ``endDump()`` has been called for this poll.
  var dumpHasEnded = false
  /// Marks the sockets that this poll has seen. Who is not seen is forgotten after at most 100
  /// polls, so that the few bits are enough.
  var currentGeneration: UInt8 { UInt8(truncatingIfNeeded: poll) }
  /// Monotonic ms of this poll and of the last one that finished.
  var now: Int64 = 0
  var previous: Int64?
  var seenSockets = 0
  var stuckSockets = StuckSocketList()
  /// Those that wait otherwise, by group and ``WaitReason``.
  var waitingSockets = StuckSocketList()
  /// Listening sockets whose accept queue is full; at most ``fullListenerLimit``.
  var fullListeners = ContiguousArray<StuckSocketList.ListedSocket>()
  /// Whether the next poll lists every socket (``listed``): only when somebody asks.
  package var listsSockets = false
  /// The sockets of the poll, where they are listed; at most ``listLimit``.
  var listed = ContiguousArray<StuckSocketList.ListedSocket>()
  var unattributed = StateCounts()
  var unattributedSeen = TCPStateSet(rawValue: 0)

  /// The network namespace of its sockets, as ``GroupLabels/netns``.
  let netns: String

  package init(settings: Settings = Settings(), netns: String = "") {
    self.settings = settings
    self.netns = netns
    groups = GroupTable(settings, netns: netns)
  }

  /// How many groups there are.
  package var groupCount: Int { groups.count }

  /// Starts a poll at `now` (monotonic, ms).
  package mutating func begin(source: SourceName, at now: Int64) {
    poll &+= 1
    self.now = max(now, self.now)
    table.identify(by: source == .sockDiag ? .cookie : .tupleHash)
    table.rewind()
    groups.beginPoll()
    searchHasFailed = false
    pending.removeAll(keepingCapacity: true)
    dismissClaims()
    dumpHasEnded = false
    stuckSockets.removeAll()
    waitingSockets.removeAll()
    fullListeners.removeAll(keepingCapacity: true)
    listed.removeAll(keepingCapacity: false)
    owners.clearCloseWait()
    seenSockets = 0
    pendingSynAcks = 0
    unattributed = StateCounts()
  }

  /// Takes rows of the dump, in the order in which they came.
  package mutating func absorb(_ rows: Span<SocketRow>) {
    for index in rows.indices {
      if rows[index].state == .synRecv { pendingSynAcks += UInt64(rows[index].retransmits) }
      let tupleHash = rows[index].tupleHash
      let entry = table.find(cookie: rows[index].cookie, tupleHash: tupleHash)
      if entry == SocketTable.none {
        enter(rows[index], tupleHash: tupleHash)
      } else if table[entry].generation != currentGeneration {
        update(entry, rows[index], tupleHash: tupleHash)
      }
    }
  }

  /// Gives a poll up: its rows were not all of them. Sockets that it did not see are not missed.
  package mutating func abandon() {
    for index in pending.indices where pending[index].addsTotals {
      // Nobody knows yet whose these are: the next poll that sees the socket adds them.
      table[pending[index].entry].flags.remove(.counted)
    }
    pending.removeAll(keepingCapacity: true)
    for index in 0..<table.capacity where table[index].generation == currentGeneration {
      table[index].generation &-= 1
    }
    poll &-= 1
  }

  // MARK: - Rows

  private mutating func enter(_ row: SocketRow, tupleHash: UInt64) {
    seenSockets += 1
    var entry = SocketEntry(
      row: row, tupleHash: tupleHash, since: since(row), generation: currentGeneration)
    entry.receiveQueue = row.receiveQueue
    if previous == nil { entry.flags.insert(.preexisting) }
    if row.state.isConnected { entry.flags.insert(.connected) }
    let counts = row.hasInfo
    if counts {
      entry.take(row.info)
      entry.flags.insert(.counted)
    }
    let addsTotals = counts && !entry.flags.contains(.preexisting)
    let index = table.insert(entry)
    let sample = SocketSample(row: row, age: now - entry.since, stall: row.stall(since: nil))
    pending.append(
      PendingSocket(
        entry: index, local: row.local, remote: row.remote, cgroup: row.cgroup, sample: sample,
        addsTotals: addsTotals))
  }

  /// When a socket that is seen for the first time came to its state, as far as the kernel tells:
  /// the last ACK that a CLOSE-WAIT got came with the peer's FIN, unless it still sends.
  private func since(_ row: SocketRow) -> Int64 {
    switch row.state {
    case .closeWait where row.hasInfo: now - Int64(row.info.lastAckReceived)
    case .timeWait where row.timer == .timeWait:
      now - max(0, TimeWait.length - Int64(row.expires))
    default: now
    }
  }

  @inline(__always)
  private mutating func update(_ index: UInt32, _ row: SocketRow, tupleHash: UInt64) {
    seenSockets += 1
    let stall = row.stall(since: table[index])
    let reconnected = table[index].tupleHash != tupleHash
    if reconnected { leaveGroup(index) }
    if table[index].state != row.state { changeState(index, row) }
    table[index].tupleHash = tupleHash
    table[index].generation = currentGeneration
    table[index].receiveQueue = row.receiveQueue
    let addsTotals = row.hasInfo && count(index, row.info)
    if row.inode != table[index].inode {
      noteClosed(index)
      table[index].inode = row.inode
      if row.inode != 0 {
        table[index].flags.remove(.owned)
        table[index].attempts = 0
      }
    }
    let sample = SocketSample(row: row, age: now - table[index].since, stall: stall)
    if table[index].group == GroupTable.none || (row.inode != 0 && isOwnerDue(index)) {
      pending.append(
        PendingSocket(
          entry: index, local: row.local, remote: row.remote, cgroup: row.cgroup, sample: sample,
          addsTotals: addsTotals))
    } else {
      count(index, sample, local: row.local, remote: row.remote)
    }
  }

  /// Notes that no descriptor refers to the socket any more.
  mutating func noteClosed(_ index: UInt32) {
    let inode = table[index].inode
    if inode != 0 { closedInodes.append(inode) }
  }

  private mutating func changeState(_ index: UInt32, _ row: SocketRow) {
    let flow = table[index].flow
    if flow != DestinationTable.none {
      flows[flow].count(table[index].state, -1)
      flows[flow].count(row.state, 1)
    }
    table[index].state = row.state
    // It happened at some time since the last look; the kernel may know when.
    table[index].since = max(since(row), min(previous ?? now, now))
    if row.state.isConnected { table[index].flags.insert(.connected) }
  }

  /// Adds what the socket did since the last look to its group.
  /// - Returns: whether its totals are still to be added, because it was never counted.
  @inline(__always)
  private mutating func count(_ index: UInt32, _ info: TCPInfo) -> Bool {
    let group = table[index].group
    guard table[index].flags.contains(.counted), group != GroupTable.none else {
      let isNew = table[index].flags.isDisjoint(with: [.counted, .preexisting])
      table[index].take(info)
      table[index].flags.insert(.counted)
      if isNew, group != GroupTable.none { add(table[index].totals, rtt: 0, to: group) }
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
    return false
  }

  mutating func add(_ delta: CounterDelta, rtt: UInt32, to group: UInt32) {
    groups[group].counters.add(delta)
    retransmits.account(for: delta.retransmittedSegments)
    if delta.movedData, rtt > 0 { groups[group].counters.rtt.observe(rtt) }
  }

  /// Whether the socket's owner is worth a search now: at once, then after 2, 4, … 64 polls.
  private func isOwnerDue(_ index: UInt32) -> Bool {
    guard !table[index].flags.contains(.owned) else { return false }
    let attempts = table[index].attempts
    return attempts == 0 || poll % (1 << UInt32(min(attempts, 6))) == 0
  }

  @inline(__always)
  mutating func count(_ index: UInt32, _ sample: SocketSample, local: Endpoint, remote: Endpoint) {
    let (group, owner) = (table[index].group, table[index].owner)
    groups[group].count(sample, stuckAfter: settings.stuckAfter)
    if owners.isUnknown(owner) {
      unattributed[sample.state] += 1
      unattributedSeen.formUnion(TCPStateSet(sample.state))
    }
    if sample.state == .closeWait {
      owners.noteCloseWait(owner)
      if sample.age >= settings.listStuckAfter ?? settings.stuckAfter {
        stuckSockets.note(
          StuckSocketList.ListedSocket(entry: index, local: local, remote: remote, sample: sample),
          in: group)
      }
    }
    if let stall = sample.stall {
      waitingSockets.note(
        StuckSocketList.ListedSocket(entry: index, local: local, remote: remote, sample: sample),
        in: WaitingSocket.key(group, WaitReason(stall)))
    }
    if let reason = sample.slowEnd(finWait2After: settings.finWait2After) {
      groups[group].gauges.slowEnds[sample.state] += 1
      waitingSockets.note(
        StuckSocketList.ListedSocket(entry: index, local: local, remote: remote, sample: sample),
        in: WaitingSocket.key(group, reason))
    }
    if sample.isFullListener, fullListeners.count < SocketTracker.fullListenerLimit {
      fullListeners.append(
        StuckSocketList.ListedSocket(entry: index, local: local, remote: remote, sample: sample))
    }
    if listsSockets, listed.count < SocketTracker.listLimit {
      listed.append(
        StuckSocketList.ListedSocket(entry: index, local: local, remote: remote, sample: sample))
    }
  }
}

/// Facts of the TIME-WAIT state (`include/net/tcp.h`).
enum TimeWait {
  /// `TCP_TIMEWAIT_LEN`, ms.
  static let length: Int64 = 60_000
}
