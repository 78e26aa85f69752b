internal import SocketStates

extension [UInt8] {
  /// Appends another array's bytes without the retain and release that `append(contentsOf:)` costs.
  mutating func append(copying bytes: borrowing [UInt8]) {
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// Appends an integer in decimal.
  mutating func append(decimal value: some FixedWidthInteger) {
    if value < 0 { append(UInt8(ascii: "-")) }
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var first = digits.count
    var rest = UInt64(value.magnitude)
    repeat {
      first -= 1
      digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    let text = digits.span.extracting(first..<digits.count)
    unsafe text.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// Appends `name="value"`, the value escaped.
  mutating func append(label name: String, _ value: String) {
    append(contentsOf: name.utf8)
    append(contentsOf: #"=""#.utf8)
    append(value, escapingQuotes: true)
    append(UInt8(ascii: "\""))
  }

  /// Appends text with `\` and, if wanted, `"` escaped; what is not visible by its number, as terminals
  /// print what curl gets, and Prometheus' lexer takes NUL for the end of the scrape.
  mutating func append(_ text: String, escapingQuotes: Bool) {
    let bytes = text.utf8.span
    let isPlain = bytes.indices.allSatisfy { index in
      let byte = bytes[index]
      return 0x20 <= byte && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
    if isPlain { return append(contentsOf: text.utf8) }
    for byte in text.visible.utf8 {
      if byte == UInt8(ascii: "\\") || escapingQuotes && byte == UInt8(ascii: "\"") {
        append(UInt8(ascii: "\\"))
      }
      append(byte)
    }
  }
}

extension Double {
  /// The shortest decimal that reads back as the same number, spelled as Prometheus does.
  var prometheusText: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
    return description
  }
}
