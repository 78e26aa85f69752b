package import SocketStates

/// A counter in the kernel: events of one kind of the sockets of one process, direction and port
/// (`struct counter_record`).
package struct KernelCounter: Sendable {
  /// What tells it from others.
  package struct Key: Hashable, Sendable {
    package var process: KernelProcess.Key
    /// Inode of the network namespace.
    package var netns: UInt32
    /// 0 if it is not known.
    package var port: UInt16
    var direction: UInt8
    var kind: UInt8
    var state: UInt8
    var reason: UInt8
  }

  package var key: Key
  package var count: UInt64
}

extension KernelCounter {
  init(_ record: RawSpan) {
    key = Key(record)
    count = record.load(at: 24)
  }
}

extension KernelCounter.Key {
  /// `struct counter_key`, with which a record begins.
  init(_ record: RawSpan) {
    self.init(
      process: KernelProcess.Key(started: record.load(at: 0), tgid: record.load(at: 8)),
      netns: record.load(at: 12), port: record.load(at: 16), direction: record.load(at: 18),
      kind: record.load(at: 19), state: record.load(at: 20), reason: record.load(at: 21))
  }
}

extension Direction {
  /// nil if it is not known.
  init?(kernel direction: UInt8) {
    switch direction {
    case 0: self = .outbound
    case 1: self = .inbound
    default: return nil
    }
  }
}

extension KernelCounter.Key {
  /// nil if it is not known.
  package var side: Direction? { Direction(kernel: direction) }

  /// What it counts; nil if a newer loader counts what is not known here.
  package var event: SocketTracker.KernelEvent? {
    switch kind {
    case 1:
      switch reason {
      case 1: .failed(.refused)
      case 2: .failed(.unanswered)
      case 3: .failed(.abandoned)
      case 4: .failed(.unreachable)
      default: nil
      }
    case 2: TCPState(kernel: state).map { .reset(.received($0)) }
    case 3: .reset(.sent(TCPState(kernel: state), ResetReason(rawValue: reason)))
    default: nil
    }
  }
}

extension KernelCounterFile {
  /// The counters of a file of them.
  package var counters: some Sequence<KernelCounter> { records { KernelCounter($0) } }
}
