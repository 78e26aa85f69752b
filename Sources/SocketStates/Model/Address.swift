/// An IPv4 or IPv6 address in 16 bytes.
///
/// IPv4 is kept IPv4-mapped (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so that a connection looks the
/// same whether its socket is AF_INET or a dual-stack AF_INET6.
package struct Address: Hashable, Sendable, BitwiseCopyable {
  /// The first eight bytes, in host order.
  package var high: UInt64
  /// The last eight bytes, in host order.
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// An IPv4 address from its 32 bits in host order.
  package init(ipv4: UInt32) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(ipv4)) }

  /// `::`, the wildcard of an IPv6 listener.
  package static let anyIPv6 = Address(high: 0, low: 0)
  /// `0.0.0.0`, the wildcard of an IPv4 listener.
  package static let anyIPv4 = Address(ipv4: 0)

  /// Whether the address is IPv4 (or IPv4-mapped).
  package var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }
  /// Whether the address is fe80::/10: on each link it may be another's.
  package var isLinkLocal: Bool { high >> 54 == 0xfe80 >> 6 }
  /// Whether the address is 127.0.0.0/8 or ::1.
  package var isLoopback: Bool {
    isIPv4 ? (low >> 24) & 0xff == 127 : high == 0 && low == 1
  }
}

extension Address: CustomStringConvertible {
  /// Dotted quad, or the canonical text of RFC 5952.
  package var description: String {
    if isIPv4 {
      return "\((low >> 24) & 0xff).\((low >> 16) & 0xff).\((low >> 8) & 0xff).\(low & 0xff)"
    }
    let words = (0..<8).map {
      UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64((3 - $0 % 4) * 16))
    }
    let zeros = Address.longestZeroRun(words)
    let hex = { (part: ArraySlice<UInt16>) in
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard zeros.count > 1 else { return hex(words[...]) }
    return hex(words[..<zeros.lowerBound]) + "::" + hex(words[zeros.upperBound...])
  }

  private static func longestZeroRun(_ words: [UInt16]) -> Range<Int> {
    var best = 0..<0
    var start = 0
    for index in 0...words.count where index == words.count || words[index] != 0 {
      if index - start > best.count { best = start..<index }
      start = index + 1
    }
    return best
  }
}

extension Address: Comparable {
  /// By number; IPv4 comes among the smallest of IPv6.
  package static func < (left: Address, right: Address) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
