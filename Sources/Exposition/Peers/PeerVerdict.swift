package import SocketStates

/// What the other end says about a connection, or about connections to a port: the consequence here and its cause there
/// in one.
package struct PeerVerdict: Sendable {
  /// Sentences about the other end.
  package private(set) var lines: [String] = []
  /// The finding there that is the cause, the first of its own host; nil if there is none.
  package private(set) var cause: PeerFinding?
  /// Who is at the end, in which state and since when: what is said if the way ends here.
  package private(set) var end: String

  /// What the daemon at the other end answered.
  package struct Answers: Sendable {
    /// To the two ends of the connection; nil if it knows no such connection, or was not asked.
    package var connection: PeerAnswer?
    /// To the port; nil if it has nothing of that, or was not asked.
    package var port: PeerAnswer?
    /// Its listening sockets; nil if it was not asked.
    package var listeners: [SocketReport]?

    package init() {}
  }

  /// - Parameter host: how the other end's host is called.
  package init(_ question: PeerQuestion, at host: String, _ answers: Answers) {
    let socket = answers.connection?.sockets.first(where: question.mirrors)
    end = ""
    // The finding may be of other connections of the same group.
    if socket.map({ question.mayWait(for: $0) }) ?? true,
      let answer = answers.connection ?? answers.port,
      let found = question.cause(in: answer.findings)
    {
      let chain = [found] + answer.causes(of: found)
      let first = chain[chain.count - 1]
      lines = chain.map { "\($0.process): \($0.headline)" }
      cause = first
      end = Self.end(first, chain.count == 1 ? socket : nil, host)
      return
    }
    lines = Self.facts(question, socket, answers, host)
    end = lines.last ?? "\(host): nothing is known of it there."
  }

  /// The process, its state and since when.
  private static func end(_ finding: PeerFinding, _ socket: SocketReport?, _ host: String)
    -> String
  {
    var parts: [String] = []
    parts.append(
      finding.condition.map { condition in
        condition.hasPrefix(finding.process)
          ? condition.replacingFirst(finding.process, with: "\(finding.process) at \(host)")
          : "\(finding.process) at \(host): \(condition)"
      } ?? "\(finding.process) at \(host)")
    if let socket = socket ?? finding.sockets.first {
      parts.append(socket.words(showsAddresses: true))
    } else {
      let shown = finding.evidence.filter { $0 != finding.condition }.prefix(3)
      parts.append(shown.joined(separator: ", "))
    }
    return parts.joined(separator: ": ") + "."
  }
}

// MARK: - Without a finding there

extension PeerVerdict {
  private static func facts(
    _ question: PeerQuestion, _ socket: SocketReport?, _ answers: Answers, _ host: String
  ) -> [String] {
    if let socket { return [about(question, socket, host)] }
    if let ending = answers.connection?.endings.first { return ["\(host): \(ending.story)"] }
    switch question.kind {
    case "connects_refused", "connects_unanswered", "connects_abandoned":
      return [listeners(question, answers.listeners ?? [], host)]
    case "connections_reset", "idle_timeout":
      return [
        "\(host): no process there is known to have cut off connections of port \(question.portText) lately; a firewall, a proxy or a load balancer in between may have."
      ]
    case "loss":
      let losesToo = answers.port?.findings.contains {
        $0.kind == "loss" && $0.labels.port == question.port
          && ($0.labels.direction == .inbound) == question.isOutbound
      }
      return [
        losesToo == true
          ? "\(host): what it sends on connections of port \(question.portText) gets lost too: both directions lose."
          : "\(host): nothing is told to get lost of what it sends on connections of port \(question.portText): only the direction from here to there loses, as far as it sends."
      ]
    default:
      return [
        "\(host): its daemon knows no such connection. The addresses may be translated on the way (NAT, a proxy, a load balancer); it may have ended there; or it is in another network namespace of that host (a container), which its daemon watches only with --namespaces=all."
      ]
    }
  }

  /// What the other end of a connection shows.
  private static func about(
    _ question: PeerQuestion, _ there: SocketReport, _ host: String
  ) -> String {
    let who =
      "\(there.labels.process.with(pid: there.pid == 0 ? nil : there.pid)) at \(host): \(there.words(showsAddresses: true))"
    let words =
      switch question.kind {
      case "connects_unanswered" where there.state == .synRecv:
        "What this side sends arrives, and what \(host) answers does not come back: a packet filter or a route drops one direction."
      case "peer_not_reading":
        there.receiveQueue > 0
          ? "It has \(Format.bytes(UInt64(there.receiveQueue))) unread."
          : "It has nothing unread now: it reads, and slowly or in bursts."
      case "peer_not_closing" where there.state == .closeWait: "It has not closed."
      case "dead_path", "end_unconfirmed", "loss":
        direction(question.socket, there, host)
      default: ""
      }
    return "\(who)." + (words.isEmpty ? "" : " \(words)")
  }

  /// Which direction loses what is sent.
  private static func direction(
    _ here: SocketReport?, _ there: SocketReport, _ host: String
  ) -> String {
    guard let sent = here?.sentBytes, let received = there.receivedBytes else {
      return "Which direction loses segments its source does not tell."
    }
    let numbers =
      "\(Format.number(sent)) bytes sent here, \(Format.number(received)) received there"
    return received < sent
      ? "Nothing that this side sends arrives at \(host) any more (\(numbers)): a packet filter or a route drops that direction."
      : "All that this side has sent has arrived at \(host) (\(numbers)), and what \(host) sends does not come back: a packet filter or a route drops that direction."
  }

  /// Why attempts fail, by what listens there.
  private static func listeners(
    _ question: PeerQuestion, _ all: [SocketReport], _ host: String
  ) -> String {
    let ofPort = all.filter { $0.local.port == question.remote.port }
    let isRefused = question.kind == "connects_refused"
    let describe = { (listener: SocketReport) in
      "\(listener.labels.process.with(pid: listener.pid == 0 ? nil : listener.pid)) listens on \(listener.localText) (\(listener.receiveQueue) of \(listener.sendQueue) in its accept queue), for \(Format.age(listener.age, isAtLeast: listener.isAgeAtLeast))"
    }
    if let taker = ofPort.first(where: { $0.local.takes(question.remote) }) {
      return isRefused
        ? "\(host): \(describe(taker)). It would take such attempts now: it began later, or something in between refuses them."
        : "\(host): \(describe(taker)), has room, and knows of no such attempt: nothing that this side sends to \(question.remote) arrives. A packet filter or a route drops it, here, there or in between."
    }
    let dropped =
      isRefused ? "" : " Something drops the attempts all the same, which would be refused."
    if !ofPort.isEmpty {
      return
        "\(host): nobody listens on \(question.remote); \(ofPort.prefix(3).map(describe).joined(separator: "; ")). Only such addresses reach it.\(dropped)"
    }
    let ports = Set(all.map(\.local.port)).sorted().prefix(8).map { "\($0)" }
    return
      "\(host): nobody listens on port \(question.portText)"
      + (ports.isEmpty ? "." : "; there are listeners on \(ports.joined(separator: ", ")).")
      + dropped
  }
}

extension PeerQuestion {
  /// Whether this side may wait for what the other end of its connection shows.
  fileprivate func mayWait(for there: SocketReport) -> Bool {
    switch kind {
    case "peer_not_reading": there.receiveQueue > 0
    case "peer_not_closing": there.state == .closeWait
    default: true
    }
  }

  fileprivate var portText: String { "\(port ?? remote.port)" }
}

extension String {
  fileprivate func replacingFirst(_ prefix: String, with other: String) -> String {
    other + dropFirst(prefix.count)
  }
}
