/// Sockets that TCP has forgotten: no dump has them, and a process still holds a descriptor.
///
/// The kernel takes a connection that ends (reset, timed out) out of its tables at once, and destroys the socket,
/// with an event, when its last descriptor is closed. What is missing from a dump without an event is looked for
/// among the descriptors of its owner: if it is there, it is counted as it was seen last until enough dumps have
/// missed it, and then as CLOSE.
///
/// Two kinds of them no dump has ever had by themselves. A process that calls shutdown(2) and not close(2) keeps the
/// descriptor while what is left of the connection goes through TIME-WAIT, which has no inode. And a search among
/// descriptors finds those that were forgotten before anybody looked (``adopt(_:)``).
extension SocketTracker {
  /// What a socket was when a dump missed it first.
  struct Forgotten {
    var state: TCPState
    var since: Int64
    /// Monotonic ms of the last dump that had it.
    var missingSince: Int64
    /// Whether dumps have had its connection.
    var endWasSeen = true
  }

  /// Missing sockets whose owners are looked at in a poll, at most: without destroy events every
  /// connection that ends is one.
  private static let missingLimit = 16_384

  /// Searches in a row that must not find a holder before a forgotten socket is given up: its descriptor may
  /// have been passed on to a process that no search has looked into yet.
  private static let searches: UInt8 = 3

  /// Looks for a socket that the dump does not have among its owner's descriptors, if it can be there.
  /// - Returns: whether it does.
  mutating func seekMissing(_ index: UInt32, into poll: inout PendingSockets) -> Bool {
    let entry = table[index]
    guard entry.flags.contains(.owned), !entry.flags.contains(.destroyed), entry.inode != 0,
      entry.group != GroupTable.none, entry.state.isConnected || entry.state == .synSent,
      poll.missing < Self.missingLimit
    else { return false }
    poll.missing += 1
    // Without a search for others: most often it was just closed, and a search in vain delays those for
    // the owners of new sockets.
    poll.sockets.append(missing(index, .turn))
    return true
  }

  /// Goes on with the forgotten sockets: looks at the owners of some, and counts the others as they were last.
  mutating func followForgotten(into poll: inout PendingSockets, patience: UInt8) {
    let stride = UInt32(forgotten.count) / Self.checkLimit + 1
    for index in Array(forgotten.keys) {
      let entry = table[index]
      if wasSeen(index) {
        forgotten[index] = nil
      } else if entry.flags.contains(.destroyed) {
        if !deferred.contains(index) { remove(index) }
      } else {
        if currentGeneration(entry.state) &- entry.generation >= patience {
          if entry.state != .close { end(index) }
          // Or else one that is missing for long would seem to be in this dump some time.
          table[index].generation = currentGeneration(.close) &- patience
        }
        // An adopted one that is lost is found by the search for such, wherever it is now.
        let socket = missing(index, isAdopted(index) ? .turn : .report)
        if stride == 1 || (index &+ generation) % stride == 0
          || forgotten[index]?.missingSince == now
        {
          poll.sockets.append(socket)
        } else if entry.flags.contains(.owned) {
          count(missing: socket, into: &poll)
        }
      }
    }
  }

  /// Counts a missing socket if a process still holds it.
  /// - Parameter holder: the process that does.
  mutating func settleMissing(
    _ socket: PendingSocket, heldBy holder: UInt32?, _ holders: HolderTable,
    into poll: inout PendingSockets
  ) {
    let index = socket.entry
    let isForgotten = forgotten[index] != nil
    if holder != nil {
      table[index].flags.insert(.owned)
      table[index].attempts = 0
      if !isForgotten {
        forgotten[index] = Forgotten(
          state: table[index].state, since: table[index].since,
          missingSince: min(previous ?? now, now))
      }
      count(missing: socket, into: &poll)
    } else if isLost(socket, holders) {
      table[index].flags.remove(.owned)
      guard isForgotten else { return }
      guard !isAdopted(index) else { return remove(index) }
      table[index].attempts = min(table[index].attempts + 1, Self.searches)
      if table[index].attempts == Self.searches { remove(index) }
    } else if isForgotten {
      count(missing: socket, into: &poll)
    }
  }

  private mutating func count(missing socket: PendingSocket, into poll: inout PendingSockets) {
    poll.trackedSockets += 1
    count(socket.entry, socket.sample, local: socket.local, remote: socket.remote, into: &poll)
  }

  /// Its endpoints are not known; its group has the service's port.
  private func missing(_ index: UInt32, _ check: OwnerCheck) -> PendingSocket {
    let entry = table[index]
    var row = SocketRow()
    row.state = entry.state
    row.inode = entry.inode
    row.receiveQueue = entry.state == .close ? 0 : entry.receiveQueue
    var socket = PendingSocket(
      entry: index, check, row: row,
      sample: SocketSample(row: row, age: now - entry.since), addsTotals: false)
    socket.isMissing = true
    socket.sample.isForgotten = entry.state == .close
    socket.sample.endWasSeen = forgotten[index]?.endWasSeen ?? true
    return socket
  }

  private func isAdopted(_ index: UInt32) -> Bool {
    !adopted.isEmpty && adopted[table[index].inode] == index
  }

  /// Goes on with the socket of a connection that has come to TIME-WAIT without a close() of its process.
  /// - Returns: whether that may be so, which its owner's descriptors tell in this poll.
  mutating func keepHeld(_ index: UInt32, into poll: inout PendingSockets) -> Bool {
    let entry = table[index]
    guard entry.flags.contains(.owned), !entry.flags.contains(.destroyed), entry.inode != 0,
      entry.group != GroupTable.none, poll.missing < Self.missingLimit
    else { return false }
    poll.missing += 1
    // Its connection is counted with what is left of it.
    adopt(entry.inode, entry.owner, entry.group, endWasSeen: true)
    return true
  }

  /// Takes in a socket of TCP that is in no table of the kernel, and that a process holds: its connection has ended,
  /// or there has never been one. On which side it was is not known.
  package mutating func adopt(_ inode: UInt32, of holder: Owner) {
    guard adopted[inode] == nil else { return }
    let direction: Direction = listeners.hasOwner(holder) ? .inbound : .outbound
    let group = groups.number(of: labels(holder, direction, nil), at: now)
    adopt(inode, owners.intern(holder), group, endWasSeen: false)
  }

  private mutating func adopt(
    _ inode: UInt32, _ owner: UInt32, _ group: UInt32, endWasSeen: Bool
  ) {
    var row = SocketRow()
    row.state = .close
    row.inode = inode
    var entry = SocketEntry(
      row: row, tupleHash: mixed(UInt64(owner), UInt64(inode)), since: now,
      generation: currentGeneration(.close) &- patience)
    entry.owner = owner
    owners.retain(owner)
    entry.flags = .owned
    let index = table.insert(entry)
    joinGroup(index, group)
    forgotten[index] = Forgotten(
      state: .close, since: now, missingSince: now, endWasSeen: endWasSeen)
    adopted[inode] = index
  }

  /// Gives a socket back what it was: a dump has it again.
  mutating func recall(_ index: UInt32) {
    guard let before = forgotten.removeValue(forKey: index), table[index].state == .close else {
      return
    }
    move(index, to: before.state, since: before.since)
  }

  /// Takes a socket for ended.
  private mutating func end(_ index: UInt32) {
    guard let before = forgotten[index] else { return }
    settleAttempt(index)
    move(index, to: .close, since: before.missingSince)
  }
}
