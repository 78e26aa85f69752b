extension [UInt8] {
  /// Appends an integer in decimal.
  mutating func append(decimal value: some FixedWidthInteger) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(addingCapacity: UInt64.longestDecimal) {
      $0.append(decimal: UInt64(value.magnitude))
    }
  }

  /// Appends the value of a label, escaped for between quotes.
  mutating func append(labelValue text: String) { append(text, escapingQuotes: true) }

  /// Appends `name="value"`, the value escaped.
  mutating func append(label name: String, _ value: String) {
    append(contentsOf: name.utf8)
    append(contentsOf: #"=""#.utf8)
    append(labelValue: value)
    append(UInt8(ascii: "\""))
  }

  /// Appends text with `\`, newline and, if wanted, `"` escaped.
  ///
  /// NUL becomes U+FFFD: Prometheus' lexer takes it for the end of the input and would drop the
  /// whole scrape.
  mutating func append(_ text: String, escapingQuotes: Bool) {
    let bytes = text.utf8.span
    if bytes.indices.allSatisfy({
      bytes[$0] != 0 && bytes[$0] != 10 && bytes[$0] != 34 && bytes[$0] != 92
    }) {
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
