/// Connections of this host of which a process holds the half that has ended and waits for the other's end
/// (FIN-WAIT-2): by the ``TupleHasher``'s hash of the other half. That is in CLOSE-WAIT on purpose, or else the one
/// that waits would have given up.
struct HalfCloseTable {
  /// When each came to that state, monotonic ms. A dump may have the other half first: then the poll before tells.
  private var before: [UInt64: Int64] = [:]
  private var current: [UInt64: Int64] = [:]

  mutating func note(_ otherHalf: UInt64, since: Int64) { current[otherHalf] = since }

  /// Since when the peer of a CLOSE-WAIT waits; nil if none does.
  func waiting(for tupleHash: UInt64) -> Int64? { current[tupleHash] ?? before[tupleHash] }

  mutating func endPoll() {
    swap(&before, &current)
    current.removeAll(keepingCapacity: !before.isEmpty)
  }

  /// Gives up a poll that was not whole.
  mutating func abandonPoll() { current.removeAll() }
}
