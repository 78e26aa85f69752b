import SocketStates

/// Connections that do not come to be: connects, accept queues, ports.
extension FindingWords {
  static func connectsUnanswered(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "Nobody answers when \(context.process) connects \(context.place).",
      meaning:
        "SYN-SENT: this host asks for a connection, and asks again after a second, then with longer and longer pauses. Nothing comes back, not even a refusal.",
      turn: "It is the network's turn, or the far host's.",
      cause:
        "One destination: that host is down, or a filter drops what this host sends. All destinations: the fault is near, in a route, a link, a firewall or a full table of connections.",
      symptoms:
        "Silence for about two minutes, then ETIMEDOUT; a timeout of the program's own comes earlier.",
      steps: [
        Step("Which destinations, and how often was each asked?", "ss -tnpo state syn-sent"),
        Step("Which way does it go?", "ip route get \(destination(context) ?? "ADDRESS")"),
        Step("Does a filter of this host drop it?", "nft list ruleset"),
        Step(
          "Try another port of the same host: a refusal there means that the host is up and that a filter drops this one."
        ),
        Step("In the program: a connect timeout of some seconds, and another address afterwards."),
      ],
      runbook: "ConnectsUnanswered")
  }

  private static func destination(_ context: Context) -> String? {
    guard context.showsAddresses else { return nil }
    for case .destination(let report) in context.finding.evidence {
      return report.destination.address.description
    }
    return nil
  }

  static func connectsRefused(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "Connects of \(context.process) \(context.place) are refused.",
      meaning:
        "The SYN is answered by a reset at once: the host is reached, and nothing listens on that address, port and family. No socket stays behind.",
      turn: "It is the far side's turn.",
      cause:
        "The service is down or not up yet, or it listens on another address or port; 127.0.0.1 is not ::1, and localhost is both.",
      symptoms: "ECONNREFUSED, at once.",
      steps: [
        Step(
          "On the destination: does anything listen, and on which address?",
          "ss -tlnp 'sport = :\(context.port)'"),
        Step(
          "Which process asks, and for which address?",
          "timeout 10 strace -f -qq -e trace=connect -p \(context.pid)"),
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
      turn: "It is the process's turn: its patience is shorter than one retransmission.",
      cause: "A connect timeout below a second, or a firewall that rejects by ICMP.",
      symptoms: "The program's own timeout, or EHOSTUNREACH.",
      steps: [
        Step(
          "Which error does connect() end with?",
          "timeout 10 strace -f -qq -e trace=connect -p \(context.pid)"),
        Step("Give connects three seconds: long enough for a SYN to be lost and sent again."),
      ],
      runbook: "ConnectsUnanswered")
  }

  static func acceptQueue(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "Clients \(context.place) are connected, and wait: \(context.process) does not accept them.",
      meaning:
        "The kernel completes connections on behalf of a listener and queues them until the process calls accept(). When the queue is full it drops the last step of opening, and clients try again after a second or more.",
      turn: "It is the process's turn: it has to call accept().",
      cause:
        "The queue stays full: the process hangs, or has no descriptors left. It moves: too few workers for the load, or a limit too small for bursts.",
      symptoms:
        "Nothing in this process. Its clients hang, connect slowly, or get ETIMEDOUT.",
      steps: [
        Step(
          "Recv-Q is the queue's length, Send-Q its limit: does it stay or move?",
          "ss -tlnp 'sport = :\(context.port)'"),
        context.look,
        Step("Has the process descriptors left?", descriptors(of: context)),
        Step(
          "Raise the limit for bursts: it is the lesser of the program's listen() and this.",
          "sysctl net.core.somaxconn"),
      ],
      runbook: "AcceptQueueFilling")
  }

  private static func descriptors(of context: Context) -> String {
    "ls /proc/\(context.pid)/fd | wc -l; grep 'open files' /proc/\(context.pid)/limits"
  }

  static func listenDrops(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "This host drops new connections; the fullest accept queue is that of \(context.process) \(context.place).",
      meaning:
        "A listener had no room for a connection that was to be opened. The kernel counts that by host, not by listener.",
      turn: "It is the listening process's turn.",
      cause:
        "An accept queue is full, where overflows grow alike; else memory for sockets, or a flood of SYNs.",
      symptoms: "Clients' connects take a second or more, then ETIMEDOUT.",
      steps: [
        Step(
          "Do they grow, and are they alike?", "nstat -az TcpExtListenOverflows TcpExtListenDrops"),
        Step("Which queue is full?", "ss -tln"),
        Step(
          "Memory for sockets, against its limit.",
          "cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem"),
      ],
      runbook: "ListenDrops")
  }

  static func ephemeralPorts(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "The local ports for connections \(context.place) come to their end.",
      meaning:
        "From one address to one destination only the local port differs. The side that closes first keeps its port for 60 seconds of TIME-WAIT.",
      turn: "It is this side's turn: the process has to make fewer connections, or keep them.",
      cause:
        "Mostly TIME-WAIT: a new connection for every request. Mostly ESTAB: a pool without an upper limit. Mostly CLOSE-WAIT: a leak.",
      symptoms: "EADDRNOTAVAIL at connect().",
      steps: [
        Step(
          "What holds the ports, by state?",
          "ss -tan \(context.filter) | awk '{ print $1 }' | sort | uniq -c"),
        Step("Who connects there?", "ss -tanp \(context.filter)"),
        Step(
          "Relief until the program is mended: outbound connections may take a port after one second of TIME-WAIT.",
          "sysctl net.ipv4.tcp_tw_reuse=1"),
        Step("More ports.", "sysctl net.ipv4.ip_local_port_range='1024 65535'"),
        Step("In the program: keep connections (keep-alive, a pool with an upper limit)."),
      ],
      runbook: "EphemeralPortsExhausting")
  }
}
