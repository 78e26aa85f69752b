internal import SocketStates

/// Writes samples, one a line: `name{label="value",…} number`.
struct SampleWriter: Sendable {
  var output: [UInt8] = []
  private var name = ""
  /// The labels of each group as they stand between the braces.
  private var groupLabels: [[UInt8]] = []
  /// The group whose labels come first in each sample.
  private var group: Int?
  /// What each line begins with: the name, and `{` and labels of ``group``; put together once for all its lines.
  private var prefix: [UInt8] = []

  /// Empties the output, and encodes the labels of the exposed groups once for all their samples.
  mutating func startReport(_ report: Report) {
    output.removeAll(keepingCapacity: true)
    groupLabels = report.exposedGroups.map(\.labels.prometheusText)
  }

  /// The samples that follow have this name, and no labels in common.
  mutating func startFamily(_ name: String) {
    self.name = name
    group = nil
    setPrefix()
  }

  /// The samples that follow begin with the labels of this group, by its index in the report.
  mutating func startGroup(_ index: Int) {
    group = index
    setPrefix()
  }

  /// One sample.
  mutating func sample(_ value: some SampleNumber) {
    output.append(copying: prefix)
    end(value, hasLabels: group != nil)
  }

  /// One sample with one label.
  mutating func sample(_ label: SampleLabel, _ value: some SampleNumber) {
    output.append(copying: prefix)
    output.append(UInt8(ascii: group == nil ? "{" : ","))
    output.append(copying: label.text)
    end(value, hasLabels: true)
  }

  /// One sample with one label.
  mutating func sample(_ label: String, _ labelValue: String, _ value: some SampleNumber) {
    sample(SampleLabel(label, labelValue), value)
  }

  /// One sample with these labels.
  mutating func sample(_ labels: [(name: String, value: String)], _ value: some SampleNumber) {
    output.append(copying: prefix)
    var separator = UInt8(ascii: group == nil ? "{" : ",")
    for label in labels {
      output.append(separator)
      output.append(label: label.name, label.value)
      separator = UInt8(ascii: ",")
    }
    end(value, hasLabels: group != nil || !labels.isEmpty)
  }

  /// The buckets, sum and count of a histogram.
  mutating func histogram(_ histogram: Histogram) {
    let bounds = histogram.bounds.map { SampleLabel("le", $0.prometheusText) }
    self.histogram(bounds, histogram.counts.span, sum: histogram.sum)
  }

  /// The same of durations, in seconds.
  /// - Parameter bounds: the label of each bucket (``SampleLabel/bounds(of:)``).
  mutating func histogram<Scale>(
    _ histogram: borrowing FixedHistogram<Scale>, _ bounds: [SampleLabel]
  ) {
    self.histogram(
      bounds, histogram.counts.span, sum: Double(histogram.sum) / Scale.unitsPerSecond)
  }

  /// - Parameter counts: By bucket, not cumulated; one more than bounds.
  private mutating func histogram(_ bounds: [SampleLabel], _ counts: Span<UInt64>, sum: Double) {
    setPrefix("_bucket")
    var cumulated: UInt64 = 0
    for (index, bound) in bounds.enumerated() {
      cumulated &+= counts[index]
      sample(bound, cumulated)
    }
    cumulated &+= counts[bounds.count]
    sample("le", "+Inf", cumulated)
    setPrefix("_sum")
    sample(sum)
    setPrefix("_count")
    sample(cumulated)
  }

  private mutating func setPrefix(_ suffix: String = "") {
    prefix.removeAll(keepingCapacity: true)
    prefix.append(contentsOf: name.utf8)
    prefix.append(contentsOf: suffix.utf8)
    guard let group else { return }
    prefix.append(UInt8(ascii: "{"))
    prefix.append(copying: groupLabels[group])
  }

  private mutating func end(_ value: some SampleNumber, hasLabels: Bool) {
    if hasLabels { output.append(UInt8(ascii: "}")) }
    output.append(UInt8(ascii: " "))
    value.append(to: &output)
    output.append(UInt8(ascii: "\n"))
  }
}

/// A label as it stands in a sample, encoded once for all samples that have it.
struct SampleLabel: Sendable {
  /// `name="value"`
  let text: [UInt8]

  init(_ name: String, _ value: String) {
    var text: [UInt8] = []
    text.append(label: name, value)
    self.text = text
  }

  /// A label for each case of an enumeration.
  static func each<Case: CaseIterable>(_ name: String, _ value: (Case) -> String)
    -> [(of: Case, label: SampleLabel)]
  {
    Case.allCases.map { ($0, SampleLabel(name, value($0))) }
  }

  /// The label of each bucket, in seconds, encoded once and not for every group.
  static func bounds<Scale: HistogramScale>(of _: Scale.Type) -> [SampleLabel] {
    Scale.bounds.indices.map {
      SampleLabel("le", (Double(Scale.bounds[$0]) / Scale.unitsPerSecond).prometheusText)
    }
  }
}

extension GroupLabels {
  /// The labels as they stand between the braces of a sample.
  var prometheusText: [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(128)
    text.append(label: "process", process)
    text.append(contentsOf: ",".utf8)
    text.append(label: "unit", unit)
    text.append(contentsOf: ",".utf8)
    text.append(label: "direction", direction.label)
    text.append(contentsOf: ",".utf8)
    text.append(label: "port", portText)
    if let pid {
      text.append(contentsOf: ",".utf8)
      text.append(label: "pid", "\(pid)")
    }
    for label in netns.asNamespaceLabel {
      text.append(contentsOf: ",".utf8)
      text.append(label: label.name, label.value)
    }
    return text
  }
}

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
