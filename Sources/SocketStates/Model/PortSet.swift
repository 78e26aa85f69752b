/// A set of TCP ports: a bit for each.
package struct PortSet: Sendable, Equatable {
  private var words = ContiguousArray<UInt64>(repeating: 0, count: 1024)
  /// How many ports are in it.
  package private(set) var count = 0

  package init() {}

  package func contains(_ port: UInt16) -> Bool { words[Int(port >> 6)] & Self.bit(port) != 0 }

  /// - Returns: whether it was not in it before.
  @discardableResult
  package mutating func insert(_ port: UInt16) -> Bool {
    guard !contains(port) else { return false }
    words[Int(port >> 6)] |= Self.bit(port)
    count += 1
    return true
  }

  mutating func removeAll() {
    guard count > 0 else { return }
    for index in words.indices { words[index] = 0 }
    count = 0
  }

  /// How many ports are in this set, in `other` or in both.
  func count(withThoseOf other: PortSet) -> Int {
    words.indices.reduce(0) { $0 + (words[$1] | other.words[$1]).nonzeroBitCount }
  }

  private static func bit(_ port: UInt16) -> UInt64 { 1 << UInt64(port & 63) }
}
