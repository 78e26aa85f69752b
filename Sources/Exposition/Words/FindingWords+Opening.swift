import SocketStates

/// Findings about connections that are not established: connection attempts, accept queues, local ports.
extension FindingWords {
  /// What a program sees while its SYNs are dropped (tcp_syn_retries of tcp(7)).
  private static let unansweredSymptoms =
    "Silence for about two minutes, then ETIMEDOUT; sooner if the program has a timeout of its own."

  static func connectsUnanswered(_ context: Context) -> FindingWords {
    let isAnswered = context.finding.hasSockets(in: .synRecv)
    let isHere = context.finding.localPeer != nil || isAnswered
    return FindingWords(
      headline: "\(context.attempts) get no answer.",
      meaning:
        "SYN-SENT: this host has asked for a connection, and asks again after one second, then at growing intervals. Nothing comes back, not even a refusal.",
      responsible: isHere
        ? "The network of this host: the destination is on this host."
        : "The network or the remote host.",
      cause: isAnswered
        ? "A packet filter on this host drops the SYN-ACK, or the last step of the handshake: the SYNs arrive, since the listener, on this host, has sockets in SYN-RECV."
        : isHere
          ? "A packet filter on this host drops the SYN, or the listener's accept queue was full."
          : "If one destination is affected: that host is down, or a filter drops the SYN. If all are: the fault is near, in a route, a link, a firewall or a full connection tracking table.",
      symptoms: unansweredSymptoms,
      steps: [
        Step("Which destinations, and how often was each tried?", "ss -tnpo state syn-sent")
      ]
        + (isHere
          ? [Step("Is the listener's queue full? Recv-Q is its length.", context.listeners)]
          : [route(context)]) + [
          Step(
            "Does a packet filter of this host drop the SYN\(isAnswered ? "-ACK" : "")?",
            "nft list ruleset")
        ]
        + (isHere
          ? []
          : [
            Step(
              "Try another port of the same host: if that one is refused, the host is up and a filter drops this one."
            )
          ]) + [
          Step("In the program: set a connect timeout of a few seconds, then try another address.")
        ],
      runbook: "ConnectsUnanswered")
  }

  /// Shows the route to the first destination.
  private static func route(_ context: Context) -> Step {
    let addresses = context.finding.evidence.compactMap { evidence in
      if case .destination(let report) = evidence { report.destination.address } else { nil }
    }
    guard context.showsAddresses, let address = addresses.first ?? context.finding.remote else {
      return Step("Which routes are there?", "ip route")
    }
    return Step("Which route does it take?", "ip route get \(address)")
  }

  /// The destination is on this host, and the accept queue there is full.
  static func connectsNotAccepted(_ context: Context) -> FindingWords {
    let listeners = context.finding.evidence.compactMap { evidence in
      if case .fullListener(let socket) = evidence { socket } else { nil }
    }
    let pid = listeners.lazy.map(\.pid).first { $0 != 0 }
    let name = listeners.lazy.map(\.labels.process).first { $0 != Owner.unknownName }
    let process = name ?? "the listening process"
    return FindingWords(
      headline:
        "\(context.attempts) get no answer: the accept queue of \(process), on this host, is full.",
      meaning:
        "SYN-SENT to a listener on this host whose accept queue is full. The kernel drops each SYN, and this side tries again at growing intervals.",
      responsible:
        "\(process.with(pid: pid)): it has to call accept(). Neither the network nor \(context.process) is at fault.",
      cause:
        "That process hangs, has no file descriptors left, or has too few workers for the load.",
      symptoms: unansweredSymptoms,
      steps: [
        context.queueLength,
        context.look(at: pid),
        context.descriptors(of: pid),
        Step("Explain the process that does not accept.", context.explain(peerBy: pid)),
      ].compactMap(\.self),
      runbook: "AcceptQueueFilling")
  }

  static func connectsRefused(_ context: Context) -> FindingWords {
    FindingWords(
      headline: context.finding.labels.process == Owner.unknownName
        ? "Connection attempts \(context.place) are refused; whose they are is not known."
        : "\(context.attempts) are refused.",
      meaning:
        "The SYN is answered with a reset: the host is reachable, but nothing listens on that address, port and address family. No socket remains.",
      responsible: "The remote side.",
      cause:
        "The service is down or not started yet, or it listens on another address or port; 127.0.0.1 is not ::1, and localhost is both.",
      symptoms: "ECONNREFUSED, at once.",
      steps: [
        Step(
          "On the destination, which may be this host: does anything listen, and on which address?",
          context.listeners),
        context.traceConnects("Which address does this process connect to?"),
        Step(
          "It listens, and refuses only from here? Then a firewall rejects, or a load balancer has no backends."
        ),
        Step("In the program: try again after growing, randomised delays."),
        context.finding.labels.process == Owner.unknownName
          ? Step(
            "Whose are they? The kernel's own counters know the process of each attempt, however short it lived.",
            "sockstated-bpf load") : nil,
      ].compactMap(\.self),
      runbook: "ConnectsRefused")
  }

  static func connectsAbandoned(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "\(context.attempts) are abandoned before an answer was due.",
      meaning:
        "The socket was closed less than a second after the first SYN, before the kernel would have sent it again; an ICMP rejection looks the same.",
      responsible: "The process: its timeout is shorter than one retransmission.",
      cause: "A connect timeout below one second, or a firewall that rejects with ICMP.",
      symptoms: "The program's own timeout error, or EHOSTUNREACH.",
      steps: [
        context.traceConnects("Which error does connect() return?"),
        Step("Allow three seconds to connect: enough for a SYN to be lost and sent again."),
      ],
      runbook: "ConnectsUnanswered")
  }

  static func acceptQueue(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(context.acceptor) does not accept connections \(context.place): clients are connected and waiting.",
      meaning:
        "The kernel completes connections for a listener and queues them until the process calls accept(). When the queue is full, the kernel drops SYNs and the last step of the handshake, and clients try again after a second or more.",
      responsible: "\(context.acceptors): it has to call accept().",
      cause:
        "If the queue stays full: the process hangs, or has no file descriptors left. If it moves: too few workers for the load, or a limit too small for bursts.",
      symptoms: "None in this process; its clients hang, connect slowly, or get ETIMEDOUT.",
      steps: [
        context.queueLength,
        context.look,
        context.descriptors(of: context.finding.pid),
        Step(
          "If bursts fill it: raise the limit, which is the lower of the program's listen() backlog and this.",
          "sysctl net.core.somaxconn"),
      ].compactMap(\.self),
      runbook: "AcceptQueueFilling")
  }

  static func listenDrops(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "The listener of \(context.process) \(context.place) has dropped new connections.",
      meaning:
        "A connection came when the listener had no room for it. The kernel counts that for each listener.",
      responsible:
        "\(context.acceptors): it has to accept faster, or allow more to wait.",
      cause:
        "Most likely a burst that filled the accept queue between two polls. Otherwise too little memory for sockets, or a SYN flood.",
      symptoms: "For clients, connect() takes a second or more, or fails with ETIMEDOUT.",
      steps: [
        Step(
          "Do both grow, and at the same rate? Then accept queues were full.",
          "nstat -az TcpExtListenOverflows TcpExtListenDrops"),
        context.queueLength,
        Step(
          "Compare the memory for sockets with its limit.",
          "cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem"),
      ],
      runbook: "ListenDrops")
  }

  /// Why so many ports are in use, by the state in which most of the connections are.
  private static func portHolder(_ context: Context) -> String {
    let states = context.finding.evidence.compactMap { evidence in
      if case .sockets(let state, let count) = evidence { (state, count) } else { nil }
    }
    return switch states.max(by: { $0.1 < $1.1 })?.0 {
    case .timeWait:
      "Most are in TIME-WAIT: the process opens a new connection for every request."
    case .established: "Most are in ESTAB: a connection pool without an upper limit."
    case .closeWait:
      "Most are in CLOSE-WAIT: the process does not close after its peer has closed."
    case .synSent: "Most are in SYN-SENT: the process keeps trying to connect, and nobody answers."
    default: "Too many connections at once, or too many in succession."
    }
  }

  static func ephemeralPorts(_ context: Context) -> FindingWords {
    let evidence = context.finding.evidence
    let isBound = evidence.contains {
      if case .ephemeralPorts(let ports) = $0 { ports.destination == nil } else { false }
    }
    if isBound { return boundPorts(context) }
    let isLikely = evidence.contains {
      if case .ownerless(_, isLikelyOwn: true) = $0 { true } else { false }
    }
    return FindingWords(
      headline: isLikely
        ? "Local ports for connections \(context.place) are running out, likely because of \(context.process)."
        : "\(context.process) is running out of local ports for connections \(context.place).",
      meaning:
        "Connections from one address to one destination differ only in the local port. The side that closes first keeps its port for 60 seconds in TIME-WAIT.",
      responsible: "The process: it has to open fewer connections, or reuse them.",
      cause: isLikely
        ? "The process opens a new connection for every request, too briefly to be seen; TIME-WAIT is nobody's."
        : portHolder(context),
      symptoms: "EADDRNOTAVAIL from connect().",
      steps: [
        Step(
          "Which states hold the ports?",
          "ss -Htan\(context.filter) | awk '{ print $1 }' | sort | uniq -c"),
        Step("Who connects there?", "ss -tnp\(context.filter)"),
        reuse(evidence, context),
      ] + morePorts + [
        Step("In the program: reuse connections (keep-alive, a pool with an upper limit).")
      ],
      runbook: "EphemeralPortsExhausting")
  }

  /// What lets connections have ports in TIME-WAIT again, or why they do not get them.
  private static func reuse(_ evidence: [Evidence], _ context: Context) -> Step {
    let ports = evidence.lazy.compactMap {
      if case .ephemeralPorts(let ports) = $0 { ports } else { nil }
    }.first
    let reuse = ports?.timeWaitReuse ?? TimeWaitReuse()
    if !reuse.hasTimestamps {
      return Step(
        "Relief until the program is fixed: TCP timestamps are off, and without them no connection takes a port in TIME-WAIT. With them, new ones do after one second, if the peer has them too.",
        "sysctl net.ipv4.tcp_timestamps=1 net.ipv4.tcp_tw_reuse=1")
    }
    guard reuse.mode == 1 || reuse.mode == 2 && ports?.isLoopback == true else {
      return Step(
        "Relief until the program is fixed: let outbound connections take a port after one second of TIME-WAIT, if the peer uses TCP timestamps.",
        "sysctl net.ipv4.tcp_tw_reuse=1")
    }
    return Step(
      "Connections take a port after one second of TIME-WAIT already (net.ipv4.tcp_tw_reuse), if the peer uses TCP timestamps. Does it? Then \"ts\" is among the options.",
      "ss -tniH\(context.filter)")
  }

  /// bind(2) has taken the ports, so that they are none for every destination.
  private static func boundPorts(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(context.process) takes up the local ports by bind(): connections to every destination run out of them.",
      meaning:
        "A port that bind() chose belongs to that socket alone: connect() leaves it out for all destinations and addresses of the host. Ports that connect() chooses by itself serve every destination at once.",
      responsible: "The process: it has to bind fewer sockets, or none.",
      cause:
        "Sockets that are bound and never used; or bind() with an address and port 0 before each connect().",
      symptoms:
        "EADDRNOTAVAIL from connect(), EADDRINUSE from bind(); in other programs of the host too.",
      steps: [
        Step("Which sockets are bound, and neither connected nor listening?", "ss -tanpB"),
        Step(
          "In the program: close sockets that it does not use. To choose the source address, set IP_BIND_ADDRESS_NO_PORT before bind(): then connect() chooses the port."
        ),
      ] + morePorts,
      runbook: "EphemeralPortsExhausting")
  }

  private static let morePorts = [
    Step(
      "More ports, if possible. First see who listens above 15000: a connection could take such a port while its service is down, and the service could not start again. Reserve those ports (what you write replaces the list).",
      "ss -Htlnp 'sport >= :15000'; sysctl net.ipv4.ip_local_reserved_ports"),
    Step(
      "Then widen the range, and leave the ports below it to services.",
      "sysctl net.ipv4.ip_local_port_range='15000 64999'"),
  ]
}
