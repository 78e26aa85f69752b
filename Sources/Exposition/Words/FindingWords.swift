package import SocketStates

/// A finding in words, the same on the page, in the terminal and in JSON.
///
/// Names of processes are written as they are: a renderer escapes them for its medium.
package struct FindingWords: Sendable {
  /// One sentence: what is wrong, and with which process.
  package var headline: String
  /// What the state is in the life of a connection.
  package var meaning: String
  /// Who has to act, and why; it stands after the title "Responsible".
  package var responsible: String
  /// What is most likely the cause.
  package var cause: String
  /// What the program or its users see: names of errno, delays.
  package var symptoms: String
  /// What to do, in this order.
  package var steps: [Step]
  /// The section of the runbook (`config/prometheus/RUNBOOK.md`).
  package var runbook: String

  /// One thing to do.
  package struct Step: Sendable, Equatable {
    package var text: String
    /// The command to type; nil if there is none.
    package var command: String?

    init(_ text: String, _ command: String? = nil) {
      self.text = text
      self.command = command
    }
  }
}

extension FindingWords {
  /// - Parameters:
  ///   - showsAddresses: whether the reader may see who is connected.
  ///   - look: the flags of the reader's own command, for the commands in the steps.
  package init(
    _ finding: Finding, showsAddresses: Bool = true, look: InvocationFlags = InvocationFlags()
  ) {
    let context = Context(finding: finding, showsAddresses: showsAddresses, lookAgain: look)
    switch finding.kind {
    case .closeWait(let cause): self = Self.closeWait(cause, context)
    case .halfClosed: self = Self.halfClosed(context)
    case .closedHeld: self = Self.closedHeld(context)
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
    case .synFlood: self = Self.synFlood(context)
    case .connectionsReset(.sent): self = Self.resetsSent(context)
    case .connectionsReset(.received): self = Self.resetsReceived(context)
    case .idleTimeout: self = Self.idleTimeout(context)
    }
    if let answer = finding.answer {
      apply(answer.condition, process: answer.process, pid: answer.pid)
    }
    guard let first = finding.follows else { return }
    cause = "It follows from another finding: \(first.sentence)."
    if finding.isPassedOn, finding.kind.responsible != .peer {
      responsible = "Not \(context.process), which waits for others: \(first.sentence)."
    }
  }

  /// A finding, and the phrases that its sentences share.
  struct Context {
    let finding: Finding
    let showsAddresses: Bool
    let lookAgain: InvocationFlags

    /// `server.js`, or `an unknown process`.
    var process: String {
      switch finding.labels.process {
      case Owner.unknownName: "an unknown process"
      case GroupLabels.otherProcess where finding.labels.isOther: "one of many processes"
      default: finding.labels.process
      }
    }

    /// Who has to accept: `server.js`, or `launcher.py or service.py` if nothing shows which of them does.
    var acceptor: String {
      let names = finding.acceptors?.names ?? []
      return names.count > 1 ? names.joined(separator: " or ") : process
    }

    /// The same with pids: `server.js (pid 12)`, `one of nginx (12), nginx (13) and 2 more`.
    var acceptors: String {
      let all = finding.acceptors?.processes ?? []
      guard finding.acceptors?.names.count ?? 0 > 1 || (finding.pid == nil && all.count > 1) else {
        return process.with(pid: finding.pid)
      }
      return "One of \(all.enumeration)"
    }

    /// `on port 8080` or `to port 5432`.
    var place: String { finding.labels.portPhrase }

    /// `3 connections on port 8080 are`.
    func connections(_ one: String, _ many: String) -> String {
      "\(Format.count(count, "connection")) \(place) \(count == 1 ? one : many)"
    }

    /// Whether the oldest may be older than is told.
    var isAgeLowerBound: Bool {
      finding.evidence.contains {
        if case .oldest(_, isAtLeast: true) = $0 { true } else { false }
      }
    }

    /// `Connection attempts of client.py to port 5432`.
    var attempts: String { "Connection attempts of \(process) \(place)" }

    /// `PORT 8080` of a filter of `ss` by both sides; empty if there is no one port.
    var filterOfBothSides: String {
      finding.labels.port.map { " '( sport = :\($0) or dport = :\($0) )'" } ?? ""
    }

    /// Lists the listeners of the port, with their accept queues.
    var listeners: String {
      "ss -tlnp" + (finding.labels.port.map { " 'sport = :\($0)'" } ?? "")
    }

    /// Shows how full the accept queue is.
    var queueLength: Step {
      Step("Recv-Q is the queue's length, Send-Q its limit: does it stay or move?", listeners)
    }

    /// The peer's process if it is on this host, `client.py (pid 12)`; nil if it is elsewhere.
    var localPeer: String? {
      guard let peer = finding.localPeer else { return nil }
      guard let process = peer.process else { return "a process of this host" }
      return process.with(pid: peer.pid)
    }

    /// The network as the responsible party if both ends are on this host; nil if they are not.
    var networkOfThisHost: String? {
      localPeer.map { "The network of this host: the peer is \($0), on this host." }
    }

    /// Explains the peer: by its pid if that is known, else by the port.
    func explain(peerBy pid: Int32?) -> String {
      if let pid { return lookAgain.command("explain", String(pid)) }
      return explainPort
    }

    /// Explains the port, on this host.
    var explainPort: String {
      lookAgain.command("explain", finding.labels.port.map { ":\($0)" } ?? finding.labels.process)
    }

    /// Explains the port on another host, where this command's flags do not apply.
    var explainPortElsewhere: String {
      InvocationFlags().command(
        "explain", finding.labels.port.map { ":\($0)" } ?? finding.labels.process)
    }

    /// Checks whether the peer's host can be reached; if that is this host, whether a filter drops packets.
    var reachesPeer: Step {
      if finding.localPeer != nil {
        return Step("Both ends are on this host: does a packet filter drop it?", "nft list ruleset")
      }
      guard showsAddresses, let remote = finding.remote else {
        return Step("Who are the peers? Ping them.", "ss -tn\(filter)")
      }
      return Step("Can the peer's host be reached?", "ping -c 3 \(remote)")
    }

    /// Whether more than one process holds sockets that it is about.
    var isShared: Bool { finding.sockets.contains { $0.holders.count > 1 } }

    /// How many sockets the finding is about.
    var count: UInt64 { finding.count }

    /// The filter of `ss` for this side's port, after a blank; empty if there is no one port.
    var filter: String {
      guard let port = finding.labels.port else { return "" }
      return finding.labels.direction == .inbound ? " 'sport = :\(port)'" : " 'dport = :\(port)'"
    }

    /// Shows what the process is doing now.
    var look: Step { look(at: finding.pid) }

    /// Shows what a process is doing now; if its pid is not known, how to find that.
    func look(at pid: Int32?) -> Step {
      guard let pid else {
        return Step(
          "Which process is it? This shows its pid; top -H -p and the pid then shows what it does.",
          "ss -tanp\(filterOfBothSides)")
      }
      return Step(
        "See what the process does: a thread at 100 % is a blocked event loop; if none runs, it is waiting.",
        "top -H -p \(pid)")
    }

    /// Compares the process's descriptors with its limit; nil if its pid is not known.
    func descriptors(of pid: Int32?) -> Step? {
      pid.map {
        Step(
          "Does the process have descriptors left? Compare with its limit.",
          "ls /proc/\($0)/fd | wc -l; grep 'open files' /proc/\($0)/limits")
      }
    }

    /// Shows the process's connection attempts, and how they end.
    func traceConnects(_ text: String) -> Step {
      guard let pid = finding.pid else {
        return Step(
          "Which process is it? Its log shows ECONNREFUSED, ETIMEDOUT or EHOSTUNREACH.",
          "journalctl --since=-10min --grep='ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|refused|timed out'"
        )
      }
      return Step(text, "timeout 10 strace -f -qq -e trace=connect -p \(pid)")
    }
  }
}

extension GroupLabels {
  /// `on port 8080` if this side listens, else `to port 5432`.
  var portPhrase: String {
    guard let port else { return "on several ports" }
    return direction == .inbound ? "on port \(port)" : "to port \(port)"
  }
}
