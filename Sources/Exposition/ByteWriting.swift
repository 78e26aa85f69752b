extension [UInt8] {
  /// Appends an integer in decimal, without a detour over String.
  mutating func append(decimal value: some FixedWidthInteger) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: UInt64(value.magnitude), fraction: 0)
  }

  /// Appends a number that counts decimal fractions (`fraction` 3: thousandths, at most 18), spelled
  /// as ``append(double:)`` does, of which this is a fast case: `1.5`, `2.0`.
  mutating func append(decimal value: UInt64, fraction: Int) {
    // From the last digit to the first.
    var digits = InlineArray<24, UInt8>(repeating: UInt8(ascii: "0"))
    var start = digits.count
    var rest = value
    if fraction > 0 {
      var left = fraction
      // Zeros at the end are not written, but one after the point is.
      while left > 1, rest % 10 == 0 {
        rest /= 10
        left -= 1
      }
      for _ in 0..<left {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      start -= 1
      digits[start] = UInt8(ascii: ".")
    }
    repeat {
      start -= 1
      digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    append(digits.span.extracting(start..<digits.count))
  }

  /// Appends the bytes of a span in one copy.
  mutating func append(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// Appends the shortest decimal that reads back as the same number, spelled as Prometheus does.
  mutating func append(double value: Double) {
    if value.isNaN {
      append(contentsOf: "NaN".utf8)
    } else if value.isInfinite {
      append(contentsOf: (value < 0 ? "-Inf" : "+Inf").utf8)
    } else {
      append(contentsOf: value.description.utf8)
    }
  }

  /// Appends the value of a label, escaped for between quotes.
  mutating func append(labelValue text: String) { append(text, escapingQuotes: true) }

  /// Appends text with `\`, newline and, if wanted, `"` escaped.
  ///
  /// NUL becomes U+FFFD: Prometheus' lexer takes it for the end of the input and would drop the
  /// whole scrape.
  mutating func append(_ text: String, escapingQuotes: Bool) {
    if text.utf8.allSatisfy({ $0 != 0 && $0 != 10 && $0 != 34 && $0 != 92 }) {
      append(contentsOf: text.utf8)
      return
    }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
      case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
      case UInt8(ascii: "\"") where escapingQuotes: append(contentsOf: #"\""#.utf8)
      case 0: append(contentsOf: "\u{FFFD}".utf8)
      default: append(byte)
      }
    }
  }
}
