internal import SocketStates

extension EphemeralPortsReport {
  /// The labels of its samples.
  var sampleLabels: [(name: String, value: String)] {
    [("source", source.description), ("destination", destinationText)]
      + netns.asNamespaceLabel
  }

  /// The destination; `any` if it is about all of them.
  var destinationText: String { destination?.text(device: device) ?? "any" }
}

extension FindingSeries {
  /// The labels of its metric: those of the group, and what was found.
  var metricLabels: [(name: String, value: String)] {
    var all: [(name: String, value: String)] = [
      ("process", labels.process), ("unit", labels.unit), ("direction", labels.direction.label),
      ("port", labels.portText),
    ]
    if let pid = labels.pid { all.append(("pid", "\(pid)")) }
    return all + labels.netns.asNamespaceLabel + [("kind", kind), ("severity", severity.label)]
  }
}

extension DescriptorReport {
  /// The labels of its samples.
  var sampleLabels: [(name: String, value: String)] { [("process", process), ("unit", unit)] }
}

extension String {
  /// The label of a network namespace; the daemon's own has none.
  var asNamespaceLabel: [(name: String, value: String)] { isEmpty ? [] : [("netns", self)] }
}
