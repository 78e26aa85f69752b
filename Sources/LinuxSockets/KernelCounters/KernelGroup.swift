package import SocketStates

/// The connections of one process, direction and port, as the kernel has counted them (`struct group_record`).
package struct KernelGroup: Sendable {
  package var key: KernelCounter.Key
  package var connections: KernelConnections
}

extension KernelGroup {
  init(_ record: RawSpan) {
    key = KernelCounter.Key(record)
    connections = KernelConnections()
    connections.opened = record.load(at: 24)
    for (index, how) in KernelEnding.ends.enumerated() {
      connections.ended[how] = record.load(at: 32 + 8 * index)
    }
    connections.connects = record.histogram(at: 72)
    connections.lifetimes = record.histogram(at: 200)
  }
}

extension RawSpan {
  /// `struct durations`.
  fileprivate func histogram<Scale>(at offset: Int) -> FixedHistogram<Scale> {
    FixedHistogram(
      counts: InlineArray { load(at: offset + 8 + 8 * $0) }, sum: load(at: offset))
  }
}

extension KernelCounterFile {
  /// The groups of a file of them.
  package var groups: some Sequence<KernelGroup> { records { KernelGroup($0) } }
}
