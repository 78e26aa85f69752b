/// Which sockets need an owner, and what becomes of owners.
extension SocketTracker {
  /// The sockets whose owner is looked for, or looked at again, in this poll; nil if there are none.
  /// Sockets of which a destroy event has come meanwhile have no descriptor any more: those that are wanted may be
  /// fewer when one asks again.
  package mutating func request(for pending: borrowing PendingSockets) -> OwnerRequest? {
    var request = OwnerRequest(inodes: [])
    for index in pending.sockets.indices {
      let socket = pending.sockets[index]
      let entry = table[socket.entry]
      guard entry.inode != 0, !entry.flags.contains(.destroyed) else { continue }
      switch socket.check {
      case .missing: if !entry.flags.contains(.owned) { request.inodes.append(entry.inode) }
      case .turn: request.held.append(entry.inode)
      case .report:
        request.reported.append(entry.inode)
        // Of very many those that are told one by one: with others each poll a search would follow on another.
        if suspectStride == 1 || told.contains(socket.entry),
          isStuck(socket.sample) || [.listen, .close].contains(socket.sample.state)
        {
          request.shared.append(entry.inode)
        }
      }
    }
    // Who looks for nothing needs not know what has been closed, until then.
    guard !request.isEmpty else { return nil }
    swap(&request.closedInodes, &closedInodes)
    request.knownProcesses = owners.processes.map(\.owner.pid)
    return request
  }

  /// Whether the socket is reported as stuck in CLOSE-WAIT.
  func isStuck(_ sample: SocketSample) -> Bool {
    sample.state == .closeWait && sample.age >= settings.listStuckAfter ?? settings.stuckAfter
  }

  /// Notes that the owner of a socket does not hold it any more, if that is so.
  ///
  /// It may just have been closed: only if the next poll has it still, another is looked for, and nobody is its
  /// owner if there is none. What is stuck, or listens, has not just been closed. If the network namespace has MPTCP
  /// sockets, an established one may be the subflow of one that was closed, which the kernel tells with its inode until
  /// the peer closes too: it stays with its last owner, unless another holds it.
  mutating func lose(_ socket: PendingSocket, _ holders: HolderTable) {
    let entry = table[socket.entry]
    guard entry.inode != 0, !owners.isUnknown(entry.owner), !entry.flags.contains(.destroyed),
      isLost(socket, holders)
    else { return }
    table[socket.entry].flags.remove(.owned)
    table[socket.entry].attempts = 0
    if socket.sample.state == .established, !mptcpSeen.isEmpty { return }
    let lasts = isStuck(socket.sample) || socket.sample.state == .listen
    if socket.check == .missing || (socket.check == .report && lasts) {
      owners.release(entry.owner)
      table[socket.entry].owner = OwnerTable.unknown
    }
  }

  /// Whether a search shows that none of those who were known to hold the socket do.
  func isLost(_ socket: PendingSocket, _ holders: HolderTable) -> Bool {
    let entry = table[socket.entry]
    return switch socket.check {
    case _ where holders.searchFailed: false
    case .missing: holders.isComplete && !entry.flags.contains(.owned)
    case .turn: holders.lost.contains(entry.inode)
    case .report: holders.isComplete
    }
  }

  /// Adds the inodes of all sockets that the last dump of their state had, and of those that are known to be in none;
  /// but for those whose end has been announced since.
  package func addOpenInodes(to inodes: inout InodeTable) {
    for index in forgotten.keys { inodes[table[index].inode] = 0 }
    for index in 0..<table.capacity where table.isOccupied(index) && isCurrent(index) {
      let entry = table[index]
      guard entry.inode != 0, !entry.flags.contains(.destroyed) else { continue }
      inodes[entry.inode] = 0
    }
  }

  /// Tells that processes have ended: another may hold what is left of their sockets.
  /// - Returns: whether any of them held sockets.
  @discardableResult
  package mutating func disown(_ ended: [Owner]) -> Bool {
    guard !ended.isEmpty else { return false }
    let gone = Set(
      owners.processes.lazy.filter { process in
        ended.contains { $0.identity == process.owner.identity }
      }.map(\.number))
    guard !gone.isEmpty else { return false }
    for index in 0..<table.capacity
    where table.isOccupied(index) && gone.contains(table[index].owner) {
      table[index].flags.remove(.owned)
      table[index].attempts = 0
    }
    return true
  }

  /// Tells that processes have closed descriptors: the owners of their sockets are looked at again in the next
  /// polls, ``checkLimit`` in each.
  package mutating func doubt(_ processes: [Owner]) {
    let numbers = processes.compactMap { owners.number(of: $0) }
    guard !numbers.isEmpty else { return }
    for number in numbers { owners.doubt(number) }
    doubtStride = UInt32(owners.doubtedSockets) / Self.checkLimit + 1
    doubtPolls = max(doubtPolls, doubtStride)
  }

  /// Tells that a process is called otherwise now (exec, another title, another rule): its sockets
  /// move to the group of that name.
  package mutating func rename(_ owner: Owner) {
    guard let number = owners.number(of: owner), owners[number] != owner else { return }
    _ = owners.intern(owner)
    unread.isOutdated = true
    listeners.update(owner)
    for index in 0..<table.capacity where table.isOccupied(index) && table[index].owner == number {
      let group = table[index].group
      guard group != GroupTable.none, !groups[group].labels.isOther else { continue }
      var labels = groups[group].labels
      labels.process = owner.name
      labels.unit = owner.unit
      joinGroup(index, groups.number(of: labels, at: now))
    }
  }
}
