internal import SocketStates

/// Writes the sample lines of one family after another.
///
/// The labels of a group are escaped once a report and copied into all of its samples.
struct SampleWriter: Sendable {
  var output: [UInt8] = []
  private var name: [UInt8] = []
  private var groupLabels: [UInt8] = []
  private var groupLabelEnds: [Int] = []
  private var currentLabels = 0..<0
  private var isInBraces = false

  /// Escapes the labels of these groups.
  mutating func prepare(_ groups: [GroupReport]) {
    groupLabels.removeAll(keepingCapacity: true)
    groupLabelEnds.removeAll(keepingCapacity: true)
    for group in groups {
      let labels = group.labels
      groupLabels.append(contentsOf: #"{process=""#.utf8)
      groupLabels.append(labelValue: labels.process)
      groupLabels.append(contentsOf: #"",unit=""#.utf8)
      groupLabels.append(labelValue: labels.unit)
      groupLabels.append(contentsOf: #"",direction=""#.utf8)
      groupLabels.append(contentsOf: labels.direction.label.utf8)
      groupLabels.append(contentsOf: #"",port=""#.utf8)
      if let port = labels.port {
        groupLabels.append(decimal: port)
      } else {
        groupLabels.append(contentsOf: GroupLabels.otherPort.utf8)
      }
      if let pid = labels.pid {
        groupLabels.append(contentsOf: #"",pid=""#.utf8)
        groupLabels.append(decimal: pid)
      }
      groupLabels.append(UInt8(ascii: "\""))
      groupLabelEnds.append(groupLabels.count)
    }
  }

  /// The samples that follow have this name and no group.
  mutating func startFamily(_ name: String) {
    self.name.removeAll(keepingCapacity: true)
    self.name.append(contentsOf: name.utf8)
    currentLabels = 0..<0
  }

  /// The samples that follow belong to this group, counted as in ``prepare(_:)``.
  mutating func startGroup(_ index: Int) {
    currentLabels = (index == 0 ? 0 : groupLabelEnds[index - 1])..<groupLabelEnds[index]
  }

  /// One sample with the labels of the group, if there is one.
  mutating func sample(_ value: some SampleNumber) {
    open()
    close(value)
  }

  /// One sample with one label more.
  mutating func sample(_ label: String, _ labelValue: String, _ value: some SampleNumber) {
    open()
    add(label, labelValue)
    close(value)
  }

  /// One sample with several labels more.
  mutating func sample(_ labels: [(name: String, value: String)], _ value: some SampleNumber) {
    open()
    for label in labels { add(label.name, label.value) }
    close(value)
  }

  /// The buckets, sum and count of a histogram.
  mutating func histogram(_ histogram: Histogram) {
    var cumulated: UInt64 = 0
    for (index, count) in histogram.counts.enumerated() {
      cumulated &+= count
      bucket(below: index < histogram.bounds.count ? histogram.bounds[index] : .infinity, cumulated)
    }
    end(sum: histogram.sum, count: cumulated)
  }

  /// The same for round-trip times of a group, in seconds.
  mutating func histogram(_ rtt: RTTHistogram) {
    var cumulated: UInt64 = 0
    for index in rtt.counts.indices {
      cumulated &+= rtt.counts[index]
      open(suffix: "_bucket")
      output.append(contentsOf: Self.rttBuckets[index])
      cumulated.write(into: &output)
      output.append(UInt8(ascii: "\n"))
    }
    end(sum: Seconds(microseconds: rtt.sum), count: cumulated)
  }

  /// What ends the samples of the buckets of round-trip times: `,le="0.001"} `.
  private static let rttBuckets: [[UInt8]] =
    RTTHistogram.bounds.indices.map {
      end(of: Double(RTTHistogram.bounds[$0]) / 1e6)
    } + [end(of: .infinity)]

  private static func end(of bound: Double) -> [UInt8] {
    var bytes = Array(#",le=""#.utf8)
    bytes.append(double: bound)
    bytes.append(contentsOf: #""} "#.utf8)
    return bytes
  }

  private mutating func bucket(below bound: Double, _ cumulated: UInt64) {
    open(suffix: "_bucket")
    // `1.0` in both formats: OpenMetrics asks for it, and a bucket keeps its identity.
    openLabel("le")
    output.append(double: bound)
    output.append(UInt8(ascii: "\""))
    close(cumulated)
  }

  private mutating func end(sum: some SampleNumber, count: UInt64) {
    open(suffix: "_sum")
    close(sum)
    open(suffix: "_count")
    close(count)
  }

  private mutating func open(suffix: String = "") {
    output.append(contentsOf: name)
    if !suffix.isEmpty { output.append(contentsOf: suffix.utf8) }
    isInBraces = !currentLabels.isEmpty
    if isInBraces { output.append(contentsOf: groupLabels[currentLabels]) }
  }

  private mutating func openLabel(_ name: String) {
    output.append(UInt8(ascii: isInBraces ? "," : "{"))
    isInBraces = true
    output.append(contentsOf: name.utf8)
    output.append(contentsOf: #"=""#.utf8)
  }

  private mutating func add(_ label: String, _ value: String) {
    openLabel(label)
    output.append(labelValue: value)
    output.append(UInt8(ascii: "\""))
  }

  private mutating func close(_ value: some SampleNumber) {
    if isInBraces { output.append(UInt8(ascii: "}")) }
    output.append(UInt8(ascii: " "))
    value.write(into: &output)
    output.append(UInt8(ascii: "\n"))
  }
}
