/// Hashes the endpoints of a socket, which identify it if there is no cookie to do it.
///
/// A collision takes one socket for another, so nobody may be able to choose endpoints that
/// collide: the hash is NH of UMAC (RFC 4418, section 5.2.2) over 64-bit words, with keys that are
/// drawn anew in each process.
struct TupleHasher: BitwiseCopyable {
  private let keys: InlineArray<6, UInt64>

  init(using random: inout some RandomNumberGenerator) {
    keys = InlineArray { _ in random.next() }
  }

  init() {
    var random = SystemRandomNumberGenerator()
    self.init(using: &random)
  }

  /// The hash of both endpoints. Several listeners may share theirs (SO_REUSEPORT), so the inode of
  /// a listener joins in.
  @inline(__always)
  func hash(_ row: SocketRow) -> UInt64 {
    let local = product(row.local.address.high, 0, row.local.address.low, 1)
    let remote = product(row.remote.address.high, 2, row.remote.address.low, 3)
    let ports = UInt64(row.local.port) << 16 | UInt64(row.remote.port)
    let rest = product(ports, 4, row.state == .listen ? UInt64(row.inode) : 0, 5)
    let sum = local &+ remote &+ rest
    return mixed(UInt64(truncatingIfNeeded: sum), UInt64(truncatingIfNeeded: sum >> 64))
  }

  @inline(__always)
  private func product(_ first: UInt64, _ firstKey: Int, _ second: UInt64, _ secondKey: Int)
    -> UInt128
  {
    let product = (first &+ keys[firstKey]).multipliedFullWidth(by: second &+ keys[secondKey])
    return UInt128(product.high) << 64 | UInt128(product.low)
  }
}

/// One round of a multiplicative hash (the constants of MurmurHash3's and splitmix64's mixers).
@inline(__always)
func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
  let product = (hash ^ word &* 0x9e37_79b9_7f4a_7c15) &* 0xff51_afd7_ed55_8ccd
  return product ^ product >> 32
}
