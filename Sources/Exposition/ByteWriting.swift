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

  /// Appends text with `\`, newline and, if wanted, `"` escaped.
  ///
  /// NUL becomes U+FFFD: Prometheus' lexer takes it for the end of the input and would drop the
  /// whole scrape.
  mutating func append(_ text: String, escapingQuotes: Bool) {
    let bytes = text.utf8.span
    if bytes.indices.allSatisfy({
      bytes[$0] != 0 && bytes[$0] != 10 && bytes[$0] != 34 && bytes[$0] != 92
    }) {
      append(addingCapacity: bytes.count) { $0.append(bytes) }
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

extension OutputSpan<UInt8> {
  /// Appends the bytes of a span; there must be room for them.
  ///
  /// Most texts of a sample have some tens of bytes, for which a call of memcpy(3) costs as much as
  /// the copy.
  @inline(__always)
  mutating func append(_ bytes: Span<UInt8>) {
    precondition(bytes.count <= freeCapacity)
    let chunk = 16
    unsafe withUnsafeMutableBufferPointer { room, used in
      unsafe bytes.withUnsafeBytes { source in
        let target = UnsafeMutableRawBufferPointer(room)
        let count = source.count
        guard count >= chunk else {
          for index in 0..<count { unsafe target[used &+ index] = source[index] }
          return
        }
        var offset = 0
        while offset < count {
          // The last chunk overlaps the one before it.
          offset = min(offset, count &- chunk)
          unsafe target.storeBytes(
            of: source.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self),
            toByteOffset: used &+ offset, as: SIMD16<UInt8>.self)
          offset &+= chunk
        }
      }
      used &+= bytes.count
    }
  }
}
