/// Adds to findings what keeps the process from running that has to act, and remembers what one poll alone does not
/// prove.
struct ConditionTracker: Sendable {
  /// Processes that are read in a poll, at most: those of the gravest findings.
  static let limit = 64

  /// Those that the poll before has seen in a condition that may be over in a moment.
  private var brief: [Int32: ProcessCondition] = [:]

  /// - Parameter read: reads what keeps a process from running; nil if nothing does.
  mutating func complete(
    _ findings: inout [Finding], _ read: (Int32) -> ProcessCondition?
  ) {
    var known: [Int32: ProcessCondition?] = [:]
    for index in findings.indices where findings[index].severity > .normal {
      for party in findings[index].parties
      where known[party.pid] != nil || known.count < Self.limit {
        let condition = known[party.pid] ?? read(party.pid)
        known[party.pid] = .some(condition)
        guard let condition, !condition.isBrief || brief[party.pid] == condition else { continue }
        findings[index].evidence.insert(
          .condition(condition, process: party.process, pid: party.pid), at: 0)
      }
    }
    brief = known.compactMapValues(\.self).filter(\.value.isBrief)
  }
}

extension Finding {
  /// ``party``, or if that is not known, each process that it may be.
  fileprivate var parties: [(process: String, pid: Int32)] {
    if let party { return [party] }
    return isPassedOn ? [] : acceptors?.processes.map { ($0.process, $0.pid) } ?? []
  }

  /// The process that has to act, if it is on this host and known.
  var party: (process: String, pid: Int32)? {
    for case .fullListener(let listener) in evidence where listener.pid != 0 {
      return (listener.labels.process, listener.pid)
    }
    switch responsible {
    case .process: return pid.map { (labels.process, $0) }
    case .peer:
      guard let peer = localPeer, let pid = peer.pid else { return nil }
      return (peer.process ?? Owner.unknownName, pid)
    case .network, .kernel: return nil
    }
  }

  /// What keeps the process from running that the finding waits for: then that is the answer. A main thread that
  /// has ended is none: the others go on.
  package var answer: (condition: ProcessCondition, process: String, pid: Int32)? {
    guard kind.waitsForProcess else { return nil }
    for case .condition(let condition, let process, let pid) in evidence where condition != .zombie
    {
      return (condition, process, pid)
    }
    return nil
  }
}

extension Finding.Kind {
  /// Whether it lasts for as long as a process does nothing.
  fileprivate var waitsForProcess: Bool {
    switch self {
    case .closeWait, .halfClosed, .closedHeld, .unreadData, .peerNotReading,
      .connectsUnanswered(.listenerFull), .acceptQueue, .listenDrops, .peerNotClosing:
      true
    default: false
    }
  }
}
