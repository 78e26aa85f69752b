/// A number that a sample can have.
protocol SampleNumber {
  /// Appends the number as the text formats spell it, in at most ``SampleWriter/longestNumber``
  /// bytes.
  func write(into line: inout OutputSpan<UInt8>)
}

extension SampleNumber where Self: FixedWidthInteger {
  func write(into line: inout OutputSpan<UInt8>) {
    if self < 0 { line.append(UInt8(ascii: "-")) }
    DecimalDigits(UInt64(magnitude)).append(to: &line)
  }
}

extension Int: SampleNumber {}
extension UInt32: SampleNumber {}
extension UInt64: SampleNumber {}

/// A number of milliseconds or microseconds, written in seconds.
struct Seconds: SampleNumber {
  private let units: UInt64
  private let fraction: Int

  /// A number below zero counts as none.
  init(milliseconds: some BinaryInteger) {
    units = UInt64(clamping: milliseconds)
    fraction = 3
  }

  init(microseconds: UInt64) {
    units = microseconds
    fraction = 6
  }

  func write(into line: inout OutputSpan<UInt8>) {
    DecimalDigits(units, fraction: fraction).append(to: &line)
  }
}

extension Double: SampleNumber {
  func write(into line: inout OutputSpan<UInt8>) {
    for byte in prometheusText.utf8 { line.append(byte) }
  }
}
