/// Sockets by state.
package struct StateCounts: Sendable {
  private var counts = InlineArray<12, UInt32>(repeating: 0)

  package init() {}

  package subscript(state: TCPState) -> UInt32 {
    get { counts[Int(state.rawValue)] }
    set { counts[Int(state.rawValue)] = newValue }
  }

  /// Adds other counts, state by state.
  package static func += (counts: inout StateCounts, other: StateCounts) {
    for index in counts.counts.indices { counts.counts[index] += other.counts[index] }
  }

  /// The states in which there are any.
  package var states: TCPStateSet {
    var states = TCPStateSet()
    for state in TCPState.allCases where self[state] > 0 { states.formUnion(TCPStateSet(state)) }
    return states
  }

  /// All of them.
  package var total: UInt64 {
    var sum: UInt64 = 0
    for index in counts.indices { sum += UInt64(counts[index]) }
    return sum
  }
}
