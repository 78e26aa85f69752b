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

extension Double: SampleNumber {
  func write(into bytes: inout [UInt8]) { bytes.append(double: self) }
}
