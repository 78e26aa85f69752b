/// The second step of a poll: owners and groups for what is new.
extension SocketTracker {
  /// Holders by their numbers in the tracker's own tables, for one poll.
  private struct Attribution {
    let holders: HolderTable
    /// Of each process of ``holders``, its number in the ``OwnerTable``.
    let owners: [UInt32]
    /// The groups that were found so far, by owner, direction and port.
    var groups: [UInt64: UInt32] = [:]
    /// Of each listener, how many connections more its accept queue holds.
    var room: [UInt32: UInt32] = [:]

    /// The owner of a socket among the holders; nil if it has none.
    func owner(of inode: UInt32, preferring name: String?) -> UInt32? {
      holders.owner(of: inode, preferring: name).map { owners[Int($0)] }
    }

    /// The owner of a listener among the holders, and whether it is one of many; nil if it has none.
    func listenerOwner(of inode: UInt32, acceptors: [String]) -> (UInt32, isOneOfMany: Bool)? {
      holders.listenerOwner(of: inode, acceptors: acceptors).map {
        (owners[Int($0.holder)], $0.isOneOfMany)
      }
    }
  }

  /// Counts the pending sockets in the groups of their owners, and ends the poll.
  /// - Parameters:
  ///   - holders: what the search for the poll's ``request(for:)`` found.
  ///   - host: the kernel's counters, read before the dump.
  ///   - mptcp: MPTCP sockets by state; nil if the kernel has none to tell of.
  ///   - unit: the unit of a cgroup, by the id of its directory.
  ///   - descriptor: the number that a process's descriptor of a socket has, by inode and pid.
  ///   - ended: what the kernel's counters keep of a socket that has ended or, of one that is there, that nobody holds; by
  ///     cookie.
  package mutating func attribute(
    _ pending: consuming PendingSockets, to holders: HolderTable, host: HostCounters? = nil,
    mptcp: StateCounts? = nil, unit: (UInt64) -> String = { _ in "" },
    descriptor: (UInt32, Int32) -> Int32? = { _, _ in nil },
    ended: (UInt64, _ isThere: Bool) -> EndedSocket? = { _, _ in nil }
  ) -> NamespaceReport {
    var poll = pending
    takeEndedSockets(poll, holders, ended)
    settle(&poll, holders, unit)
    countListenDrops(host)
    for index in lateEvents.indices { close(lateEvents[index]) }
    lateEvents.removeAll(keepingCapacity: lateEvents.count < 4096)
    deferred.removeAll()
    for index in unseenEvents.indices { account(forUnseen: unseenEvents[index]) }
    sentResets.note(host)
    decideResets()
    mayMissEvents = false
    unseenEvents.removeAll(keepingCapacity: unseenEvents.count < 4096)
    endedSockets.removeAll()
    for count in kernelCounts { account(for: count) }
    kernelCounts.removeAll()
    // What sockets that were not read have retransmitted is not unknown.
    if isWhole, poll.source == .sockDiag, let retransSegs = host?.segmentsRetransmitted {
      settleRetransmits(retransSegs, pending: poll.retransmittedSynAcks)
    }
    finishUnread(&poll, host)
    groups.expire(at: now, linger: settings.linger)
    groups.foldHidden(at: now)
    listeners.expire(at: now, linger: settings.linger)
    previous = now
    defer {
      stalls.endPoll()
      halfCloses.endPoll()
    }
    mptcpSeen.formUnion(mptcp?.states ?? [])
    return report(poll, host: host, mptcp: mptcp) { inode in
      holders.everyHolder(of: inode).map {
        SocketReport.Holder(
          process: $0.name, pid: $0.pid, descriptor: descriptor(inode, $0.pid))
      }
    }
  }

  private mutating func settle(
    _ poll: inout PendingSockets, _ holders: HolderTable, _ unit: (UInt64) -> String
  ) {
    let numbers = holders.processes.map { owners.intern($0) }
    // A process may turn out to hold none of them.
    for number in numbers { owners.retain(number) }
    defer { for number in numbers { owners.release(number) } }
    var attribution = Attribution(holders: holders, owners: numbers)
    let sockets = poll.sockets
    poll.sockets = []
    // Listeners first: they say on which side the others are.
    for index in sockets.indices where sockets[index].sample.state == .listen {
      settleListener(sockets[index], &attribution, unit)
    }
    var queued: [PendingSocket] = []
    for index in sockets.indices {
      if sockets[index].sample.state == .listen {
        placeListener(sockets[index], &attribution, into: &poll)
      } else if sockets[index].isMissing {
        settleMissing(sockets[index], &attribution, into: &poll)
      } else if isQueued(sockets[index].entry) {
        queued.append(sockets[index])
      } else {
        settle(sockets[index], &attribution, unit, into: &poll)
      }
    }
    // Places in accept queues are taken first by those that had them, and then by age.
    queued.sort { one, other in
      let (isNew, isOtherNew) = (
        owners.isUnknown(table[one.entry].owner), owners.isUnknown(table[other.entry].owner)
      )
      return isNew == isOtherNew ? one.sample.age > other.sample.age : isOtherNew
    }
    for socket in queued { settle(socket, &attribution, unit, into: &poll) }
  }

  private mutating func settleListener(
    _ socket: PendingSocket, _ attribution: inout Attribution, _ unit: (UInt64) -> String
  ) {
    let index = socket.entry
    let found = attribution.listenerOwner(
      of: table[index].inode,
      acceptors: listeners.listener(for: socket.local)?.acceptors ?? [])
    let holder = found?.0
    if holder == nil { lose(socket, attribution.holders) }
    var number = holder ?? table[index].owner
    if owners.isUnknown(number) { number = byCgroup(socket.cgroup, unit) }
    own(socket, number, holder, attribution)
    listeners.add(
      socket.local, entry: index, owner: owners[number], isV6Only: socket.isV6Only,
      isOneOfMany: found?.isOneOfMany)
  }

  /// Counts a listener in its group, once all of its endpoint are known.
  private mutating func placeListener(
    _ socket: PendingSocket, _ attribution: inout Attribution, into poll: inout PendingSockets
  ) {
    let owner = listenerOwner(socket.entry, socket.local)
    let group = groups.number(of: labels(owner, .inbound, socket.local.port), at: now)
    place(socket, .inbound(socket.local.port), in: group, into: &poll)
  }

  /// The owner of a listener, without a pid if that may be another's.
  func listenerOwner(_ index: UInt32, _ local: Endpoint) -> Owner {
    guard let owner = listeners.listener(for: local)?.owner(atAnyOf: [index]) else {
      return owners[table[index].owner]
    }
    return owner
  }

  /// Whether it is a connection that nobody has accepted.
  func isQueued(_ index: UInt32) -> Bool {
    let entry = table[index]
    return entry.inode == 0 && !entry.flags.contains(.owned)
      && [.established, .closeWait].contains(entry.state)
  }

  /// What is known of the owner of a connection that nobody was seen to hold. If nobody has accepted it, it is
  /// in one of the accept queues of its endpoint, which hold so many and no more.
  private func owner(
    of index: UInt32, _ listener: ListenerTable.Listener, _ attribution: inout Attribution
  ) -> Owner {
    guard listener.owner.pid == 0, !listener.isGone, isQueued(index) else { return listener.owner }
    let own = owners[table[index].owner]
    var entries: [UInt32] = []
    for entry in listener.entries {
      let room = attribution.room[entry] ?? table[entry].receiveQueue
      attribution.room[entry] = room
      if room > 0 { entries.append(entry) }
    }
    let before = entries.first { entry in
      listener.owner(atAnyOf: [entry]).map {
        !own.isUnknown && ($0.identity, $0.name, $0.unit) == (own.identity, own.name, own.unit)
      } ?? false
    }
    let owner = before.map { _ in own } ?? listener.owner(atAnyOf: entries) ?? listener.owner
    if !owner.isUnknown, let place = before ?? entries.first {
      attribution.room[place]? -= 1
    }
    return owner
  }

  private mutating func settle(
    _ socket: PendingSocket, _ attribution: inout Attribution, _ unit: (UInt64) -> String,
    into poll: inout PendingSockets
  ) {
    let index = socket.entry
    let isClient = socket.sample.state == .synSent || socket.isInitiator == true
    let listener = isClient ? nil : listeners.listener(for: socket.local)
    let holder = attribution.owner(of: table[index].inode, preferring: listener?.owner.name)
    let ended = listener?.owner.pid ?? 0 == 0 ? endedSockets[table[index].cookie] : nil
    let knownSide = knownSide(of: socket) ?? ended?.side
    if holder == nil { lose(socket, attribution.holders) }
    var number = holder ?? table[index].owner
    if owners.isUnknown(number) || (isQueued(index) && listener?.isGone == false) {
      let waitsFor = listener.map { self.owner(of: index, $0, &attribution) }
      if let owner = waitsFor.orBetter(ended?.owner), !owner.isUnknown || socket.cgroup <= 1 {
        number = owners.intern(owner)
      } else {
        number = byCgroup(socket.cgroup, unit)
      }
    }
    own(socket, number, holder, attribution)
    let owner = owners[number]
    // The port of a listener that has gone may have become somebody else's ephemeral port.
    let isInbound =
      socket.sample.state == .synRecv || socket.isInitiator == false
      || listener.map { !$0.isGone || $0.owner.name == owner.name || owner.isUnknown } ?? false
    let side =
      knownSide
      ?? (isInbound
        ? Side.inbound(socket.local.port)
        : side(
          local: socket.local, remote: socket.remote, isClient: isClient))
    if side.direction == .outbound, side.port != nil { takeFlow(index, socket, owner) }
    if holder != nil, side.direction == .inbound {
      listeners.noteAcceptor(owner.name, of: socket.local)
    }
    place(socket, side, in: group(of: number, side, &attribution), into: &poll)
  }

  /// A socket that the dump does not have stays on the side that it was on, also with another owner.
  private mutating func settleMissing(
    _ socket: PendingSocket, _ attribution: inout Attribution, into poll: inout PendingSockets
  ) {
    let entry = table[socket.entry]
    let labels = groups[entry.group].labels
    let holder = attribution.owner(of: entry.inode, preferring: labels.process)
    if let holder, holder != entry.owner {
      own(socket, holder, holder, attribution)
      let side = Side(direction: labels.direction, port: labels.port)
      joinGroup(socket.entry, group(of: holder, side, &attribution))
    }
    settleMissing(socket, heldBy: holder, attribution.holders, into: &poll)
  }

  /// The direction and service port of a socket.
  struct Side {
    var direction: Direction
    /// nil if neither port is a service's.
    var port: UInt16?

    static func inbound(_ port: UInt16) -> Side { Side(direction: .inbound, port: port) }
    static func outbound(_ port: UInt16?) -> Side { Side(direction: .outbound, port: port) }
  }

  /// The side of a socket that was counted with a known owner: what showed it, such as its listener, may
  /// have gone since.
  private func knownSide(of socket: PendingSocket) -> Side? {
    let entry = table[socket.entry]
    guard entry.group != GroupTable.none, !owners.isUnknown(entry.owner) else { return nil }
    if entry.flags.contains(.inbound) { return .inbound(socket.local.port) }
    return groups[entry.group].labels.port.map { .outbound($0) }
  }

  /// Judges a socket whose local port no listener is known for. Its listener may have gone before
  /// anyone looked: then the remote port is the client's ephemeral one, which is never a label.
  /// - Parameter isClient: whether the kernel says that this host connected.
  func side(local: Endpoint, remote: Endpoint, isClient: Bool) -> Side {
    // Bound, and not connected.
    guard remote.port != 0 else { return .outbound(nil) }
    let range = ephemeralPorts?.ports ?? EphemeralPorts.defaultPorts
    if isClient || !range.contains(remote.port) || listeners.listener(for: remote) != nil {
      return .outbound(remote.port)
    }
    return range.contains(local.port) ? .outbound(nil) : .inbound(local.port)
  }

  /// The number of an owner that is not known, in the unit of the cgroup. 1 is the root, which hosts
  /// without cgroup v2 say of all.
  private mutating func byCgroup(_ cgroup: UInt64, _ unit: (UInt64) -> String) -> UInt32 {
    guard cgroup > 1 else { return OwnerTable.unknown }
    var owner = Owner.unknown
    owner.unit = unit(cgroup)
    return owners.intern(owner)
  }

  func labels(_ owner: Owner, _ direction: Direction, _ port: UInt16?) -> GroupLabels {
    GroupLabels(
      process: owner.name, unit: owner.unit, direction: direction, port: port,
      pid: settings.pidLabel && owner.pid != 0 ? owner.pid : nil, netns: netns)
  }

  /// Gives a socket to an owner.
  mutating func give(_ index: UInt32, to number: UInt32) {
    owners.retain(number)
    if table[index].owner != OwnerTable.unknown { owners.release(table[index].owner) }
    table[index].owner = number
  }

  private mutating func own(
    _ socket: PendingSocket, _ number: UInt32, _ holder: UInt32?,
    _ attribution: borrowing Attribution
  ) {
    let index = socket.entry
    give(index, to: number)
    if holder != nil {
      table[index].flags.insert(.owned)
    } else if socket.check == .missing, table[index].inode != 0, !attribution.holders.searchFailed {
      table[index].attempts = min(table[index].attempts + 1, 64)
    }
  }

  private mutating func takeFlow(_ index: UInt32, _ socket: PendingSocket, _ owner: Owner) {
    if table[index].flow == DestinationTable.none {
      let flow = flows.number(from: socket.local.address, to: socket.remote)
      table[index].flow = flow
      flows[flow].sockets += 1
      flows[flow].count(table[index].state, 1)
    }
    if !owner.isUnknown { flows[table[index].flow].seen.note(owner) }
  }

  /// Counts an ephemeral port that the poll has found in use.
  mutating func holdPort(_ index: UInt32, _ local: Endpoint, _ state: TCPState) {
    let flow = table[index].flow
    // No other socket keeps its port after the end of its connection.
    if state == .close { table[index].flags.insert(.bound) }
    if table[index].flags.contains(.bound) || table[index].flags.contains(.inbound) {
      flows.bind(local)
    }
    if flow != DestinationTable.none, state != .close { flows.connect(local.port, on: flow) }
  }

  private mutating func place(
    _ socket: PendingSocket, _ side: Side, in group: UInt32, into poll: inout PendingSockets
  ) {
    joinGroup(socket.entry, group)
    if side.direction == .inbound {
      table[socket.entry].flags.insert(.inbound)
    } else {
      table[socket.entry].flags.remove(.inbound)
    }
    if socket.addsTotals {
      add(table[socket.entry].totals(), rtt: 0, to: table[socket.entry].group)
    }
    count(
      socket.entry, socket.sample, local: socket.local, remote: socket.remote, into: &poll)
  }

  /// The group of an owner's sockets on that side; hashes names once a poll and not for each socket.
  private mutating func group(
    of owner: UInt32, _ side: Side, _ attribution: inout Attribution
  ) -> UInt32 {
    let port = side.port.map { UInt64($0) + 1 } ?? 0
    let key = UInt64(owner) << 32 | port << 1 | (side.direction == .inbound ? 1 : 0)
    if let group = attribution.groups[key] { return group }
    let group = groups.number(of: labels(owners[owner], side.direction, side.port), at: now)
    attribution.groups[key] = group
    return group
  }

  private mutating func countListenDrops(_ host: HostCounters?) {
    for (cookie, drops) in listenDropCounter.count(listenDrops, listenDrops: host?.listenDrops) {
      let index = table.findOutOfOrder(cookie: cookie, tupleHash: 0)
      guard index != SocketTable.none, table[index].group != GroupTable.none else { continue }
      groups[table[index].group].counters.listenDrops += UInt64(drops)
    }
    listenDrops = [:]
  }

  private mutating func settleRetransmits(_ retransSegs: UInt64, pending: UInt64) {
    let unknown = retransmits.settle(kernel: retransSegs, pending: pending)
    guard unknown > 0 else { return }
    let group = groups.numberOfUnknown(.inbound, at: now)
    groups[group].counters.retransmittedSegments += unknown
    groups[group].emptySince = now
  }
}

extension Owner? {
  /// What the kernel's counters say of the owner of a socket, if they know more.
  func orBetter(_ other: Owner?) -> Owner? {
    guard let self, let other, self.pid == 0 else { return self ?? other }
    return self.isUnknown || self.name == other.name ? other : self
  }
}
