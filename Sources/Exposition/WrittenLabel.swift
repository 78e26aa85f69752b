/// A label as it stands between the braces of a sample, made once: `state="close_wait"`.
struct WrittenLabel: Sendable {
  let bytes: [UInt8]

  init(_ name: String, _ value: String) {
    var bytes: [UInt8] = []
    bytes.append(label: name, value)
    self.bytes = bytes
  }
}

/// The same label for each case of an enumeration.
struct WrittenLabels<Case: CaseIterable & RawRepresentable & Sendable>: Sendable
where Case.RawValue: BinaryInteger {
  private let labels: [WrittenLabel]

  init(_ name: String, _ value: (Case) -> String) {
    let last = Case.allCases.map { Int($0.rawValue) }.max() ?? -1
    var labels = Array(repeating: WrittenLabel(name, ""), count: last + 1)
    for member in Case.allCases {
      labels[Int(member.rawValue)] = WrittenLabel(name, value(member))
    }
    self.labels = labels
  }

  subscript(member: Case) -> WrittenLabel { labels[Int(member.rawValue)] }
}

extension [UInt8] {
  /// Appends `name="value"`, the value escaped.
  mutating func append(label name: String, _ value: String) {
    append(contentsOf: name.utf8)
    append(contentsOf: #"=""#.utf8)
    append(labelValue: value)
    append(UInt8(ascii: "\""))
  }
}
