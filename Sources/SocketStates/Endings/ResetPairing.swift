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

  /// Whether both ends are on this host.
  var isLocal: Bool {
    let (local, remote) = (event.row.local, event.row.remote)
    return remote.port == 0 || local.address == remote.address
      || local.address.isLoopback && remote.address.isLoopback
  }
}

/// Finds out who has reset a connection both ends of which are on this host: what one end does not tell, the two do
/// together.
///
/// A reset comes from close() with unread data; from SO_LINGER 0 or disconnect, which wipe the socket; or from a
/// socket that was closed before, in answer to data. So an end that has read all and has sent no FIN has received it.
/// If none of these rules holds, nobody knows.
struct ResetPairing {
  /// An end that an event has told of.
  private struct End {
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

    init(_ ending: Ending) {
      let row = ending.event.row
      how = ending.how
      isWiped = row.remote.port == 0
      unread = row.receiveQueue
      sent = row.info.bytesSent &- row.info.bytesRetransmitted
      received = row.info.bytesReceived
      time = ending.event.time
    }

    /// Whether it was aborted with unread data and had no FIN of the other end's, which had read all.
    func closedUnread(before other: End) -> Bool {
      how == .aborted && unread > 0 && received <= other.sent && other.unread == 0
        && other.how == .aborted
    }
  }

  /// What polls tell of an end.
  enum Peer {
    /// A process holds it.
    case open
    /// Its process has closed it, and the peer has acknowledged that.
    case closed
  }

  /// Ends that are remembered, at least; twice as many at most.
  private static let limit = 4096

  /// By ``Ending/tupleHash``. A socket that was reset is freed when its process closes it, which may be long after.
  private var ends: [UInt64: End] = [:]
  private var older: [UInt64: End] = [:]
  /// When the ends were closed in good order, monotonic ms, in the same way.
  private var closed: [UInt64: Int64] = [:]
  private var olderClosed: [UInt64: Int64] = [:]
  /// Aborted ones of this poll.
  var undecided = ContiguousArray<Ending>()

  /// Remembers an end that may decide that of its peer.
  mutating func note(_ ending: Ending) {
    if ending.how == .closed {
      if closed.count >= Self.limit { (olderClosed, closed) = (closed, [:]) }
      closed[ending.tupleHash] = ending.event.time
      return
    }
    if ends.count >= Self.limit { (older, ends) = (ends, [:]) }
    ends[ending.tupleHash] = End(ending)
  }

  /// How an aborted connection ended.
  /// - Parameter peer: what polls tell of its other end; nil if nothing does.
  func decide(_ ending: Ending, _ hasher: TupleHasher, peer: Peer?) -> ConnectionEnd {
    let (row, own) = (ending.event.row, End(ending))
    let hashes = [hasher.hash(row.ofPeer), hasher.hash(wiped: row.remote)]
    let others = hashes.lazy.compactMap { ends[$0] ?? older[$0] }.filter { $0.time >= ending.there }
    guard let other = others.first else {
      let end = closed[hashes[0]] ?? olderClosed[hashes[0]] ?? .min
      switch end >= ending.there ? .closed : peer {
      case .open where row.hasUnreadPayload: return .resetSent
      case .closed where !row.hasUnreadPayload: return .resetReceived
      default: return .aborted
      }
    }
    if other.isWiped || other.closedUnread(before: own) { return .resetReceived }
    if own.closedUnread(before: other) { return .resetSent }
    return other.how == .timedOut && !row.hasUnreadPayload ? .resetReceived : .aborted
  }
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
  /// Counts the aborted connections of this poll, once all its events are known.
  mutating func decideResets() {
    guard !resets.undecided.isEmpty else { return }
    let peers = peersOfUndecided()
    for index in resets.undecided.indices {
      var ending = resets.undecided[index]
      let peer = peers[table.hasher.hash(ending.event.row.ofPeer)]
      ending.how = resets.decide(ending, table.hasher, peer: peer)
      finish(ending)
    }
    resets.undecided.removeAll(keepingCapacity: resets.undecided.count < 4096)
  }

  /// What this poll tells of the other ends, by their hash.
  private func peersOfUndecided() -> [UInt64: ResetPairing.Peer] {
    var wasSeen: [UInt64: Bool] = [:]
    for ending in resets.undecided {
      wasSeen[table.hasher.hash(ending.event.row.ofPeer)] = ending.lastState != nil
    }
    var peers: [UInt64: ResetPairing.Peer] = [:]
    for event in unseenEvents {
      let hash = table.hasher.hash(event.row)
      guard wasSeen[hash] != nil else { continue }
      let isInbound = listeners.listener(for: event.row.local).map { _ in true }
      if event.row.connectionEnd(after: nil, isInbound: isInbound) == .closed {
        peers[hash] = .closed
      }
    }
    for index in 0..<table.capacity where table.isOccupied(index) {
      let entry = table[index]
      // Of a connection that no poll has seen, what the table has is an older one of the same ports.
      guard wasSeen[entry.tupleHash] == true else { continue }
      if entry.flags.contains(.destroyed) {
        peers[entry.tupleHash] = .closed
      } else if entry.inode != 0, !mayMissEvents {
        peers[entry.tupleHash] = .open
      }
    }
    return peers
  }
}
