/// A count for each case of an enumeration numbered from 0.
package struct Tally<Case: RawRepresentable & CaseIterable>: Sendable
where Case.RawValue == Int {
  private var counts = InlineArray<8, UInt64>(repeating: 0)

  package init() {}

  package subscript(kind: Case) -> UInt64 {
    get { counts[kind.rawValue] }
    set { counts[kind.rawValue] = newValue }
  }
}

extension Tally: Equatable {
  package static func == (one: Tally, other: Tally) -> Bool {
    one.counts.indices.allSatisfy { one.counts[$0] == other.counts[$0] }
  }
}

/// Which cases of an enumeration numbered from 0 there were.
package struct CaseSet<Case: RawRepresentable & CaseIterable>: Sendable
where Case.RawValue == Int {
  private var bits: UInt8 = 0

  package init() {}

  /// Adds a case.
  package mutating func insert(_ member: Case) { bits |= 1 << UInt8(member.rawValue) }

  /// Takes a case away.
  mutating func remove(_ member: Case) { bits &= ~(1 << UInt8(member.rawValue)) }

  /// Adds every case of another set.
  package mutating func formUnion(_ other: CaseSet) { bits |= other.bits }

  /// Whether the case was added.
  package func contains(_ member: Case) -> Bool { bits & 1 << UInt8(member.rawValue) != 0 }
}
