internal import SocketStates

/// Writes the samples of a family that is not of groups.
///
/// There are some hundreds of them at most; those of groups are written by ``GroupLines``.
struct SampleWriter: Sendable {
  var output: [UInt8] = []
  private var name = ""

  /// The samples that follow have this name.
  mutating func startFamily(_ name: String) { self.name = name }

  /// One sample without labels.
  mutating func sample(_ value: some SampleNumber) { sample([], value) }

  /// One sample with one label.
  mutating func sample(_ label: String, _ labelValue: String, _ value: some SampleNumber) {
    sample([(label, labelValue)], value)
  }

  /// One sample with these labels.
  mutating func sample(_ labels: [(name: String, value: String)], _ value: some SampleNumber) {
    line("", labels, value)
  }

  /// The buckets, sum and count of a histogram.
  mutating func histogram(_ histogram: Histogram) {
    var cumulated: UInt64 = 0
    for (index, count) in histogram.counts.enumerated() {
      cumulated &+= count
      let bound = index < histogram.bounds.count ? histogram.bounds[index] : .infinity
      line("_bucket", [("le", bound.prometheusText)], cumulated)
    }
    line("_sum", [], histogram.sum)
    line("_count", [], cumulated)
  }

  private mutating func line(
    _ suffix: String, _ labels: [(name: String, value: String)], _ value: some SampleNumber
  ) {
    output.append(contentsOf: name.utf8)
    output.append(contentsOf: suffix.utf8)
    if !labels.isEmpty {
      var separator = UInt8(ascii: "{")
      for label in labels {
        output.append(separator)
        output.append(label: label.name, label.value)
        separator = UInt8(ascii: ",")
      }
      output.append(UInt8(ascii: "}"))
    }
    output.append(UInt8(ascii: " "))
    value.append(to: &output)
    output.append(UInt8(ascii: "\n"))
  }
}
