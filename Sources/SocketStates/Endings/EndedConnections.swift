/// The last connections that have ended, in a memory that is never larger than it may be.
///
/// If it is full, the oldest of those makes room that ended in good order and that no poll has seen, then the
/// oldest of the others in good order, then the oldest error; an eighth is left to each.
package struct EndedConnections: Sendable {
  private struct Slot {
    var connection: EndedConnection
    /// The next of the same rank.
    var next: Int?
  }

  /// The slots of one rank, the oldest first.
  private struct Queue {
    var first: Int?
    var last: Int?
    var count = 0
  }

  private var slots = ContiguousArray<Slot>()
  private var queues = InlineArray<3, Queue>(repeating: Queue())
  /// How many there are at most.
  package let limit: Int

  package init(limit: Int) { self.limit = limit }

  /// How many there are.
  package var count: Int { slots.count }

  /// Those for which the condition holds, the last to end first.
  package func all(where isWanted: (EndedConnection) -> Bool) -> [EndedConnection] {
    slots.lazy.map(\.connection).filter(isWanted).sorted { $0.ended > $1.ended }
  }

  /// Adds one; another makes room if need be.
  package mutating func insert(_ connection: EndedConnection) {
    guard limit > 0 else { return }
    let slot: Int
    if slots.count < limit {
      slot = slots.count
      slots.append(Slot(connection: connection, next: nil))
    } else {
      slot = removeFirst(of: victim(for: connection.rank))
      slots[slot] = Slot(connection: connection, next: nil)
    }
    let rank = connection.rank.rawValue
    if let last = queues[rank].last { slots[last].next = slot } else { queues[rank].first = slot }
    queues[rank].last = slot
    queues[rank].count += 1
  }

  /// The same with room for more or fewer.
  package func resized(to limit: Int) -> EndedConnections {
    var resized = EndedConnections(limit: limit)
    for rank in queues.indices {
      var slot = queues[rank].first
      while let current = slot {
        resized.insert(slots[current].connection)
        slot = slots[current].next
      }
    }
    return resized
  }

  private func victim(for newcomer: EndedConnection.Rank) -> Int {
    for rank in queues.indices where queues[rank].count > 0 {
      let count = queues[rank].count + (rank == newcomer.rawValue ? 1 : 0)
      if count > limit / 8 { return rank }
    }
    return newcomer.rawValue
  }

  private mutating func removeFirst(of rank: Int) -> Int {
    let slot = queues[rank].first ?? 0
    queues[rank].first = slots[slot].next
    if queues[rank].first == nil { queues[rank].last = nil }
    queues[rank].count -= 1
    return slot
  }
}
