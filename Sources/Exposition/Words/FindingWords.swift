package import SocketStates

/// A finding in words, the same on the page, in the terminal and in JSON.
///
/// Names of processes stand in it as they are: who shows it makes them harmless for its medium.
package struct FindingWords: Sendable {
  /// One sentence: what is the matter, with whom.
  package var headline: String
  /// What the state is in the life of a connection.
  package var meaning: String
  /// Who is responsible, and why.
  package var responsible: String
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
  /// - Parameters:
  ///   - showsAddresses: whether the reader may see who is connected.
  ///   - look: how the reader looks, for the commands.
  package init(
    _ finding: Finding, showsAddresses: Bool = true, look: InvocationFlags = InvocationFlags()
  ) {
    let context = Context(finding: finding, showsAddresses: showsAddresses, lookAgain: look)
    switch finding.kind {
    case .closeWait(let cause): self = Self.closeWait(cause, context)
    case .halfClosed: self = Self.halfClosed(context)
    case .descriptors: self = Self.descriptors(context)
    case .unreadData: self = Self.unreadData(context)
    case .peerNotReading: self = Self.peerNotReading(context)
    case .deadPath: self = Self.deadPath(context)
    case .loss: self = Self.loss(context)
    case .connectsUnanswered(.nobody): self = Self.connectsUnanswered(context)
    case .connectsUnanswered(.listenerFull): self = Self.connectsNotAccepted(context)
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
    let lookAgain: InvocationFlags

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

    /// `PORT 8080` of a filter of `ss` by both sides; empty where there is no one port.
    var filterOfBothSides: String {
      finding.labels.port.map { " '( sport = :\($0) or dport = :\($0) )'" } ?? ""
    }

    /// The listeners of the port, with their accept queues.
    var listeners: String {
      "ss -tlnp" + (finding.labels.port.map { " 'sport = :\($0)'" } ?? "")
    }

    /// The far side's process, where that is on this host: `client.py (pid 12)`; nil elsewhere.
    var localPeer: String? {
      guard let peer = finding.localPeer else { return nil }
      guard let process = peer.process else { return "a process of this host" }
      return process.with(pid: peer.pid)
    }

    /// What explains the far side of connections of this port, or a process of this host.
    func explain(peerBy pid: Int32?) -> String {
      if let pid { return lookAgain.command("explain", String(pid)) }
      return explainPort
    }

    /// What explains the port, on this host.
    var explainPort: String {
      lookAgain.command("explain", finding.labels.port.map { ":\($0)" } ?? finding.labels.process)
    }

    /// The same on another host, where other flags hold.
    var explainPortElsewhere: String {
      InvocationFlags().command(
        "explain", finding.labels.port.map { ":\($0)" } ?? finding.labels.process)
    }

    /// Sees whether the far side's host is there. It is, where it is this one: then a filter is what may
    /// be in between.
    var reachesPeer: Step {
      if finding.localPeer != nil {
        return Step("Both ends are on this host: does a filter drop it?", "nft list ruleset")
      }
      guard showsAddresses, let remote = finding.remote else {
        return Step("Who are the peers? Ping them.", "ss -tn\(filter)")
      }
      return Step("Is the peer's host there?", "ping -c 3 \(remote)")
    }

    /// How many sockets the finding is about.
    var count: UInt64 { finding.count }

    /// The filter of `ss` for this side's port, after a blank; empty where there is no one port.
    var filter: String {
      guard let port = finding.labels.port else { return "" }
      return finding.labels.direction == .inbound ? " 'sport = :\(port)'" : " 'dport = :\(port)'"
    }

    /// Shows what the process does at this moment.
    var look: Step { look(at: finding.pid) }

    /// Shows what a process of this port does; where nobody knows its pid, what tells that.
    func look(at pid: Int32?) -> Step {
      guard let pid else {
        return Step(
          "Which process is it? This shows its pid; top -H -p and the pid then what it does.",
          "ss -tanp\(filterOfBothSides)")
      }
      return Step(
        "See what the process does: one thread at 100 % is a blocked loop; none at all waits for something.",
        "top -H -p \(pid)")
    }

    /// Compares the process's descriptors with its limit; nil where its pid is not known.
    func descriptors(of pid: Int32?) -> Step? {
      pid.map {
        Step(
          "Has the process descriptors left? Compare with its limit.",
          "ls /proc/\($0)/fd | wc -l; grep 'open files' /proc/\($0)/limits")
      }
    }

    /// Shows which connects the process makes, and how they end.
    func traceConnects(_ text: String) -> Step {
      guard let pid = finding.pid else {
        return Step(
          "Which process asks? Its log says ECONNREFUSED, ETIMEDOUT or EHOSTUNREACH.",
          "journalctl --since=-10min --grep='ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|refused|timed out'"
        )
      }
      return Step(text, "timeout 10 strace -f -qq -e trace=connect -p \(pid)")
    }
  }
}
