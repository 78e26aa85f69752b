package import SocketStates

/// What is asked of the host at the other end.
package struct PeerQuestion: Sendable {
  /// The kind of the finding on this side; empty if there is none, and the connection itself is asked about.
  package var kind: String
  /// The other end; its port is 0 if only its address is known.
  package var remote: Endpoint
  /// This side's end; nil if only the other is known.
  package var local: Endpoint?
  /// The service port of the connections; nil if it is not known.
  package var port: UInt16?
  /// Whether this side connects.
  package var isOutbound: Bool
  /// This side's socket; nil if it is not known.
  package var socket: SocketReport?

  /// Asks about one connection.
  package init(_ socket: SocketReport, kind: String = "") {
    self.kind = kind
    remote = socket.remote
    local = socket.local
    port = socket.labels.port
    isOutbound = socket.labels.direction == .outbound
    self.socket = socket
  }

  /// Asks about a connection that has ended here.
  package init(_ ending: PeerEnding) {
    kind = ""
    remote = ending.remote
    local = ending.local
    port = ending.labels.port
    isOutbound = ending.labels.direction == .outbound
  }

  private init(_ finding: PeerFinding, _ destination: Endpoint) {
    kind = finding.kind
    remote = destination
    port = finding.labels.port
    isOutbound = finding.labels.direction == .outbound
    if !isOutbound { remote.port = 0 }
  }

  /// What a finding has to ask, one question for each host that it names; nothing if the other end is not the cause of
  /// it, or is on the same host.
  package static func all(of finding: PeerFinding) -> [PeerQuestion] {
    guard causes[finding.kind] != nil, finding.follows == nil, finding.cause != "sent" else {
      return []
    }
    let known = finding.sockets.map { socket in
      var question = PeerQuestion(socket, kind: finding.kind)
      question.port = finding.labels.port
      question.isOutbound = finding.labels.direction == .outbound
      return question
    }
    let all = known + finding.destinations.map { PeerQuestion(finding, $0) }
    var seen: Set<Address> = []
    return all.filter { question in
      let address = question.remote.address
      return question.remote != Endpoint(address: .anyIPv6, port: 0) && !address.isLoopback
        && address != question.local?.address && seen.insert(address).inserted
    }
  }

  /// Of each kind that the other end may be the cause of, the kinds that are that there.
  static let causes: [String: [String]] = [
    "peer_not_reading": ["unread_data", "close_wait"],
    "connects_unanswered": ["accept_queue", "syn_flood", "listen_drops"],
    "connects_refused": [],
    "connects_abandoned": ["accept_queue", "syn_flood", "listen_drops"],
    "peer_not_closing": ["close_wait", "half_closed"],
    "connections_reset": ["connections_reset"],
    "idle_timeout": ["connections_reset"],
    "dead_path": [], "loss": [], "end_unconfirmed": [],
  ]

  /// The finding at the other end that is the cause; nil if there is none.
  /// - Parameter findings: the other host's.
  func cause(in findings: [PeerFinding]) -> PeerFinding? {
    causeIndex(in: findings).map { findings[$0] }
  }

  /// The same by its number.
  func causeIndex(in findings: [PeerFinding]) -> Int? {
    let kinds = Self.causes[kind] ?? []
    let possible = findings.indices.filter { index in
      let finding = findings[index]
      return kinds.contains(finding.kind) && finding.labels.port == port
        && (finding.labels.direction == .inbound) == isOutbound
        && (finding.kind != "connections_reset" || finding.cause == "sent")
    }
    return possible.first { findings[$0].sockets.contains(where: mirrors) } ?? possible.first
  }

  /// Whether the socket is the other end of the connection.
  package func mirrors(_ other: SocketReport) -> Bool {
    guard let local else { return false }
    return other.remote.isSame(as: local) && other.local.isSame(as: remote)
  }
}
