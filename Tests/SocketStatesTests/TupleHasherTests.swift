import Testing

@testable import SocketStates

/// The hash that identifies a socket of which only the endpoints are known.
@Suite struct TupleHasherTests {
  /// A factor of a hash without a key, and what undoes it.
  private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15
  private static let inverse: UInt64 = {
    var inverse = factor
    // Newton's method: each step doubles the number of true bits.
    for _ in 0..<6 { inverse &*= 2 &- factor &* inverse }
    return inverse
  }()

  private func row(_ high: UInt64, _ low: UInt64, state: TCPState = .established) -> SocketRow {
    var row = SocketRow()
    row.state = state
    row.local = Endpoint(address: Address(high: high, low: low), port: 443)
    row.remote = Endpoint(address: Address(ipv4: 0x7f00_0001), port: 40_000)
    return row
  }

  /// Multiplication and shifts, as a hash has them that needs no key.
  private func unkeyed(_ row: SocketRow) -> UInt64 {
    let address = row.local.address
    return mixed(mixed(0, address.high), address.low)
  }

  @Test func `what is the same has the same hash, and another process has another`() {
    let row = row(1, 2)
    let hasher = TupleHasher()
    #expect(hasher.hash(row) == hasher.hash(row))
    #expect(hasher.hash(row) != TupleHasher().hash(row))
  }

  @Test func `each part of the endpoints counts, and the inode of a listener`() {
    let hasher = TupleHasher()
    let changes: [(inout SocketRow) -> Void] = [
      { $0.local.address.high += 1 }, { $0.local.address.low += 1 }, { $0.local.port += 1 },
      { $0.remote.address.high += 1 }, { $0.remote.address.low += 1 }, { $0.remote.port += 1 },
      { swap(&$0.local, &$0.remote) },
    ]
    let hashes = changes.map { hasher.hash(row(1, 2).with($0)) } + [hasher.hash(row(1, 2))]
    #expect(Set(hashes).count == hashes.count)
    let listener = row(1, 2, state: .listen)
    #expect(hasher.hash(listener) != hasher.hash(listener.with { $0.inode = 7 }))
    #expect(hasher.hash(row(1, 2)) == hasher.hash(row(1, 2).with { $0.inode = 7 }))
  }

  /// Without a key a difference in one word can be undone by one in the next.
  @Test func `endpoints that are made to collide do not`() {
    let (high, low) = (0x2001_0db8_0000_0001 as UInt64, 5 as UInt64)
    let top: UInt64 = 1 << 63
    let otherHigh = Self.inverse &* ((high &* Self.factor) ^ top)
    let otherLow = Self.inverse &* ((low &* Self.factor) ^ (top | top >> 32))
    let (one, other) = (row(high, low), row(otherHigh, otherLow))
    #expect(one.local != other.local)
    #expect(unkeyed(one) == unkeyed(other))
    for _ in 0..<100 {
      let hasher = TupleHasher()
      #expect(hasher.hash(one) != hasher.hash(other))
    }
  }
}
