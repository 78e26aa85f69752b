internal import SocketStates

/// How a line of a family of groups looks.
struct GroupLine: Sendable {
  /// In what a number comes from the report; times are written in seconds.
  enum Unit: Sendable {
    case one
    case milliseconds
    case microseconds
  }

  /// What follows the name of the family.
  var suffix = ""
  /// The label behind those of the group.
  var label: (name: String, value: String)?
  var unit = Unit.one
}

extension [GroupLine] {
  /// A line for each case of an enumeration, numbered as its cases.
  init<Case: CaseIterable & RawRepresentable>(_ label: String, _ value: (Case) -> String)
  where Case.RawValue: BinaryInteger {
    let last = Case.allCases.map { Int($0.rawValue) }.max() ?? -1
    self.init(repeating: GroupLine(), count: last + 1)
    for member in Case.allCases {
      self[Int(member.rawValue)].label = (label, value(member))
    }
  }

  /// The buckets, sum and count of a ``RTTHistogram``.
  static let rtt: [GroupLine] = {
    let bounds = RTTHistogram.bounds.indices.map { Double(RTTHistogram.bounds[$0]) / 1e6 }
    return (bounds + [.infinity]).map {
      GroupLine(suffix: "_bucket", label: ("le", $0.prometheusText))
    } + [GroupLine(suffix: "_sum", unit: .microseconds), GroupLine(suffix: "_count")]
  }()
}

/// A number of a group, and which of the family's lines it stands in.
struct GroupSample: BitwiseCopyable {
  let line: Int
  let value: UInt64
}

extension OutputSpan<GroupSample> {
  /// Adds the number of one line; a group has each line once at most.
  @inline(__always)
  mutating func add(_ value: UInt64, line: Int = 0) {
    append(GroupSample(line: line, value: value))
  }

  /// Adds the numbers of the lines ``Swift/Array/rtt``.
  mutating func add(_ histogram: borrowing RTTHistogram) {
    var cumulated: UInt64 = 0
    for index in histogram.counts.indices {
      cumulated &+= histogram.counts[index]
      add(cumulated, line: index)
    }
    add(histogram.sum, line: histogram.counts.count)
    add(cumulated, line: histogram.counts.count + 1)
  }
}

/// The lines of one family of groups, and how their numbers are read from a report.
struct GroupLines: Sendable {
  /// Called with the number of every group.
  ///
  /// A group has some hundreds of bytes: handed over itself, it would be copied for each family.
  typealias Numbers = @Sendable (Span<GroupReport>, Int, inout OutputSpan<GroupSample>) -> Void

  /// Before and behind the labels of the group: `sockstate_sockets{` and `,state="close_wait"} `, by turns.
  private let texts: ChunkedTexts
  private let units: [GroupLine.Unit]
  private let numbers: Numbers
  /// Of a line without the labels of the group.
  private let longest: Int

  init(_ name: String, _ lines: [GroupLine], _ numbers: @escaping Numbers) {
    var texts = ChunkedTexts()
    texts.replace(count: 2 * lines.count) { index, bytes in
      let line = lines[index / 2]
      if index.isMultiple(of: 2) {
        bytes.append(contentsOf: "\(name)\(line.suffix){".utf8)
      } else {
        if let label = line.label {
          bytes.append(UInt8(ascii: ","))
          bytes.append(label: label.name, label.value)
        }
        bytes.append(contentsOf: "} ".utf8)
      }
    }
    let lengths = lines.indices.map { texts.length(of: 2 * $0..<2 * $0 + 2) }
    self.texts = texts
    units = lines.map(\.unit)
    self.numbers = numbers
    longest =
      (lengths.max() ?? 0)
      + UInt64.longestSeconds + "\n".utf8.count + ChunkedTexts.chunk
  }

  /// Groups for which room is asked for at a time.
  private static let batch = 32

  /// Writes the lines of all groups; `labels` are theirs, as they stand between the braces.
  func write(
    _ groups: Span<GroupReport>, _ labels: ChunkedTexts, to output: inout [UInt8]
  ) {
    var samples: [GroupSample] = []
    samples.append(addingCapacity: units.count) { samples in
      var start = 0
      while start < groups.count {
        let batch = start..<min(start + Self.batch, groups.count)
        let room = (labels.length(of: batch) + batch.count * longest) * units.count
        output.append(addingCapacity: room) { output in
          for group in batch {
            samples.removeAll()
            numbers(groups, group, &samples)
            write(samples.span, labels[group], labels.bytes.span, to: &output)
          }
        }
        start = batch.upperBound
      }
    }
  }

  @inline(__always)
  private func write(
    _ samples: Span<GroupSample>, _ group: Range<Int>, _ labels: Span<UInt8>,
    to output: inout OutputSpan<UInt8>
  ) {
    for index in samples.indices {
      let line = samples[index].line
      output.append(texts[2 * line], of: texts.bytes.span)
      output.append(group, of: labels)
      output.append(texts[2 * line + 1], of: texts.bytes.span)
      switch units[line] {
      case .one: output.append(decimal: samples[index].value)
      case .milliseconds: output.append(seconds: samples[index].value, unitsInOne: 1_000)
      case .microseconds: output.append(seconds: samples[index].value, unitsInOne: 1_000_000)
      }
      output.append(UInt8(ascii: "\n"))
    }
  }
}
