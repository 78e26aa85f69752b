package import SocketStates

/// What was found, in one line for a heading.
enum Verdict {
  /// `server.js has connections stuck in CLOSE-WAIT, 2 processes do not accept connections`: the faults
  /// by kind, the first three of them.
  static func text(_ findings: [Finding]) -> String {
    var kinds: [String] = []
    var processes: [String: Set<[String]>] = [:]
    var first: [String: Finding] = [:]
    for fault in findings where fault.severity == .fault {
      let kind = fault.kind.label
      if first[kind] == nil {
        first[kind] = fault
        kinds.append(kind)
      }
      processes[kind, default: []].insert([
        fault.labels.process, fault.labels.unit, fault.labels.netns,
      ])
    }
    if kinds.isEmpty { return "No faults" }
    let parts = kinds.prefix(3).compactMap { kind in
      first[kind].map { sentence($0, processes: processes[kind, default: []].count) }
    }
    return parts.joined(separator: ", ") + (kinds.count > 3 ? ", and more" : "")
  }

  private static func sentence(_ fault: Finding, processes count: Int) -> String {
    // The kernel does not say which process's listener it was.
    return count > 1
      ? "\(count) processes \(fault.kind.predicate(isPlural: true))"
      : "\(fault.labels.process) \(fault.kind.predicate(isPlural: false))"
  }
}

extension Finding.Reference {
  /// `php-fpm does not accept connections on port 9000`.
  package var sentence: String {
    "\(labels.process.with(pid: labels.pid)) \(kind.predicate(isPlural: false)) \(labels.portPhrase)"
  }
}

extension Finding.Kind {
  /// What a process does, or several do: the end of a sentence that begins with them.
  fileprivate func predicate(isPlural: Bool) -> String {
    let (have, be, doNot, get) =
      isPlural ? ("have", "are", "do not", "get") : ("has", "is", "does not", "gets")
    return switch self {
    case .closeWait: "\(have) connections stuck in CLOSE-WAIT"
    case .halfClosed: "\(have) half-closed connections"
    case .closedHeld: "\(have) not closed connections that have ended"
    case .descriptors: "\(be) running out of file descriptors"
    case .unreadData: "\(doNot) read incoming data"
    case .peerNotReading: "\(have) peers that do not read"
    case .deadPath: "\(get) no acknowledgements"
    case .loss: isPlural ? "retransmit many segments" : "retransmits many segments"
    case .connectsUnanswered: "\(get) no answer to connection attempts"
    case .connectsRefused: "\(be) refused connections"
    case .connectsAbandoned: "\(have) abandoned connection attempts"
    case .acceptQueue: "\(doNot) accept connections"
    case .listenDrops: "\(have) dropped new connections"
    case .synFlood: "\(have) handshakes that nobody finishes"
    case .connectionsReset(.sent): isPlural ? "cut off connections" : "cuts off connections"
    case .connectionsReset(.received): "\(get) connections cut off"
    case .idleTimeout: "\(have) connections that break when idle"
    case .ephemeralPorts: "\(be) running out of local ports"
    case .timeWait: "\(have) connections in TIME-WAIT"
    case .peerNotClosing: "\(have) peers that do not close"
    case .endUnconfirmed: "\(have) connections that cannot finish closing"
    case .smallSendBuffer: "\(be) limited by the send buffer"
    }
  }
}
