package import SocketStates

/// A finding in words, the same on the page, in the terminal and in JSON.
///
/// Names of processes stand in it as they are: who shows it makes them harmless for its medium.
package struct FindingWords: Sendable {
  /// One sentence: what is the matter, with whom.
  package var headline: String
  /// What the state is in the life of a connection.
  package var meaning: String
  /// Whose turn it is, and why.
  package var turn: String
  /// What is most likely the cause.
  package var cause: String
  /// What the program itself gets to see: names of errno, or what its users say.
  package var symptoms: String
  /// What to do, in this order.
  package var steps: [Step]
  /// The section of the runbook (`config/prometheus/RUNBOOK.md`).
  package var runbook: String

  /// One thing to do.
  package struct Step: Sendable, Equatable {
    package var text: String
    /// What to type for it; nil where it is no command.
    package var command: String?

    init(_ text: String, _ command: String? = nil) {
      self.text = text
      self.command = command
    }
  }
}

extension FindingWords {
  /// The finding's words.
  /// - Parameter showsAddresses: whether the reader may see who is connected.
  package init(_ finding: Finding, showsAddresses: Bool = true) {
    let context = Context(finding: finding, showsAddresses: showsAddresses)
    switch finding.kind {
    case .closeWait(let cause): self = Self.closeWait(cause, context)
    case .halfClosed: self = Self.halfClosed(context)
    case .descriptors: self = Self.descriptors(context)
    case .unreadData: self = Self.unreadData(context)
    case .peerNotReading: self = Self.peerNotReading(context)
    case .deadPath: self = Self.deadPath(context)
    case .loss: self = Self.loss(context)
    case .connectsUnanswered: self = Self.connectsUnanswered(context)
    case .connectsRefused: self = Self.connectsRefused(context)
    case .connectsAbandoned: self = Self.connectsAbandoned(context)
    case .acceptQueue: self = Self.acceptQueue(context)
    case .listenDrops: self = Self.listenDrops(context)
    case .ephemeralPorts: self = Self.ephemeralPorts(context)
    case .timeWait: self = Self.timeWait(context)
    case .peerNotClosing: self = Self.peerNotClosing(context)
    case .endUnconfirmed: self = Self.endUnconfirmed(context)
    case .smallSendBuffer: self = Self.smallSendBuffer(context)
    }
  }

  /// What sentences are made with.
  struct Context {
    let finding: Finding
    let showsAddresses: Bool

    /// `server.js`, or `a process that is not known`.
    var process: String {
      switch finding.labels.process {
      case Owner.unknownName: "a process that is not known"
      case GroupLabels.otherProcess where finding.labels.isOther: "one of many processes"
      default: finding.labels.process
      }
    }

    /// `on port 8080` where this side listens, else `to port 5432`.
    var place: String {
      guard let port = finding.labels.port else { return "on several ports" }
      return finding.labels.direction == .inbound ? "on port \(port)" : "to port \(port)"
    }

    /// A number for commands; `PORT` where there is none.
    var port: String { finding.labels.port.map(String.init) ?? "PORT" }

    /// The pid of the process that holds one of the sockets; `PID` where that is not known.
    var pid: String {
      if let pid = finding.labels.pid { return String(pid) }
      for case .socket(let socket) in finding.evidence where socket.pid != 0 {
        return String(socket.pid)
      }
      return "PID"
    }

    /// How many sockets the finding is about, all states told of it.
    var count: UInt64 {
      finding.evidence.reduce(0) { sum, evidence in
        if case .sockets(_, let count) = evidence { sum + count } else { sum }
      }
    }

    /// The filter of `ss` for this side's port.
    var filter: String {
      finding.labels.direction == .inbound ? "'sport = :\(port)'" : "'dport = :\(port)'"
    }

    /// Shows what the process does at this moment.
    var look: Step {
      Step(
        "See what the process does: one thread at 100 % is a blocked loop; none at all waits for something.",
        "top -H -p \(pid)")
    }
  }
}
