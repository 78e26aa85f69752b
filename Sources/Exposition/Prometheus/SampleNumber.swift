/// A number that a sample can have.
protocol SampleNumber {
  /// Appends the number as the text formats spell it.
  func append(to output: inout [UInt8])
}

extension SampleNumber where Self: FixedWidthInteger {
  func append(to output: inout [UInt8]) { output.append(decimal: self) }
}

extension Int: SampleNumber {}
extension UInt32: SampleNumber {}
extension UInt64: SampleNumber {}

extension Double: SampleNumber {
  func append(to output: inout [UInt8]) { output.append(contentsOf: prometheusText.utf8) }
}
