import SocketStates

/// Findings about resets, and about handshakes that nobody finishes.
extension FindingWords {
  static func resetsSent(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(context.process) cuts off connections \(context.place): it closes them with unread data, and the kernel sends a reset.",
      meaning:
        "close() with unread data sends an RST instead of a FIN (RFC 1122, 4.2.2.13), and what this side has written last may never reach the peer's program.",
      responsible:
        "\(context.sender): it has to read to the end before it closes.",
      cause:
        "It refuses a request without reading its body (413, 401, 503), answers before it has read all, or ends while requests are in its sockets.",
      symptoms:
        "None in this process; its peers see ECONNRESET or EPIPE, most of them before they read the answer.",
      steps: [
        Step(
          "Does it grow? It counts each close() with unread data.",
          "nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData TcpOutRsts"),
        Step(
          "In the program: after the answer call shutdown(SHUT_WR), read to the end or for a second, then close (nginx: lingering_close)."
        ),
      ],
      runbook: "ConnectionsReset")
  }

  static func resetsReceived(_ context: Context) -> FindingWords {
    let isOutbound = context.finding.labels.direction == .outbound
    let mayBeWhole = context.finding.cutOff?.isMostlyUnderWay == true
    return FindingWords(
      headline: mayBeWhole
        ? "Connections of \(context.process) \(context.place) end by resets while data is under way: some of it may be lost."
        : "Connections of \(context.process) \(context.place) are cut off by resets.",
      meaning: mayBeWhole
        ? "An RST came before the peer had to acknowledge what was sent last. It acknowledges nothing: this side cannot tell whether that had arrived."
        : "An RST ended these connections while data was not acknowledged, not read or not answered.",
      responsible: context.localPeer.map { "The peer: \($0), on this host." }
        ?? (context.finding.cutOff?.isLocal == true
          ? "The peer: a process of this host."
          : "The peer's program, or a device between that no longer knows the connection."),
      cause: mayBeWhole
        ? "A peer that has what it wants and closes by a reset (SO_LINGER 0), as the health checks of load balancers do: then nothing is lost. Or one that gives up."
        : isOutbound
          ? "The server closes without having read the whole request, ends or restarts, or a load balancer has dropped the connection."
          : "Clients end or time out while they are answered, or a load balancer has dropped the connections.",
      symptoms: "ECONNRESET or EPIPE from read() and write().",
      steps: [
        context.finding.localPeer.map {
          Step("The peer is on this host: explain it.", context.explain(peerBy: $0.pid))
        }
          ?? Step(
            "On the peer's host: does it send them, and why? If it grows there, its program closes with unread data.",
            "nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData TcpOutRsts"),
        Step(
          "Who sends the RST? A TTL unlike that of the peer's other packets means a device between.",
          "timeout 10 tcpdump -nvi any 'tcp[tcpflags] & tcp-rst != 0\(context.captureFilter)'"),
        Step("In the program: try again, on a new connection, what can be repeated."),
      ],
      runbook: "ConnectionsReset")
  }

  static func idleTimeout(_ context: Context) -> FindingWords {
    let cluster = context.finding.idleCluster
    let idle = cluster.map(\.time) ?? "a while"
    let below = Format.duration((cluster?.idle ?? 0) * 4 / 5)
    let isOutbound = context.finding.labels.direction == .outbound
    let users = isOutbound ? context.process : "The clients of \(context.process)"
    return FindingWords(
      headline:
        "Connections of \(context.process) \(context.place) break after \(idle) without a byte: \(isOutbound ? "something on the path, or the peer," : "the clients, or something on the path,") gives idle connections up after that time.",
      meaning:
        "A server's keep-alive timeout, a load balancer, NAT or firewall ends or forgets a connection in which nothing has moved for so long. A request that is sent at that moment or later is answered by a reset.",
      responsible: isOutbound
        ? "\(context.process): who reuses connections has to give them up first."
        : "\(users) reuse connections that are gone, or give them up by a reset; \(context.process) can close them first.",
      cause: isOutbound
        ? "The pool keeps idle connections for longer than the other side does; the other side may say so (Keep-Alive: timeout=…). If it happened once, a restart or failover of the peer between two requests looks the same."
        : "The server keeps idle connections for longer than its clients, or what is between, do. If it happened once, an outage that ended them all looks the same.",
      symptoms:
        "ECONNRESET, EPIPE or \"socket hang up\" for the first request after a pause; a retry succeeds at once.",
      steps: [
        Step(
          isOutbound
            ? "In the pool: end idle connections after \(below) at most (idle timeout, freeSocketTimeout, idleTimeoutMillis, MaxIdleConnTime, keepalive_timeout of an upstream)."
            : "In the server: end idle connections after \(below) at most (keepAliveTimeout, keepalive_timeout)."
        ),
        Step(
          "Or send keep-alive probes more often than that, against a device on the path (a server's own timeout does not mind them): SO_KEEPALIVE with TCP_KEEPIDLE, or for programs that set only the first:",
          "sysctl net.ipv4.tcp_keepalive_time"),
        Step("Try again, on a new connection, what can be repeated."),
      ],
      runbook: "IdleTimeoutRace")
  }

  static func synFlood(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "Handshakes with \(context.process) \(context.place) are begun and not finished: its queue for them is \(context.finding.severity == .fault ? "full or nearly so" : "filling, or was full a moment ago").",
      meaning:
        "SYN-RECV: the kernel has answered a SYN and waits for the client's ACK. A listener may have as many of these as connections in its accept queue; to further SYNs the kernel answers with a SYN cookie (net.ipv4.tcp_syncookies) or not at all.",
      responsible:
        "The network: the SYN-ACKs do not arrive, or the SYNs come from forged addresses (a SYN flood). \(context.process) is not at fault.",
      cause: context.finding.hasSockets(in: .synSent)
        ? "Clients on this host wait in SYN-SENT for this listener: a packet filter on this host drops the SYN-ACKs, or the last step of the handshake."
        : "A SYN flood; or a route or filter that drops the SYN-ACKs, such as an asymmetric path through a firewall.",
      symptoms:
        "None in this process. With cookies, clients connect without window scaling and the like; without, they wait and get ETIMEDOUT.",
      steps: [
        Step(
          "From where? Thousands of addresses, or few that do not answer?",
          "ss -tanH state syn-recv\(context.filter) | awk '{ print $4 }' | sort | uniq -c | sort -rn | head"
        ),
        Step(
          "Are cookies sent, and do they come back?",
          "nstat -az TcpExtSyncookiesSent TcpExtSyncookiesRecv TcpExtSyncookiesFailed TcpExtTCPReqQFullDrop"
        ),
        Step("Are they on?", "sysctl net.ipv4.tcp_syncookies"),
        Step("Does a packet filter of this host drop the SYN-ACKs?", "nft list ruleset"),
      ],
      runbook: "SynFlood")
  }
}

extension Finding {
  /// Whether its evidence has sockets in the state.
  func hasSockets(in state: TCPState) -> Bool {
    evidence.contains { if case .sockets(state, _) = $0 { true } else { false } }
  }

  /// The silence after which connections break.
  fileprivate var idleCluster: IdleCluster? {
    evidence.lazy.compactMap { if case .idleCluster(let cluster) = $0 { cluster } else { nil } }
      .first
  }
}

extension FindingWords.Context {
  /// The process that sends the resets, or what is known of it.
  fileprivate var sender: String {
    for case .likelyClient(let process) in finding.evidence {
      return "an unknown process, likely \(process)"
    }
    return process.with(pid: finding.pid)
  }

  /// What a capture of the port's packets adds to its filter.
  fileprivate var captureFilter: String {
    finding.labels.port.map { " and port \($0)" } ?? ""
  }
}
