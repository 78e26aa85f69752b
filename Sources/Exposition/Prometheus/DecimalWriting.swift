extension OutputSpan<UInt8> {
  /// Appends a whole number in decimal, for which there must be room (``UInt64/longestDecimal``).
  @inline(__always)
  mutating func append(decimal value: UInt64) {
    guard value >= EightDigits.end else { return append(EightDigits(value).withoutLeadingZeros) }
    let rest = value % EightDigits.end
    appendRest(value / EightDigits.end)
    append((EightDigits(rest).text, 8))
  }

  /// Apart, as what is written into every place of its use cannot be in itself.
  private mutating func appendRest(_ value: UInt64) { append(decimal: value) }

  /// Appends a number of units in seconds, as ``Double/prometheusText`` would be: `1.5`, `2.0`; there must be
  /// room for it (``UInt64/longestSeconds``).
  ///
  /// - Parameter unitsInOne: Units of a second, a power of ten up to 10⁸.
  @inline(__always)
  mutating func append(seconds value: UInt64, unitsInOne: UInt64) {
    append(decimal: value / unitsInOne)
    append(UInt8(ascii: "."))
    let decimals = value % unitsInOne * (EightDigits.end / unitsInOne)
    append(EightDigits(decimals).withoutTrailingZeros)
  }

  /// Appends the first of up to eight bytes, for all of which there must be room.
  @inline(__always)
  private mutating func append(_ text: (bytes: UInt64, count: Int)) {
    precondition(freeCapacity >= 8)
    unsafe withUnsafeMutableBufferPointer { room, used in
      unsafe UnsafeMutableRawBufferPointer(room).storeBytes(
        of: text.bytes.littleEndian, toByteOffset: used, as: UInt64.self)
      used &+= text.count
    }
  }
}

/// The eight decimal digits of a number, found all at once and without a branch: how many digits numbers have
/// is what a processor guesses wrong.
private struct EightDigits {
  /// The least number that has more.
  static let end: UInt64 = 100_000_000

  /// A digit a byte, the first in the lowest.
  private let digits: UInt64

  /// `number` is less than ``end``.
  @inline(__always)
  init(_ number: UInt64) {
    // Halves of the number, of each half, and of each quarter; a reciprocal divides all lanes of a step.
    let halves = number / 10_000 | (number % 10_000) &<< 32
    let hundreds = ((halves &* 10_486) &>> 20) & 0x7f_0000_007f
    let quarters = hundreds | (halves &- 100 &* hundreds) &<< 16
    let tens = ((quarters &* 103) &>> 10) & 0x000f_000f_000f_000f
    digits = tens | (quarters &- 10 &* tens) &<< 8
  }

  /// As ASCII.
  @inline(__always)
  var text: UInt64 { digits | 0x3030_3030_3030_3030 }

  /// Of zero one is left.
  @inline(__always)
  var withoutLeadingZeros: (bytes: UInt64, count: Int) {
    let zeros = (digits | 1 &<< 56).trailingZeroBitCount / 8
    return (text &>> UInt64(truncatingIfNeeded: 8 &* zeros), 8 &- zeros)
  }

  /// Of zero one is left.
  @inline(__always)
  var withoutTrailingZeros: (bytes: UInt64, count: Int) {
    (text, 8 &- (digits | 1).leadingZeroBitCount / 8)
  }
}

extension UInt64 {
  /// Room for the decimal of the greatest, whose digits are written eight at a time.
  static var longestDecimal: Int { 24 }

  /// Room for the longest number of seconds.
  static var longestSeconds: Int { longestDecimal + ".".utf8.count + 8 }
}

extension Double {
  /// The shortest decimal that reads back as the same number, spelled as Prometheus does.
  var prometheusText: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
    return description
  }
}
