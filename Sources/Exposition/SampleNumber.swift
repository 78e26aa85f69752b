/// A number that a sample can have.
protocol SampleNumber {
  /// Appends the number as the text formats spell it, in at most ``SampleWriter/longestNumber``
  /// bytes.
  func write(into line: inout OutputSpan<UInt8>)
}

extension SampleNumber where Self: FixedWidthInteger {
  func write(into line: inout OutputSpan<UInt8>) {
    if self < 0 { line.append(UInt8(ascii: "-")) }
    line.append(decimal: UInt64(magnitude))
  }
}

extension Int: SampleNumber {}
extension UInt32: SampleNumber {}
extension UInt64: SampleNumber {}

/// A number of milliseconds or microseconds, written in seconds as ``Double/prometheusText`` would
/// be: `1.5`, `2.0`.
struct Seconds: SampleNumber {
  private let units: UInt64
  /// Units of a second: 1 and as many zeros as there are decimals.
  private let second: UInt64

  /// A number below zero counts as none.
  init(milliseconds: some BinaryInteger) {
    units = UInt64(clamping: milliseconds)
    second = 1_000
  }

  init(microseconds: UInt64) {
    units = microseconds
    second = 1_000_000
  }

  func write(into line: inout OutputSpan<UInt8>) {
    line.append(decimal: units / second)
    line.append(UInt8(ascii: "."))
    var rest = units % second
    var digit = second / 10
    // Zeros at the end are not written, but one after the point is.
    repeat {
      line.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / digit))
      rest %= digit
      digit /= 10
    } while rest > 0
  }
}

extension Double: SampleNumber {
  func write(into line: inout OutputSpan<UInt8>) {
    for byte in prometheusText.utf8 { line.append(byte) }
  }
}
