import SocketStates

/// A position in one line of fields that spaces separate.
struct FieldCursor {
  var position: Int
  let end: Int

  /// Whether the line holds no socket by design: the header (`sl local_address …`) or nothing.
  mutating func skipHeaderOrBlank(_ bytes: Span<UInt8>) -> Bool {
    skipSpaces(bytes)
    guard position < end else { return true }
    return position + 1 < end && bytes[position] == UInt8(ascii: "s")
      && bytes[position + 1] == UInt8(ascii: "l")
  }

  /// Steps over one field; false if there is none.
  mutating func skip(_ bytes: Span<UInt8>) -> Bool {
    skipSpaces(bytes)
    let start = position
    while position < end, bytes[position] != UInt8(ascii: " ") { position += 1 }
    return position > start
  }

  /// An unsigned number that fills the field up to the next space, or up to `terminator`.
  mutating func number(
    _ bytes: Span<UInt8>, end terminator: Unicode.Scalar = " ", radix: UInt64
  ) -> UInt64? {
    skipSpaces(bytes)
    var value: UInt64 = 0
    let start = position
    while position < end, let digit = hexDigit(bytes[position]), digit < radix {
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      guard !overflow else { return nil }
      let (sum, carry) = product.addingReportingOverflow(digit)
      guard !carry else { return nil }
      value = sum
      position += 1
    }
    guard position > start, position < end, bytes[position] == UInt8(ascii: terminator) else {
      return nil
    }
    position += 1
    return value
  }

  /// `0100007F:1F90`, or the same with 32 digits of address.
  mutating func endpoint(_ bytes: Span<UInt8>) -> Endpoint? {
    skipSpaces(bytes)
    guard let first = word(bytes) else { return nil }
    let address: Address
    if position < end, bytes[position] == UInt8(ascii: ":") {
      address = Address(ipv4: first)
    } else {
      guard let second = word(bytes), let third = word(bytes), let fourth = word(bytes) else {
        return nil
      }
      address = Address(
        high: UInt64(first) << 32 | UInt64(second), low: UInt64(third) << 32 | UInt64(fourth))
    }
    guard position < end, bytes[position] == UInt8(ascii: ":") else { return nil }
    position += 1
    guard let port = number(bytes, radix: 16).flatMap({ UInt16(exactly: $0) }) else { return nil }
    return Endpoint(address: address, port: port)
  }

  /// Eight digits: the kernel prints a big-endian word of the address as if it were its own.
  private mutating func word(_ bytes: Span<UInt8>) -> UInt32? {
    guard end - position >= 8 else { return nil }
    var value: UInt32 = 0
    for _ in 0..<8 {
      guard let digit = hexDigit(bytes[position]) else { return nil }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return UInt32(bigEndian: value)
  }

  private mutating func skipSpaces(_ bytes: Span<UInt8>) {
    while position < end, bytes[position] == UInt8(ascii: " ") { position += 1 }
  }

  private func hexDigit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A")) + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a")) + 10
    default: nil
    }
  }
}
