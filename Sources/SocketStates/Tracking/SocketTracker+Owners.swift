/// Which sockets need an owner, and what becomes of owners.
extension SocketTracker {
  /// The sockets whose owner is looked for in this poll; nil in a poll in which nothing is new.
  /// Sockets of which a destroy event has come meanwhile have no descriptor any more.
  package func request(for pending: borrowing PendingSockets) -> OwnerRequest? {
    var inodes = ContiguousArray<UInt32>()
    for index in pending.sockets.indices {
      let entry = table[pending.sockets[index].entry]
      if entry.inode != 0, entry.flags.isDisjoint(with: [.owned, .destroyed]) {
        inodes.append(entry.inode)
      }
    }
    guard !inodes.isEmpty else { return nil }
    return OwnerRequest(
      inodes: inodes, closedInodes: closedInodes,
      knownProcesses: owners.processes.map(\.owner.pid))
  }

  /// Adds the inodes of all sockets that the tracker knows.
  package func addOpenInodes(to inodes: inout InodeTable) {
    for index in 0..<table.capacity where table.isOccupied(index) && table[index].inode != 0 {
      inodes[table[index].inode] = 0
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

  /// Tells that a process is called otherwise now (exec, another title, another rule): its sockets
  /// move to the group of that name.
  package mutating func rename(_ owner: Owner) {
    guard let number = owners.number(of: owner), owners[number] != owner else { return }
    _ = owners.intern(owner)
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
}
