/// A number that a sample can have.
protocol SampleNumber {
  /// Appends the number as the text formats spell it.
  func write(into bytes: inout [UInt8])
}

extension SampleNumber where Self: FixedWidthInteger {
  func write(into bytes: inout [UInt8]) { bytes.append(decimal: self) }
}

extension Int: SampleNumber {}
extension UInt32: SampleNumber {}
extension UInt64: SampleNumber {}

/// A number of milliseconds or microseconds, written in seconds.
struct Seconds: SampleNumber {
  private let units: UInt64
  private let fraction: Int

  init(milliseconds: UInt64) {
    units = milliseconds
    fraction = 3
  }

  init(microseconds: UInt64) {
    units = microseconds
    fraction = 6
  }

  func write(into bytes: inout [UInt8]) { bytes.append(decimal: units, fraction: fraction) }
}

extension Double: SampleNumber {
  func write(into bytes: inout [UInt8]) { bytes.append(double: self) }
}
