/// A connection that has ended, until it is counted.
struct Ending {
  var event: DestroyedSocket
  var how: ConnectionEnd
  /// The number of its group.
  var group: UInt32
  /// nil if that is not known.
  var isInbound: Bool?
  /// The ``TupleHasher``'s hash of both ends, if a poll has seen it; of one that was wiped before, that of its local
  /// port alone (``TupleHasher/hash(wiped:)``).
  var tupleHash: UInt64
  /// As of ``EndedConnection``.
  var pid: Int32 = 0
  var lastState: TCPState?
  var openBy: Int64?
  /// What the kernel's own counters keep of it; then nobody has to find out who did it.
  var kernel: EndedSocket?
  /// Monotonic ms by which its connection was there: what ended before was another one.
  var there: Int64
  /// How it ended if its network namespace has sent no reset then; nil if that would decide nothing.
  var withoutReset: ConnectionEnd?
  /// Whether it is counted here, and not by the kernel.
  var isCounted: Bool
  /// Whether the other end, on this host, has closed without having read all.
  var isUnreadByPeer = false
  /// Polls that have ended since without telling of its other end.
  var polls = 0

  /// Whether the kernel has wiped its remote end.
  var isWiped: Bool { event.row.remote.port == 0 }

  /// Whether both ends are on this host.
  var isLocal: Bool {
    let (local, remote) = (event.row.local, event.row.remote)
    return remote.port == 0 || local.address == remote.address
      || local.address.isLoopback && remote.address.isLoopback
  }
}

/// Finds out who has reset a connection both ends of which are on this host: what one end does not tell, the two do
/// together. It knows the ends of all network namespaces that are watched, and belongs to the poll thread.
///
/// A reset comes from close() with unread data; from SO_LINGER 0 or disconnect, which wipe the socket; or from a
/// socket that was closed before, in answer to data. So an end that has read all and has sent no FIN has received it.
/// If none of these rules holds, nobody knows.
package final class ResetPairing {
  /// An end that an event has reported.
  private struct End: BitwiseCopyable {
    var how: ConnectionEnd
    var isWiped: Bool
    /// Bytes, a FIN counting as one.
    var unread: UInt32
    /// Payload, without retransmissions.
    var sent: UInt64
    /// Payload, a FIN counting as one.
    var received: UInt64
    /// Monotonic ms.
    var time: Int64
    /// The number of its network namespace.
    var place: UInt32

    init(_ ending: Ending, in place: UInt32) {
      let row = ending.event.row
      how = ending.how
      isWiped = row.remote.port == 0
      unread = row.receiveQueue
      sent = row.info.bytesSent &- row.info.bytesRetransmitted
      received = row.info.bytesReceived
      time = ending.event.time
      self.place = place
    }

    /// Whether it was aborted with unread data and had no FIN of the other end's, which had read all.
    func closedUnread(before other: End) -> Bool {
      how == .aborted && unread > 0 && received <= other.sent && other.unread == 0
        && other.how == .aborted
    }

    /// Whether either has received no more than the other has sent, and its FIN.
    func matches(_ other: End) -> Bool {
      isWiped || other.isWiped || received <= other.sent + 1 && other.received <= sent + 1
    }
  }

  /// An end that was closed in good order.
  private struct Closed: BitwiseCopyable {
    /// Monotonic ms.
    var time: Int64
    var place: UInt32
  }

  /// Ends that are remembered, at least; twice as many at most.
  private static let limit = 4096
  /// ms by which times may differ that the kernel takes from its ticks.
  private static let tick: Int64 = 20

  /// Of all trackers, so that the two ends of a connection are found by each other's hash.
  let hasher = TupleHasher()
  /// Whether the other end of a connection may be in another network namespace.
  package let spansNamespaces: Bool
  private var places: UInt32 = 0
  /// By ``Ending/tupleHash``. A socket that was reset is freed when its process closes it, which may be long after.
  private var ends: [UInt64: End] = [:]
  private var older: [UInt64: End] = [:]
  /// In the same way.
  private var closed: [UInt64: Closed] = [:]
  private var olderClosed: [UInt64: Closed] = [:]

  package init(spansNamespaces: Bool = false) { self.spansNamespaces = spansNamespaces }

  /// The number of a network namespace that is watched from now on.
  func newPlace() -> UInt32 {
    places &+= 1
    return places
  }

  /// Remembers an end that may decide that of its peer.
  func note(_ ending: Ending, in place: UInt32) {
    if ending.how == .closed {
      return noteClosed(ending.tupleHash, at: ending.event.time, in: place)
    }
    if ends.count >= Self.limit { (older, ends) = (ends, [:]) }
    ends[ending.tupleHash] = End(ending, in: place)
  }

  /// Remembers that an end was closed in good order.
  func noteClosed(_ tupleHash: UInt64, at time: Int64, in place: UInt32) {
    if closed.count >= Self.limit { (olderClosed, closed) = (closed, [:]) }
    closed[tupleHash] = Closed(time: time, place: place)
  }

  /// How an aborted connection ended, if an event has reported its other end, and whether that had left data unread;
  /// else nil.
  func decide(
    _ ending: Ending, in place: UInt32
  ) -> (how: ConnectionEnd, isUnreadByPeer: Bool)? {
    let (row, own) = (ending.event.row, End(ending, in: place))
    // Each network namespace has a loopback of its own.
    let anyPlace = spansNamespaces && !row.local.address.isLoopback
    let there = ending.there - Self.tick
    let hash = hasher.hash(row.ofPeer)
    let wiped = hasher.hash(wiped: row.remote)
    let others = [(hash, anyPlace), (wiped, false)].lazy.compactMap { hash, anyPlace in
      (self.ends[hash] ?? self.older[hash]).flatMap {
        $0.time >= there && (anyPlace || $0.place == place) && own.matches($0) ? $0 : nil
      }
    }
    if let other = others.first {
      if other.isWiped { return (.resetReceived, false) }
      if other.closedUnread(before: own) { return (.resetReceived, true) }
      if own.closedUnread(before: other) { return (.resetSent, false) }
      let isReceived = other.how == .timedOut && !row.hasUnreadPayload
      return (isReceived ? .resetReceived : .aborted, false)
    }
    guard let end = closed[hash] ?? olderClosed[hash], end.time >= there,
      anyPlace || end.place == place
    else { return nil }
    return (row.hasUnreadPayload ? .aborted : .resetReceived, false)
  }
}

/// An end that was closed in good order.
struct ClosedEnd: BitwiseCopyable {
  var tupleHash: UInt64
  /// Monotonic ms.
  var time: Int64
}

/// The resets that a network namespace has sent, and its time-outs, by the kernel's counters of the last polls.
struct SentResets {
  /// Of the last poll first.
  private var counts = InlineArray<4, UInt64?>(repeating: nil)

  mutating func note(_ host: HostCounters?) {
    for index in stride(from: counts.count - 1, to: 0, by: -1) { counts[index] = counts[index - 1] }
    // Timers end a connection with a reset or without.
    counts[0] = host?.resetsSent.flatMap { sent in host?.aborts[.timeout].map { sent + $0 } }
  }

  /// Whether there was none since the second poll before the last one: a connection that was aborted between that and
  /// the last one was reset by its peer, also if its event came late.
  var areNone: Bool { counts[0] != nil && counts[0] == counts[3] }
}

extension TupleHasher {
  /// The hash of a socket of which the kernel has wiped all but the local port.
  func hash(wiped local: Endpoint) -> UInt64 {
    var row = SocketRow()
    row.local.port = local.port
    return hash(row)
  }
}

// MARK: - In the tracker

extension SocketTracker {
  /// ms for which an aborted connection waits at least for what tells of its other end on this host.
  private static let patience: Int64 = 1000

  /// Whether ends wait for what the next polls tell of their other ends.
  package var hasUndecidedEnds: Bool { !undecidedEnds.isEmpty }

  /// Counts the aborted connections that were not counted yet, once all events of the poll are known. Those of whose
  /// other end nothing is known wait: for it, as the two ends of one may come in different polls; and for the kernel's
  /// counters, which may say that nobody here has sent a reset.
  mutating func decideResets() {
    defer {
      let end = closedBefore.last ?? closedUnseen.first
      if let end, now - end.time >= Self.patience {
        (closedBefore, closedUnseen) = (closedUnseen, [])
      }
    }
    guard !undecidedEnds.isEmpty else { return }
    noteClosedPeers()
    let (ends, spans) = (undecidedEnds, resets.spansNamespaces)
    undecidedEnds.removeAll(keepingCapacity: ends.count < 4096)
    let decisions = ends.map { $0.isWiped ? nil : resets.decide($0, in: place) }
    let held = peersHeld(of: zip(ends, decisions).lazy.filter { $1 == nil }.map { $0.0 })
    for (ending, decision) in zip(ends, decisions) {
      var ending = ending
      if ending.polls > 0 { groups[ending.group].members -= 1 }
      if let decision {
        (ending.how, ending.isUnreadByPeer) = decision
      } else if ending.event.row.hasUnreadPayload,
        held.contains(resets.hasher.hash(ending.event.row.ofPeer))
      {
        ending.how = .resetSent
      } else if ending.polls == 1, sentResets.areNone, let how = ending.withoutReset {
        ending.how = how
      } else if !mayMissEvents,
        ending.polls < (spans ? 2 : 1)
          || (spans || ending.isLocal) && now - ending.event.time < Self.patience
      {
        // Its group must not go meanwhile.
        groups[ending.group].members += 1
        ending.polls += 1
        undecidedEnds.append(ending)
        continue
      }
      finish(ending)
      if groups[ending.group].members == 0 { groups[ending.group].emptySince = now }
    }
  }

  /// Has the pairing know which of the undecided ends' peers were closed in good order that no poll has seen: of most
  /// nobody needs to know.
  private func noteClosedPeers() {
    let peers = Set(undecidedEnds.map { resets.hasher.hash($0.event.row.ofPeer) })
    for ends in [closedBefore, closedUnseen] {
      for end in ends where peers.contains(end.tupleHash) {
        resets.noteClosed(end.tupleHash, at: end.time, in: place)
      }
    }
  }

  /// The hashes of the other ends that a process still holds.
  private func peersHeld(of ends: some Sequence<Ending>) -> Set<UInt64> {
    // Of a connection that no poll has seen, what the table has is an older one of the same ports.
    var wanted: Set<UInt64> = []
    for ending in ends where ending.lastState != nil && ending.event.row.hasUnreadPayload {
      wanted.insert(resets.hasher.hash(ending.event.row.ofPeer))
    }
    guard !wanted.isEmpty, !mayMissEvents else { return [] }
    // A bit for each, so that of a million sockets only few are looked up.
    let bit = { (hash: UInt64) in UInt64(1) << (hash >> 58) }
    let bits = wanted.reduce(0) { $0 | bit($1) }
    var held: Set<UInt64> = []
    for index in 0..<table.capacity where table.isOccupied(index) {
      let entry = table[index]
      guard bits & bit(entry.tupleHash) != 0, entry.inode != 0,
        !entry.flags.contains(.destroyed), wanted.contains(entry.tupleHash)
      else { continue }
      held.insert(entry.tupleHash)
    }
    return held
  }
}
