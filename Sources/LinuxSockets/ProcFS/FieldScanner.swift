/// A position in bytes that are lines of fields, separated by spaces or tabs.
///
/// The bytes are handed to each call, so that the scanner can be kept and passed on freely.
struct FieldScanner {
  var position: Int
  let end: Int

  /// A scanner of all bytes.
  init(_ bytes: Span<UInt8>) { self.init(bytes.indices) }

  /// A scanner of a part of the bytes, such as a ``line(_:)``.
  init(_ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// Steps over spaces and tabs.
  mutating func skipBlanks(_ bytes: Span<UInt8>) {
    while position < end, Self.isBlank(bytes[position]) { position += 1 }
  }

  /// The next field; nil at the end of the line.
  mutating func field(_ bytes: Span<UInt8>) -> Range<Int>? {
    skipBlanks(bytes)
    let start = position
    while position < end, !Self.isBlank(bytes[position]), bytes[position] != Self.newline {
      position += 1
    }
    return start < position ? start..<position : nil
  }

  /// Steps over one field; false if the line has none left.
  mutating func skipField(_ bytes: Span<UInt8>) -> Bool { field(bytes) != nil }

  /// The next field as a decimal number; nil if it is none or does not fit 64 bits.
  mutating func unsigned(_ bytes: Span<UInt8>) -> UInt64? {
    field(bytes).flatMap { UInt64(decimal: bytes, in: $0) }
  }

  /// An unsigned number whose digits end at a space, or at `terminator`, which is stepped over too.
  mutating func number(
    _ bytes: Span<UInt8>, end terminator: Unicode.Scalar = " ", radix: UInt64
  ) -> UInt64? {
    skipBlanks(bytes)
    var value: UInt64 = 0
    let start = position
    while position < end, let digit = bytes[position].hexadecimalDigit, digit < radix {
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

  /// The rest of the line, without its newline; nil at the end of the bytes.
  mutating func line(_ bytes: Span<UInt8>) -> Range<Int>? {
    guard position < end else { return nil }
    let start = position
    while position < end, bytes[position] != Self.newline { position += 1 }
    defer { position = min(position + 1, end) }
    return start..<position
  }

  private static let newline = UInt8(ascii: "\n")

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}

extension UInt8 {
  /// The value of the digit; nil if it is none.
  var hexadecimalDigit: UInt64? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(self - UInt8(ascii: "0"))
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(self - UInt8(ascii: "A")) + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(self - UInt8(ascii: "a")) + 10
    default: nil
    }
  }
}

extension UInt64 {
  /// The decimal number that fills the range; nil if anything else is in it or it is too large.
  init?(decimal bytes: Span<UInt8>, in range: Range<Int>) {
    guard !range.isEmpty else { return nil }
    var value: UInt64 = 0
    for index in range {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      guard !carry else { return nil }
      value = sum
    }
    self = value
  }
}

extension Span<UInt8> {
  /// Whether the bytes at the range are those of the text.
  func holds(_ text: StaticString, in range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount, range.upperBound <= count else { return false }
    return text.withUTF8Buffer { expected in
      for offset in 0..<range.count {
        guard unsafe expected[offset] == self[range.lowerBound + offset] else { return false }
      }
      return true
    }
  }
}
