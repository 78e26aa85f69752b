/// A number in decimal, without a detour over String.
struct DecimalDigits {
  /// How many bytes there can be, the point included.
  static let longest = 24

  private var digits = InlineArray<24, UInt8>(repeating: UInt8(ascii: "0"))
  private var start = longest

  /// - Parameter fraction: how many of the digits are decimals (3: thousandths, at most 18), spelled
  ///   as ``Double/prometheusText``, of which this is a fast case: `1.5`, `2.0`.
  @inline(__always)
  init(_ value: UInt64, fraction: Int = 0) {
    // From the last digit to the first.
    var rest = value
    if fraction > 0 {
      var left = fraction
      // Zeros at the end are not written, but one after the point is.
      while left > 1, rest % 10 == 0 {
        rest /= 10
        left -= 1
      }
      for _ in 0..<left {
        put(UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      }
      start -= 1
      digits[start] = UInt8(ascii: ".")
    }
    // Two at a time: a division costs more than all else here.
    while rest >= 100 {
      let pair = UInt8(truncatingIfNeeded: rest % 100)
      rest /= 100
      put(pair % 10)
      put(pair / 10)
    }
    let first = UInt8(truncatingIfNeeded: rest)
    put(first % 10)
    if first >= 10 { put(first / 10) }
  }

  /// Appends the digits, with the point if there is one.
  func append(to line: inout OutputSpan<UInt8>) {
    line.append(digits.span.extracting(start..<Self.longest))
  }

  private mutating func put(_ digit: UInt8) {
    start -= 1
    digits[start] = UInt8(ascii: "0") + digit
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
