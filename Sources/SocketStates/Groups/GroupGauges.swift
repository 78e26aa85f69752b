/// The gauges of a group, summed up anew at every poll.
package struct GroupGauges: Sendable {
  /// Sockets now in each state.
  package var sockets = StateCounts()
  /// Unread bytes, listeners not included.
  package var receiveQueue: UInt64 = 0
  /// Unsent or unacknowledged bytes, listeners not included.
  package var sendQueue: UInt64 = 0
  /// Connections that wait for accept(), all listeners of the group.
  package var acceptQueueLength: UInt64 = 0
  /// Connections that may wait for accept(), all listeners of the group.
  package var acceptQueueLimit: UInt64? = 0
  /// That of the group's listeners which is the fullest.
  package var acceptQueue = AcceptQueue(length: 0, limit: 0)
  /// ms that the oldest CLOSE-WAIT has been waiting; nil if there is none.
  package var closeWaitOldest: Int64?
  /// CLOSE-WAIT sockets older than the limit.
  package var stuck = Tally<CloseWaitCause>()
  /// Whether ``closeWaitOldest`` is a lower bound.
  package var isCloseWaitAgeAtLeast = false
  /// Those of ``stuck`` whose peer is on this host and waits, with a descriptor.
  package var awaited = Tally<CloseWaitCause>()
  /// Sockets in FIN-WAIT-2 that a process holds.
  package var heldFinWait2: UInt32 = 0
  /// ms since TCP forgot the connection of the oldest CLOSE; nil if there is none.
  package var closedOldest: Int64?
  /// Sockets in CLOSE whose connection has ended; the others are only bound.
  package var closedHeld: UInt32 = 0
  /// Of ``closedHeld``, those of which only a descriptor was ever seen: they may have had no connection.
  package var closedUnseen: UInt32 = 0
  /// Sockets in CLOSE, whose end was seen, for longer than the limit.
  package var stuckClosed: UInt64 = 0
  package var stalled = Tally<Stall>()
  /// Unread bytes of those that nobody reads.
  package var stalledUnread: UInt64 = 0
  /// Those of ``stalled`` that have been so for too long.
  package var stallsOverdue = Tally<Stall>()
  /// ms that the longest of them has lasted.
  package var stalledFor = Tally<Stall>()
  /// Whether that is a lower bound.
  package var isStalledAtLeast = CaseSet<Stall>()
  /// Sockets whose end takes too long, by state: FIN-WAIT-1, FIN-WAIT-2, LAST-ACK, CLOSING, CLOSE.
  package var slowEnds = StateCounts()
  /// Sockets in SYN-RECV whose SYN-ACK was sent once only, so far as the source tells.
  package var unrepeatedHandshakes: UInt32 = 0
  /// Those of them whose handshake is complete: TCP_DEFER_ACCEPT keeps them until the client's first data.
  package var deferredHandshakes: UInt32 = 0
  /// ms that the longest-waiting connect has been waiting; nil where there is none.
  package var synSentOldest: Int64?

  /// Sockets that only their process ends, by close().
  package var unclosed: UInt32 { sockets[.closeWait] + closedHeld }

  /// Connections, without those that nobody has accepted.
  var accepted: UInt64 { sockets.connected - min(sockets.connected, acceptQueueLength) }

  /// Sockets that are bound and have no connection.
  package var onlyBound: UInt32 { sockets[.close] - min(closedHeld, sockets[.close]) }

  package init() {}

  /// Adds those of another group, of which one is told with it.
  mutating func add(_ other: GroupGauges) {
    if other.sockets[.listen] > 0 {
      if sockets[.listen] == 0 || other.acceptQueue.isFuller(than: acceptQueue) {
        acceptQueue = other.acceptQueue
      }
      acceptQueueLength += other.acceptQueueLength
      acceptQueueLimit = acceptQueueLimit.flatMap { sum in other.acceptQueueLimit.map { sum + $0 } }
    }
    sockets += other.sockets
    slowEnds += other.slowEnds
    receiveQueue += other.receiveQueue
    sendQueue += other.sendQueue
    stalledUnread += other.stalledUnread
    closedHeld += other.closedHeld
    closedUnseen += other.closedUnseen
    stuckClosed += other.stuckClosed
    heldFinWait2 += other.heldFinWait2
    unrepeatedHandshakes += other.unrepeatedHandshakes
    deferredHandshakes += other.deferredHandshakes
    for cause in CloseWaitCause.allCases {
      stuck[cause] += other.stuck[cause]
      awaited[cause] += other.awaited[cause]
    }
    for stall in Stall.allCases {
      stalled[stall] += other.stalled[stall]
      stallsOverdue[stall] += other.stallsOverdue[stall]
      stalledFor[stall] = max(stalledFor[stall], other.stalledFor[stall])
    }
    isStalledAtLeast.formUnion(other.isStalledAtLeast)
    isCloseWaitAgeAtLeast = isCloseWaitAgeAtLeast || other.isCloseWaitAgeAtLeast
    closeWaitOldest = Self.older(closeWaitOldest, other.closeWaitOldest)
    closedOldest = Self.older(closedOldest, other.closedOldest)
    synSentOldest = Self.older(synSentOldest, other.synSentOldest)
  }

  private static func older(_ one: Int64?, _ other: Int64?) -> Int64? {
    guard let one, let other else { return one ?? other }
    return max(one, other)
  }
}
