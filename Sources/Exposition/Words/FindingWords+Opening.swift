import SocketStates

/// Connections that do not come to be: connects, accept queues, ports.
extension FindingWords {
  static func connectsUnanswered(_ context: Context) -> FindingWords {
    let isHere = context.finding.localPeer != nil
    return FindingWords(
      headline: "Nobody answers when \(context.process) connects \(context.place).",
      meaning:
        "SYN-SENT: this host asks for a connection, and asks again after a second, then with longer and longer pauses. Nothing comes back, not even a refusal.",
      responsible: isHere
        ? "The network of this host itself is responsible: the destination is this host."
        : "The network or the remote host is responsible.",
      cause: isHere
        ? "A filter of this host drops it, or the accept queue of the listener was full."
        : "One destination: that host is down, or a filter drops what this host sends. All destinations: the fault is near, in a route, a link, a firewall or a full table of connections.",
      symptoms:
        "UnansweredReason for about two minutes, then ETIMEDOUT; a timeout of the program's own comes earlier.",
      steps: [
        Step("Which destinations, and how often was each asked?", "ss -tnpo state syn-sent")
      ]
        + (isHere
          ? [Step("Is the listener's queue full? Recv-Q is its length.", context.listeners)]
          : [way(context)]) + [
          Step("Does a filter of this host drop it?", "nft list ruleset")
        ]
        + (isHere
          ? []
          : [
            Step(
              "Try another port of the same host: a refusal there means that the host is up and that a filter drops this one."
            )
          ]) + [
          Step("In the program: a connect timeout of some seconds, and another address afterwards.")
        ],
      runbook: "ConnectsUnanswered")
  }

  /// Shows the route to the first destination.
  private static func way(_ context: Context) -> Step {
    let addresses = context.finding.evidence.compactMap { evidence in
      if case .destination(let report) = evidence { report.destination.address } else { nil }
    }
    guard context.showsAddresses, let address = addresses.first ?? context.finding.remote else {
      return Step("Which ways are there?", "ip route")
    }
    return Step("Which way does it go?", "ip route get \(address)")
  }

  /// The destination is on this host, and the accept queue there is full.
  static func connectsNotAccepted(_ context: Context) -> FindingWords {
    let listeners = context.finding.evidence.compactMap { evidence in
      if case .fullListener(let socket) = evidence { socket } else { nil }
    }
    let pid = listeners.lazy.map(\.pid).first { $0 != 0 }
    let name = listeners.lazy.map(\.labels.process).first { $0 != Owner.unknownName }
    let process = name ?? "the process that listens"
    let known = process.with(pid: pid)
    return FindingWords(
      headline:
        "\(context.process) gets no answer \(context.place): the queue of \(process) is full, on this host.",
      meaning:
        "SYN-SENT: the connect goes to a listener of this host whose accept queue has no room. The kernel drops each SYN to it, and this side asks again with longer and longer pauses.",
      responsible:
        "Responsible: \(known): it has to call accept(). Neither the network nor \(context.process) is to blame.",
      cause: "That process hangs, has no descriptors left, or has too few workers for the load.",
      symptoms:
        "UnansweredReason for about two minutes, then ETIMEDOUT; a timeout of the program's own comes earlier.",
      steps: [
        Step(
          "Recv-Q is the queue's length, Send-Q its limit: does it stay or move?",
          context.listeners),
        context.look(at: pid),
        context.descriptors(of: pid),
        Step(
          "Explain the one that does not accept.", context.explain(peerBy: pid)),
      ].compactMap(\.self),
      runbook: "AcceptQueueFilling")
  }

  static func connectsRefused(_ context: Context) -> FindingWords {
    FindingWords(
      headline: context.finding.labels.process == Owner.unknownName
        ? "Connects \(context.place) are refused; whose they are is not known."
        : "Connects of \(context.process) \(context.place) are refused.",
      meaning:
        "The SYN is answered by a reset at once: the host is reached, and nothing listens on that address, port and family. No socket stays behind.",
      responsible: "The remote side is responsible.",
      cause:
        "The service is down or not up yet, or it listens on another address or port; 127.0.0.1 is not ::1, and localhost is both.",
      symptoms: "ECONNREFUSED, at once.",
      steps: [
        Step(
          "On the destination, which may be this host: does anything listen, and on which address?",
          context.listeners),
        context.traceConnects("Does this process ask, and for which address?"),
        Step(
          "It listens and refuses only from here: a firewall with reject, or a load balancer without backends."
        ),
        Step("In the program: try again with growing, randomised pauses."),
      ],
      runbook: "ConnectsRefused")
  }

  static func connectsAbandoned(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "\(context.process) gives up connects \(context.place) before an answer was due.",
      meaning:
        "The socket was closed less than a second after the first SYN, before the kernel would have asked again; an ICMP reject looks the same.",
      responsible: "The process is responsible: its patience is shorter than one retransmission.",
      cause: "A connect timeout below a second, or a firewall that rejects by ICMP.",
      symptoms: "The program's own timeout, or EHOSTUNREACH.",
      steps: [
        context.traceConnects("Which error does connect() end with?"),
        Step("Give connects three seconds: long enough for a SYN to be lost and sent again."),
      ],
      runbook: "ConnectsUnanswered")
  }

  static func acceptQueue(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(context.process) does not accept \(context.place): clients are connected, and wait.",
      meaning:
        "The kernel completes connections on behalf of a listener and queues them until the process calls accept(). When the queue is full it drops each SYN and the last step of opening, and clients try again after a second or more.",
      responsible:
        "Responsible: \(context.process.with(pid: context.finding.pid)): it has to call accept().",
      cause:
        "The queue stays full: the process hangs, or has no descriptors left. It moves: too few workers for the load, or a limit too small for bursts.",
      symptoms:
        "Nothing in this process. Its clients hang, connect slowly, or get ETIMEDOUT.",
      steps: [
        Step(
          "Recv-Q is the queue's length, Send-Q its limit: does it stay or move?",
          context.listeners),
        context.look,
        context.descriptors(of: context.finding.pid),
        Step(
          "It moves, and bursts fill it? Raise the limit: it is the lesser of the program's listen() and this.",
          "sysctl net.core.somaxconn"),
      ].compactMap(\.self),
      runbook: "AcceptQueueFilling")
  }

  static func listenDrops(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "This host drops new connections; the fullest accept queue is that of \(context.process) \(context.place).",
      meaning:
        "A listener had no room for a connection that was to be opened. The kernel counts that by host, not by listener.",
      responsible: "The listening process is responsible.",
      cause:
        "An accept queue is full, where overflows grow alike; else memory for sockets, or a flood of SYNs.",
      symptoms: "Clients' connects take a second or more, then ETIMEDOUT.",
      steps: [
        Step(
          "Do they grow, and are they alike?", "nstat -az TcpExtListenOverflows TcpExtListenDrops"),
        Step("Which queue is full, and whose is it?", "ss -tlnp"),
        Step(
          "Memory for sockets, against its limit.",
          "cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem"),
      ],
      runbook: "ListenDrops")
  }

  /// Why there are so many, by the state in which most of them are.
  private static func portHolder(_ context: Context) -> String {
    let states = context.finding.evidence.compactMap { evidence in
      if case .sockets(let state, let count) = evidence { (state, count) } else { nil }
    }
    return switch states.max(by: { $0.1 < $1.1 })?.0 {
    case .timeWait: "Most are in TIME-WAIT: it makes a new connection for every request."
    case .established: "Most are in ESTAB: a pool without an upper limit."
    case .closeWait: "Most are in CLOSE-WAIT: it does not close what its peer has ended, a leak."
    case .synSent: "Most are in SYN-SENT: it asks again and again, and nobody answers."
    default: "Too many connections at once, or too many one after the other."
    }
  }

  static func ephemeralPorts(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "\(context.process) uses up the local ports for connections \(context.place).",
      meaning:
        "From one address to one destination only the local port differs. The side that closes first keeps its port for 60 seconds of TIME-WAIT.",
      responsible:
        "This side is responsible: the process has to make fewer connections, or keep them.",
      cause: portHolder(context),
      symptoms: "EADDRNOTAVAIL at connect().",
      steps: [
        Step(
          "What holds the ports, by state?",
          "ss -Htan\(context.filter) | awk '{ print $1 }' | sort | uniq -c"),
        Step("Who connects there?", "ss -tnp\(context.filter)"),
        Step(
          "Relief until the program is mended: outbound connections may take a port after one second of TIME-WAIT.",
          "sysctl net.ipv4.tcp_tw_reuse=1"),
        Step(
          "More ports, if there may be. First see who listens above 15000: a connection could take such a port while its service is down, and the service would not start again. Reserve those (what you write replaces the list).",
          "ss -Htlnp 'sport >= :15000'; sysctl net.ipv4.ip_local_reserved_ports"),
        Step(
          "Then widen the range, and leave what is below to services.",
          "sysctl net.ipv4.ip_local_port_range='15000 64999'"),
        Step("In the program: keep connections (keep-alive, a pool with an upper limit)."),
      ],
      runbook: "EphemeralPortsExhausting")
  }
}
