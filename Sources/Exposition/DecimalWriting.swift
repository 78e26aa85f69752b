extension OutputSpan<UInt8> {
  /// Appends a whole number in decimal, for which there must be room (``UInt64/longestDecimal``): each
  /// digit is written where it stays.
  @inline(__always)
  mutating func append(decimal value: UInt64) {
    precondition(freeCapacity >= UInt64.longestDecimal)
    unsafe withUnsafeMutableBufferPointer { room, used in
      let count = value.decimalDigits
      var position = used &+ count
      var rest = value
      while rest >= 10 {
        position &-= 1
        unsafe room[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      unsafe room[position &- 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
      used &+= count
    }
  }
}

extension UInt64 {
  /// Digits of the greatest.
  static var longestDecimal: Int { 20 }

  /// How many digits it has in decimal.
  fileprivate var decimalDigits: Int {
    var count = 1
    var rest = self
    while rest >= 10_000 {
      count &+= 4
      rest /= 10_000
    }
    return count &+ (rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
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
