/// A position in bytes whose fields white space separates.
///
/// The bytes are handed to each call, so that the scanner can be kept and passed on freely.
struct ByteScanner {
  var position = 0
  let end: Int

  init(position: Int = 0, end: Int) {
    self.position = position
    self.end = end
  }

  /// The next field, its leading spaces and tabs skipped; nil at the end of the line.
  mutating func field(_ bytes: Span<UInt8>) -> Range<Int>? {
    while position < end, Self.isBlank(bytes[position]) { position += 1 }
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
