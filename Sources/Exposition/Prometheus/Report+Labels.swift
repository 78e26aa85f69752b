internal import SocketStates

extension EphemeralPortsReport {
  /// The labels of its samples.
  var sampleLabels: [(name: String, value: String)] {
    [("source", source.description), ("destination", destination.description)]
      + netns.asNamespaceLabel
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
