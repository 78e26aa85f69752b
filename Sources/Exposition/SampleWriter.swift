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
  /// Labels of one sample that are not known before.
  private var ownLabels: [UInt8] = []

  /// Bytes of the longest number: a negative Double with an exponent.
  static let longestNumber = 32

  /// Escapes the labels of these groups.
  mutating func prepare(_ groups: [GroupReport]) {
    groupLabels.removeAll(keepingCapacity: true)
    groupLabelEnds.removeAll(keepingCapacity: true)
    let groups = groups.span
    for index in groups.indices {
      groupLabels.append(groups[index].labels)
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
  mutating func sample(_ value: some SampleNumber) { line("", labels: [], value) }

  /// One sample with one label more.
  mutating func sample(_ label: WrittenLabel, _ value: some SampleNumber) {
    line("", labels: label.bytes, value)
  }

  /// One sample with one label more.
  mutating func sample(_ label: String, _ labelValue: String, _ value: some SampleNumber) {
    sample([(label, labelValue)], value)
  }

  /// One sample with several labels more.
  mutating func sample(_ labels: [(name: String, value: String)], _ value: some SampleNumber) {
    ownLabels.removeAll(keepingCapacity: true)
    for label in labels {
      if !ownLabels.isEmpty { ownLabels.append(UInt8(ascii: ",")) }
      ownLabels.append(label: label.name, label.value)
    }
    line("", labels: ownLabels, value)
  }

  /// The buckets, sum and count of a histogram.
  mutating func histogram(_ histogram: Histogram) {
    var cumulated: UInt64 = 0
    for (index, count) in histogram.counts.enumerated() {
      cumulated &+= count
      let bound = index < histogram.bounds.count ? histogram.bounds[index] : .infinity
      line("_bucket", labels: Self.bucket(upTo: bound).bytes, cumulated)
    }
    end(sum: histogram.sum, count: cumulated)
  }

  /// The same for round-trip times of a group, in seconds.
  mutating func histogram(_ rtt: RTTHistogram) {
    var cumulated: UInt64 = 0
    for index in rtt.counts.indices {
      cumulated &+= rtt.counts[index]
      line("_bucket", labels: Self.rttBuckets[index].bytes, cumulated)
    }
    end(sum: Seconds(microseconds: rtt.sum), count: cumulated)
  }

  private static let rttBuckets =
    RTTHistogram.bounds.indices.map { bucket(upTo: Double(RTTHistogram.bounds[$0]) / 1e6) }
    + [bucket(upTo: .infinity)]

  /// `1.0` in both formats: OpenMetrics asks for it, and a bucket keeps its identity.
  private static func bucket(upTo bound: Double) -> WrittenLabel {
    WrittenLabel("le", bound.prometheusText)
  }

  private mutating func end(sum: some SampleNumber, count: UInt64) {
    line("_sum", labels: [], sum)
    line("_count", labels: [], count)
  }

  private mutating func line(
    _ suffix: StaticString, labels: [UInt8], _ value: some SampleNumber
  ) {
    Self.write(name, suffix, groupLabels, currentLabels, labels, value, to: &output)
  }

  /// Asks for room once a line: a report has many thousands of them.
  private static func write(
    _ name: [UInt8], _ suffix: StaticString, _ groupLabels: [UInt8], _ group: Range<Int>,
    _ labels: [UInt8], _ value: some SampleNumber, to output: inout [UInt8]
  ) {
    let marks = "{,} \n".utf8.count
    let room =
      name.count + suffix.utf8CodeUnitCount + group.count + labels.count + marks + longestNumber
    output.append(addingCapacity: room) { line in
      line.append(name.span)
      line.append(suffix)
      if !group.isEmpty || !labels.isEmpty {
        line.append(UInt8(ascii: "{"))
        line.append(groupLabels.span.extracting(group))
        if !group.isEmpty, !labels.isEmpty { line.append(UInt8(ascii: ",")) }
        line.append(labels.span)
        line.append(UInt8(ascii: "}"))
      }
      line.append(UInt8(ascii: " "))
      value.write(into: &line)
      line.append(UInt8(ascii: "\n"))
    }
  }
}

extension [UInt8] {
  /// Appends the labels of a group as they stand between the braces of a sample.
  fileprivate mutating func append(_ labels: borrowing GroupLabels) {
    append(#"process=""#)
    append(labelValue: labels.process)
    append(#"",unit=""#)
    append(labelValue: labels.unit)
    append(#"",direction=""#)
    append(labelValue: labels.direction.label)
    append(#"",port=""#)
    if let port = labels.port {
      append(decimal: port)
    } else {
      append(labelValue: GroupLabels.otherPort)
    }
    if let pid = labels.pid {
      append(#"",pid=""#)
      append(decimal: pid)
    }
    if !labels.netns.isEmpty {
      append(#"",netns=""#)
      append(labelValue: labels.netns)
    }
    append(UInt8(ascii: "\""))
  }

  private mutating func append(_ text: StaticString) {
    append(addingCapacity: text.utf8CodeUnitCount) { $0.append(text) }
  }
}

extension OutputSpan<UInt8> {
  /// Appends a text, for which there must be room.
  @inline(__always)
  fileprivate mutating func append(_ text: StaticString) {
    unsafe append(Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
