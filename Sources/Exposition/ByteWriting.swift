extension [UInt8] {
  /// Appends an integer in decimal, without a detour over String.
  mutating func append(decimal value: some FixedWidthInteger) {
    if value < 0 { append(UInt8(ascii: "-")) }
    var rest = UInt64(value.magnitude)
    let start = count
    repeat {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    var low = start
    var high = count - 1
    while low < high {
      swapAt(low, high)
      low += 1
      high -= 1
    }
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
