/// The second half of a poll: owners and groups for what is new, and the sweep of what has gone.
extension SocketTracker {
  /// Ends the dump: it was complete, and what it did not show is gone or about to be.
  package mutating func endDump() {
    guard !dumpHasEnded else { return }
    dumpHasEnded = true
    sweep()
  }

  /// Sockets of this poll that are to be counted in a group once their owner is known.
  package var newcomers: Int { pending.count }

  /// Inodes whose owner is looked for in this poll; empty in a poll in which nothing is new.
  /// Sockets of which a destroy event has come meanwhile have no descriptor any more.
  package var wantedInodes: ContiguousArray<UInt32> {
    var inodes = ContiguousArray<UInt32>()
    for index in pending.indices {
      let entry = table[pending[index].entry]
      if entry.inode != 0, entry.flags.isDisjoint(with: [.owned, .destroyed]) {
        inodes.append(entry.inode)
      }
    }
    return inodes
  }

  /// The processes that held sockets at the last poll.
  package var knownProcesses: [Owner] { owners.processes.map(\.owner) }

  /// Adds the inodes of all sockets that the tracker knows.
  package func addOpenInodes(to inodes: inout InodeTable) {
    for index in 0..<table.capacity where table.isOccupied(index) && table[index].inode != 0 {
      inodes[table[index].inode] = 0
    }
  }

  /// Tells one process that holds a descriptor of the socket; there may be several.
  package mutating func claim(inode: UInt32, by owner: Owner) {
    claim(inode: inode, by: claimant(owner))
  }

  /// A process by whom sockets are to be claimed in this poll: named once, and not for each socket.
  package mutating func claimant(_ owner: Owner) -> Holder {
    let claimant = Holder(number: owners.intern(owner).number)
    owners.retain(claimant.number)
    claimants.append(claimant)
    return claimant
  }

  /// Tells one process that holds a descriptor of the socket; there may be several.
  package mutating func claim(inode: UInt32, by claimant: Holder) {
    claims.add(inode, by: claimant)
  }

  /// Forgets the claims of a poll.
  mutating func dismissClaims() {
    for claimant in claimants { owners.release(claimant.number) }
    claimants.removeAll(keepingCapacity: true)
    claims.removeAll()
  }

  /// Tells that owners could not be looked for: whoever was not found is worth a search at the next
  /// poll, as if there had been none.
  package mutating func searchFailed() { searchHasFailed = true }

  /// Cgroups whose unit is wanted: those of sockets whose owner nobody has claimed.
  package var wantedCgroups: Set<UInt64> {
    var cgroups: Set<UInt64> = []
    for index in pending.indices where pending[index].cgroup > 1 {
      let entry = table[pending[index].entry]
      if !entry.flags.contains(.owned), !claims.contains(entry.inode) {
        cgroups.insert(pending[index].cgroup)
      }
    }
    return cgroups
  }

  /// Tells that processes have ended: another may hold what is left of their sockets.
  /// - Returns: whether any of them held sockets.
  @discardableResult
  package mutating func disown(_ ended: [Owner]) -> Bool {
    guard !ended.isEmpty else { return false }
    let gone = Set(
      owners.processes.lazy.filter { process in
        ended.contains { $0.isSameProcess(as: process.owner) }
      }.map(\.number))
    guard !gone.isEmpty else { return false }
    for index in 0..<table.capacity
    where table.isOccupied(index) && gone.contains(table[index].owner) {
      table[index].flags.remove(.owned)
      table[index].attempts = 0
    }
    return true
  }

  /// Tells that a process is called otherwise now (exec, another title, another rule): its sockets
  /// move to the group of that name.
  package mutating func rename(_ owner: Owner) {
    guard owners.knows(owner) else { return }
    let (number, changed) = owners.intern(owner)
    guard changed else { return }
    listeners.update(owner)
    for index in 0..<table.capacity where table.isOccupied(index) && table[index].owner == number {
      let group = table[index].group
      guard group != GroupTable.none, groups[group].labels.port != nil else { continue }
      var labels = groups[group].labels
      labels.process = owner.name
      labels.unit = owner.unit
      joinGroup(index, groups.number(of: labels, at: now))
    }
  }

  /// Ends a poll whose dump was complete.
  /// - Parameters:
  ///   - retransSegs: the kernel's `RetransSegs` read before the dump; nil where the source
  ///     delivers no tcp_info.
  ///   - units: the units of ``wantedCgroups``, where there are any.
  package mutating func finish(retransSegs: UInt64?, units: [UInt64: String] = [:]) {
    endDump()
    // Listeners first: they say on which side the others are.
    for index in pending.indices where pending[index].sample.state == .listen {
      settleListener(pending[index], units)
    }
    for index in pending.indices where pending[index].sample.state != .listen {
      settle(pending[index], units)
    }
    pending.removeAll(keepingCapacity: pending.count < 4096)
    placements.removeAll(keepingCapacity: true)
    closedInodes.removeAll(keepingCapacity: closedInodes.count < 4096)
    dismissClaims()
    for index in lateEvents.indices { close(lateEvents[index]) }
    lateEvents.removeAll(keepingCapacity: lateEvents.count < 4096)
    for index in unseenEvents.indices { account(forUnseen: unseenEvents[index]) }
    unseenEvents.removeAll(keepingCapacity: unseenEvents.count < 4096)
    if let retransSegs { settleRetransmits(retransSegs) }
    groups.expire(at: now, linger: settings.linger)
    listeners.expire(at: now, linger: settings.linger)
    previous = now
  }

  private mutating func settleListener(_ socket: PendingSocket, _ units: [UInt64: String]) {
    let index = socket.entry
    let holder = claims.owner(of: table[index].inode, preferring: nil, in: owners)
    var number = holder ?? table[index].owner
    if owners.isUnknown(number) { number = byCgroup(socket.cgroup, units) }
    own(index, number, isHolder: holder != nil)
    listeners.add(socket.local, entry: index, owner: owners[number])
    place(socket, .inbound(socket.local.port))
  }

  private mutating func settle(_ socket: PendingSocket, _ units: [UInt64: String]) {
    let index = socket.entry
    let listener = socket.sample.state == .synSent ? nil : listeners.listener(for: socket.local)
    let holder = claims.owner(
      of: table[index].inode, preferring: listener?.owner.name, in: owners)
    var number = holder ?? table[index].owner
    if number == OwnerTable.unknown {
      if let listener, !listener.owner.isUnknown || socket.cgroup <= 1 {
        number = owners.intern(listener.owner).number
      } else {
        number = byCgroup(socket.cgroup, units)
      }
    }
    own(index, number, isHolder: holder != nil)
    let owner = owners[number]
    // The port of a listener that has gone may have become somebody else's ephemeral port.
    let isInbound =
      socket.sample.state == .synRecv
      || listener.map { !$0.isGone || $0.owner.name == owner.name || owner.isUnknown } ?? false
    let side =
      isInbound
      ? Side.inbound(socket.local.port)
      : side(
        local: socket.local, remote: socket.remote,
        isClient: socket.sample.state == .synSent || !owner.isUnknown)
    if side.direction == .outbound, side.port != nil { takeFlow(index, socket) }
    place(socket, side)
  }

  /// The direction and service port of a socket.
  struct Side {
    var direction: Direction
    /// nil where neither port is a service's.
    var port: UInt16?

    static func inbound(_ port: UInt16) -> Side { Side(direction: .inbound, port: port) }
    static func outbound(_ port: UInt16?) -> Side { Side(direction: .outbound, port: port) }
  }

  /// Judges a socket whose local port no listener is known for. Its listener may have gone before
  /// anyone looked: then the remote port is the client's ephemeral one, which is never a label.
  /// - Parameter isClient: whether something else says that this host connected, or at least who it
  ///   was.
  func side(local: Endpoint, remote: Endpoint, isClient: Bool) -> Side {
    let range = ephemeralPorts?.ports ?? EphemeralPortRange.default
    guard range.contains(remote.port), listeners.listener(for: remote) == nil else {
      return .outbound(remote.port)
    }
    if !range.contains(local.port) { return .inbound(local.port) }
    return .outbound(isClient ? remote.port : nil)
  }

  /// The number of nobody, in the unit of the cgroup where that is known.
  private mutating func byCgroup(_ cgroup: UInt64, _ units: [UInt64: String]) -> UInt32 {
    guard cgroup > 1, let unit = units[cgroup] else { return OwnerTable.unknown }
    var owner = Owner.unknown
    owner.unit = unit
    return owners.intern(owner).number
  }

  func labels(_ owner: Owner, _ direction: Direction, _ port: UInt16?) -> GroupLabels {
    GroupLabels(
      process: owner.name, unit: owner.unit, direction: direction, port: port,
      pid: settings.pidLabel && !owner.isUnknown ? owner.pid : nil, netns: netns)
  }

  private mutating func own(_ index: UInt32, _ number: UInt32, isHolder: Bool) {
    owners.retain(number)
    if table[index].owner != OwnerTable.unknown { owners.release(table[index].owner) }
    table[index].owner = number
    if isHolder {
      table[index].flags.insert(.owned)
    } else if table[index].inode != 0, !searchHasFailed {
      table[index].attempts = min(table[index].attempts + 1, 64)
    }
  }

  private mutating func takeFlow(_ index: UInt32, _ socket: PendingSocket) {
    guard table[index].flow == DestinationTable.none else { return }
    let flow = flows.number(from: socket.local.address, to: socket.remote)
    table[index].flow = flow
    flows[flow].sockets += 1
    flows[flow].count(table[index].state, 1)
    if let ephemeralPorts, ephemeralPorts.ports.contains(socket.local.port) {
      table[index].flags.insert(.ephemeral)
      flows[flow].ephemeralPorts += 1
    }
  }

  private mutating func place(_ socket: PendingSocket, _ side: Side) {
    joinGroup(socket.entry, group(of: table[socket.entry].owner, side))
    if socket.addsTotals {
      add(table[socket.entry].totals, rtt: 0, to: table[socket.entry].group)
    }
    count(socket.entry, socket.sample, local: socket.local, remote: socket.remote)
  }

  /// The group of an owner's sockets on that side; hashes names once a poll and not for each socket.
  private mutating func group(of owner: UInt32, _ side: Side) -> UInt32 {
    let port = side.port.map { UInt64($0) + 1 } ?? 0
    let key = UInt64(owner) << 32 | port << 1 | (side.direction == .inbound ? 1 : 0)
    if let group = placements[key] { return group }
    let group = groups.number(of: labels(owners[owner], side.direction, side.port), at: now)
    placements[key] = group
    return group
  }

  private mutating func joinGroup(_ index: UInt32, _ group: UInt32) {
    guard table[index].group != group else { return }
    leaveGroupOnly(index)
    table[index].group = group
    groups[group].members += 1
    if groups[group].labels.isOther { groups.refused += 1 }
  }

  private mutating func leaveGroupOnly(_ index: UInt32) {
    let group = table[index].group
    guard group != GroupTable.none else { return }
    groups[group].members -= 1
    if groups[group].members == 0 { groups[group].emptySince = now }
    table[index].group = GroupTable.none
  }

  /// Takes a socket out of its group, path and listener: it has gone, or is another connection now.
  mutating func leaveGroup(_ index: UInt32) {
    leaveGroupOnly(index)
    listeners.remove(entry: index, at: now)
    let flow = table[index].flow
    if flow != DestinationTable.none {
      flows[flow].count(table[index].state, -1)
      flows[flow].sockets -= 1
      if table[index].flags.contains(.ephemeral) { flows[flow].ephemeralPorts -= 1 }
      flows.forgetIfEmpty(flow)
      table[index].flow = DestinationTable.none
    }
    table[index].flags.subtract([.counted, .preexisting, .ephemeral])
  }

  /// Dumps in a row that a socket must be missing from to be gone without a destroy event: two,
  /// and as many as fit into three seconds. On a busy host events come late; one that found its
  /// socket forgotten would count all of it once more.
  private var patience: UInt8 {
    guard let previous, now > previous else { return 2 }
    return UInt8(clamping: max(2, min(100, 3_000 / (now - previous))))
  }

  /// Forgets the sockets that have gone: a destroy event told so, or dumps in a row did not have
  /// them.
  private mutating func sweep() {
    guard seenSockets != table.count else { return }
    let patience = self.patience
    for index in 0..<table.capacity
    where table.isOccupied(index) && table[index].generation != currentGeneration {
      let missed = currentGeneration &- table[index].generation
      guard missed >= patience || table[index].flags.contains(.destroyed) else { continue }
      noteClosed(index)
      leaveGroup(index)
      if table[index].owner != OwnerTable.unknown { owners.release(table[index].owner) }
      table.remove(index)
    }
  }

  private mutating func settleRetransmits(_ retransSegs: UInt64) {
    let unknown = retransmits.settle(kernel: retransSegs, pending: pendingSynAcks)
    guard unknown > 0 else { return }
    let group = groups.numberOfUnknown(.inbound, at: now)
    groups[group].counters.retransmittedSegments += unknown
    groups[group].emptySince = now
  }
}
