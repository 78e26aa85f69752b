/// What the kernel's own counters keep of a socket that has ended: whose it was, and how it ended.
package struct EndedSocket: Sendable {
  /// nil if it is not known.
  package var owner: Owner?
  /// nil if it is not known.
  package var direction: Direction?
  /// The service port; nil if it is not known.
  package var port: UInt16?
  /// nil if it was never connected.
  package var how: ConnectionEnd?
  /// What ended it: ``how``, or what came after the peer had acknowledged this side's FIN.
  package var cause: ConnectionEnd?
  /// Whether somebody had the kernel end it (SOCK_DESTROY of sock_diag, as `ss -K` does).
  package var wasDestroyed = false
  /// The state before the end.
  package var state: TCPState?
  /// Why a reset was sent; nil if none was, or nothing says why.
  package var reason: ResetReason?
  package var retransmits: UInt32
  /// Bytes that the process has not read, a FIN counting as one.
  package var unread: UInt32
  /// As of ``TCPInfo`` at the end, and so are the bytes that follow.
  package var sentSegments: UInt32 = 0
  package var sentBytes: UInt64 = 0
  package var receivedBytes: UInt64 = 0
  package var retransmittedBytes: UInt64 = 0

  package init(
    direction: Direction?, port: UInt16?, how: ConnectionEnd?, state: TCPState?,
    reason: ResetReason?, retransmits: UInt32, unread: UInt32
  ) {
    self.direction = direction
    self.port = port
    self.how = how
    cause = how
    self.state = state
    self.reason = reason
    self.retransmits = retransmits
    self.unread = unread
  }

  var side: SocketTracker.Side? {
    guard let direction, let port else { return nil }
    return SocketTracker.Side(direction: direction, port: port)
  }
}

extension TCPInfo {
  /// Takes what the kernel had wiped before the socket was freed (`tcp_disconnect()`: SO_LINGER 0, AF_UNSPEC, a
  /// connect() that failed).
  mutating func restore(_ ended: EndedSocket) {
    totalRetransmits = ended.retransmits
    dataSegmentsOut = ended.sentSegments
    bytesSent = ended.sentBytes
    bytesReceived = ended.receivedBytes
    bytesRetransmitted = ended.retransmittedBytes
  }
}

extension SocketTracker {
  /// Asks for what the kernel keeps of the sockets that have ended since the last poll, and of those that nobody holds.
  mutating func takeEndedSockets(
    _ poll: borrowing PendingSockets, _ holders: HolderTable,
    _ ended: (UInt64, _ isThere: Bool) -> EndedSocket?
  ) {
    guard kernelCountsConnections else { return }
    for event in lateEvents { endedSockets[event.row.cookie] = ended(event.row.cookie, false) }
    for event in unseenEvents { endedSockets[event.row.cookie] = ended(event.row.cookie, false) }
    for index in poll.sockets.indices where poll.sockets[index].check == .missing {
      let (entry, number) = (table[poll.sockets[index].entry], poll.sockets[index].entry)
      guard entry.state != .listen, !isQueued(number), endedSockets[entry.cookie] == nil,
        holders.owner(of: entry.inode, preferring: nil) == nil
      else { continue }
      endedSockets[entry.cookie] = ended(entry.cookie, entry.state != .timeWait)
    }
  }

  /// Gives a socket that has ended, and whose owner nobody could see, to that which the kernel has kept.
  mutating func claimEnded(_ index: UInt32) {
    guard owners.isUnknown(table[index].owner), let ended = endedSockets[table[index].cookie],
      let owner = ended.owner, !owner.isUnknown, let side = ended.side
    else { return }
    give(index, to: owners.intern(owner))
    joinGroup(index, groups.number(of: labels(owner, side.direction, side.port), at: now))
  }
}
