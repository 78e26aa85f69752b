internal import SocketStates

extension [UInt8] {
  /// Appends the labels of a group as they stand between the braces of a sample.
  mutating func append(_ labels: borrowing GroupLabels) {
    append(contentsOf: #"process=""#.utf8)
    append(labelValue: labels.process)
    append(contentsOf: #"",unit=""#.utf8)
    append(labelValue: labels.unit)
    append(contentsOf: #"",direction=""#.utf8)
    append(labelValue: labels.direction.label)
    append(contentsOf: #"",port=""#.utf8)
    if let port = labels.port {
      append(decimal: port)
    } else {
      append(labelValue: GroupLabels.otherPort)
    }
    if let pid = labels.pid {
      append(contentsOf: #"",pid=""#.utf8)
      append(decimal: pid)
    }
    if !labels.netns.isEmpty {
      append(contentsOf: #"",netns=""#.utf8)
      append(labelValue: labels.netns)
    }
    append(UInt8(ascii: "\""))
  }
}
