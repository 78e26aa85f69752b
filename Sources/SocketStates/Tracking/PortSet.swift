/// A set of TCP ports: a bit for each.
struct PortSet {
  private var words = ContiguousArray<UInt64>(repeating: 0, count: 1024)

  func contains(_ port: UInt16) -> Bool { words[Int(port >> 6)] & Self.bit(port) != 0 }

  mutating func insert(_ port: UInt16) { words[Int(port >> 6)] |= Self.bit(port) }

  private static func bit(_ port: UInt16) -> UInt64 { 1 << UInt64(port & 63) }
}
