/// The sweep of what has gone.
extension SocketTracker {
  /// Dumps in a row that a socket must be missing from to be gone without a destroy event: two,
  /// and as many as fit into three seconds. On a busy host events come late; one that found its
  /// socket forgotten would count all of it once more.
  var patience: UInt8 {
    guard let previous, now > previous else { return 2 }
    return UInt8(clamping: max(2, min(100, 3_000 / (now - previous))))
  }

  /// Forgets the sockets that have gone: a destroy event told so, or dumps in a row did not have
  /// them and their owners do not hold them. One that a light poll does not have may be where it does not look.
  mutating func sweep(into poll: inout PendingSockets) {
    let patience = self.patience
    for index in 0..<table.capacity where table.isOccupied(index) && !wasSeen(index) {
      let missed = currentGeneration(table[index].state) &- table[index].generation
      if !isWhole, !table[index].flags.contains(.destroyed), mayBeUnread(index, missed: missed) {
        continue
      }
      guard forgotten[index] == nil, !deferred.contains(index),
        missed >= 100 || !seekMissing(index, into: &poll),
        missed >= patience || table[index].flags.contains(.destroyed)
      else { continue }
      remove(index)
    }
  }

  /// Forgets a socket.
  mutating func remove(_ index: UInt32) {
    if !table[index].flags.contains(.destroyed) { settleAttempt(index) }
    noteClosed(index)
    leaveGroup(index)
    if table[index].owner != OwnerTable.unknown { owners.release(table[index].owner) }
    forgotten[index] = nil
    if !adopted.isEmpty, adopted[table[index].inode] == index { adopted[table[index].inode] = nil }
    table.remove(index)
  }

  /// Notes that no descriptor refers to the socket any more.
  mutating func noteClosed(_ index: UInt32) {
    let inode = table[index].inode
    if inode != 0 { closedInodes.append(inode) }
  }

  mutating func joinGroup(_ index: UInt32, _ group: UInt32) {
    let before = table[index].group
    guard before != group else { return }
    leaveGroupOnly(index)
    table[index].group = group
    moveConnection(index, from: before)
    groups[group].members += 1
    if groups[group].labels.isOther || !groups[group].isExposed { groups.refused += 1 }
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
    settleLapsed(index)
    disconnect(index, table[index].state == .timeWait ? .closed : .unknown)
    leaveGroupOnly(index)
    listeners.remove(entry: index, at: now)
    if !timeouts.isEmpty { timeouts[index] = nil }
    let flow = table[index].flow
    if flow != DestinationTable.none {
      flows[flow].count(table[index].state, -1)
      flows[flow].sockets -= 1
      flows.forgetIfEmpty(flow)
      table[index].flow = DestinationTable.none
    }
    table[index].flags.subtract([.counted, .preexisting, .inbound])
  }
}
