/// Addresses that begin with the same bits: `10.0.0.0/8`, `fc00::/7`, `192.0.2.1` (RFC 4632, 3.1).
package struct AddressRange: Sendable, Equatable {
  private let first: Address
  /// Bits of the 128 that are compared.
  private let length: Int

  /// Reads a range, or one address.
  /// - Returns: nil if it is none, or if bits are set beyond its length.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ Address($0) }) else { return nil }
    let bits = address.isIPv4 ? 32 : 128
    var length = bits
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(parts[1]),
        0...bits ~= number
      else { return nil }
      length = number
    }
    first = address
    self.length = length + 128 - bits
    guard address.prefix(self.length) == address else { return nil }
  }

  /// Whether the address is one of them.
  package func contains(_ address: Address) -> Bool {
    address.isIPv4 == first.isIPv4 && address.prefix(length) == first
  }

  /// Those that no other network reaches: RFC 1918 and RFC 4193.
  package static let privateRanges = [
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
  ].compactMap { AddressRange($0) }
}

extension AddressRange: CustomStringConvertible {
  /// What ``init(_:)`` reads.
  package var description: String { "\(first)/\(length - (first.isIPv4 ? 96 : 0))" }
}

extension Address {
  /// The same with all bits but the first zero.
  fileprivate func prefix(_ length: Int) -> Address {
    let mask = { (bits: Int) in bits <= 0 ? 0 : bits >= 64 ? UInt64.max : ~(UInt64.max >> bits) }
    return Address(high: high & mask(length), low: low & mask(length - 64))
  }
}
