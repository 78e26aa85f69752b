import SocketStates

/// Findings about established connections that are slow or make no progress.
extension FindingWords {
  static func unreadData(_ context: Context) -> FindingWords {
    let isFault = context.finding.severity == .fault
    return FindingWords(
      headline: isFault
        ? "\(context.process) does not read incoming data \(context.place)."
        : "\(context.process) reads slowly, or not at all, \(context.place).",
      meaning:
        "Bytes are in the receive queue and the process reads none of them. The network has delivered; once the queue is full, the peer has to stop sending.",
      responsible: "The process.",
      cause:
        "Work that blocks the event loop, workers that all wait for the same thing, a stream that was paused and never resumed; or backpressure from a downstream peer that is not reading.",
      symptoms: "No error: it hangs, and its peers see a closed window.",
      steps: [
        Step("Is Recv-Q above zero, and does it stay the same?", "ss -tnp\(context.filter)"),
        context.look,
      ]
        + (context.finding.pid.map {
          [Step("What is it waiting for?", "grep -H . /proc/\($0)/task/*/wchan")]
        } ?? []) + [
          Step(
            "Is it backpressure? Look at the other sockets of the process.",
            context.lookAgain.command(
              "explain", context.finding.pid.map(String.init) ?? context.finding.labels.process))
        ],
      runbook: "LocalReaderStuck")
  }

  static func peerNotReading(_ context: Context) -> FindingWords {
    guard context.finding.isStalled(on: .peerWindow) else { return smallPeerWindow(context) }
    return FindingWords(
      headline:
        "\(context.finding.localPeer?.process ?? "The peer") does not read what \(context.process) sends \(context.place).",
      meaning:
        "This side has data to send, but the peer's receive window has no room for it. Nothing is lost: the kernel probes, and the peer answers, until there is room again.",
      responsible: context.localPeer.map { "The peer: \($0), on this host. It does not read." }
        ?? "The peer: its receive buffer is full because its program does not read.",
      cause:
        "The peer is slow, hangs or has paused. That is not a fault by itself: a paused download looks the same.",
      symptoms:
        "write() blocks or returns EAGAIN; in Node.js write() returns false. Unsent data stays in this process's memory.",
      steps: [
        Step("Show Send-Q and the window probe timer (persist).", "ss -tnpoi\(context.filter)"),
        explainPeer(
          context, here: "The peer is on this host, with a full Recv-Q: explain it.",
          elsewhere: "On the peer's host, the same connection has a full Recv-Q: explain it there."),
        Step(
          "In the program: wait for drain before writing more, and set a deadline for peers that hold resources (TCP_USER_TIMEOUT)."
        ),
      ],
      runbook: "PeerNotReading")
  }

  /// The window held up data now and then, and none now.
  private static func smallPeerWindow(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "The peer's receive window holds up what \(context.process) sends \(context.place).",
      meaning:
        "Data moves, but for much of the time this side had more to send than the peer's receive window had room for.",
      responsible: context.localPeer.map {
        "The peer: \($0), on this host. It reads slowly, or its receive buffer is small."
      }
        ?? "The peer: its program reads slowly, or its receive buffer is small for the length of the path.",
      cause:
        "A slow reader, which is no fault by itself; or the peer sets SO_RCVBUF, or its net.ipv4.tcp_rmem is too low for a fast, long path.",
      symptoms: "No error: throughput stays below what the path allows.",
      steps: [
        Step("For what share of the time? (rwnd_limited)", "ss -tni\(context.filter)"),
        explainPeer(
          context,
          here:
            "The peer is on this host. Is its Recv-Q above zero? Then it is slow; else its receive buffer is small.",
          elsewhere:
            "On the peer's host: is Recv-Q above zero? Then the program is slow; else its receive buffer is small."
        ),
      ],
      runbook: "PeerNotReading")
  }

  /// Explains the peer, with the command for where it is.
  private static func explainPeer(_ context: Context, here: String, elsewhere: String) -> Step {
    context.finding.localPeer.map { Step(here, context.explain(peerBy: $0.pid)) }
      ?? Step(elsewhere, context.explainPortElsewhere)
  }

  static func deadPath(_ context: Context) -> FindingWords {
    FindingWords(
      headline: context.finding.hasUnsentData
        ? "Data that \(context.process) sends \(context.place) is not acknowledged."
        : "What the kernel sends for \(context.process) \(context.place) is not answered.",
      meaning:
        "The kernel sends the same segment again, or probes the peer, and nothing answers. The connection still looks established.",
      responsible: context.networkOfThisHost ?? "The network or the remote host.",
      cause: context.finding.localPeer == nil
        ? "The path is down, the remote host is gone, a device on the path no longer knows the connection, or a packet filter here drops what it sends."
        : "A packet filter on this host drops the data, or no longer knows the connection.",
      symptoms: "It hangs; ETIMEDOUT after about 15 minutes.",
      steps: [
        Step(
          "Show timers, and how often each segment was retransmitted.",
          "ss -tnpoi\(context.filter)"),
        context.reachesPeer,
        Step("Do the links have errors or drops?", "ip -s link"),
        Step(
          "In the program: set a deadline for progress (TCP_USER_TIMEOUT), so that it does not wait 15 minutes."
        ),
      ],
      runbook: "RetransmissionHigh")
  }

  static func loss(_ context: Context) -> FindingWords {
    let isReordered = context.finding.isReordered
    return FindingWords(
      headline:
        "Segments that \(context.process) sends \(context.place) are lost\(isReordered ? " or overtake each other" : "").",
      meaning:
        "More than 5 % of the data segments are sent again. \(isReordered ? "Segments arrive out of order, too, and TCP sends again what others have overtaken: it cannot tell that from loss. It" : "TCP") repairs this silently: data arrives late, none is missing.",
      responsible: context.networkOfThisHost ?? "The network.",
      cause: isReordered
        ? "Packets of one connection take several links, paths or queues (bonding in round-robin, balancing by packet, a tunnel with several threads); or the path loses some of them."
        : "A full queue on the path (then the round-trip time grows with the load), a bad link or radio, a traffic policer, or an MTU that is too large.",
      symptoms: "No error: slow answers, 200 ms or more for each lost segment.",
      steps: [
        Step(
          "Show retransmissions, round-trip time and window of each connection\(isReordered ? ", and how far segments overtake each other (reordering, reord_seen)" : "").",
          "ss -tni\(context.filter)")
      ]
        + (isReordered
          ? [
            Step(
              "Do packets of one connection take more than one link or route? Keep each flow on one (bonding: balance-xor or 802.3ad; routes: net.ipv4.fib_multipath_hash_policy).",
              "ip -d link show type bond; ip route")
          ] : []) + [
          Step("Do the links or their queues have errors or drops?", "ip -s link; tc -s qdisc"),
          largePackets(context),
          Step(
            "In the program: use timeouts of more than a few hundred milliseconds, so that one lost segment does not fail a request."
          ),
        ],
      runbook: "RetransmissionHigh")
  }

  /// Checks whether packets of full size pass; if both ends are on this host, whether a filter drops them.
  private static func largePackets(_ context: Context) -> Step {
    guard context.finding.localPeer == nil, context.showsAddresses,
      let remote = context.finding.remote
    else { return context.reachesPeer }
    // An Ethernet frame's 1500 bytes less the headers of IP and ICMP.
    return Step(
      "Do packets of full size pass? If not, the MTU is too large.",
      "ping -c 3 -M do -s \(remote.isIPv4 ? 1472 : 1452) \(remote)")
  }

  static func smallSendBuffer(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "The send buffer of \(context.process) \(context.place) is too small for the path.",
      meaning:
        "The peer and the network could take more data than this side's kernel may keep unacknowledged.",
      responsible: "The process, or the settings of this machine.",
      cause:
        "The program sets SO_SNDBUF, or net.ipv4.tcp_wmem is too low for a fast, long path.",
      symptoms: "No error: throughput stays below what the path allows.",
      steps: [
        Step("For what share of the time? (sndbuf_limited)", "ss -tni\(context.filter)"),
        Step(
          "Raise the upper limit, and do not set SO_SNDBUF: then the kernel tunes the buffer.",
          "sysctl net.ipv4.tcp_wmem"),
      ],
      runbook: "PeerNotReading")
  }
}

extension Finding {
  fileprivate func isStalled(on reason: Stall) -> Bool {
    evidence.contains { if case .stalled(reason, _, of: _) = $0 { true } else { false } }
  }

  /// Whether bytes wait that were not acknowledged, and not the kernel's probes alone.
  fileprivate var hasUnsentData: Bool {
    evidence.contains { if case .sendQueue(let bytes) = $0 { bytes > 0 } else { false } }
  }

  /// Whether most segments that were sent again went over connections whose segments overtake each other.
  fileprivate var isReordered: Bool {
    evidence.contains {
      if case .retransmitted(let again, _, _, let reordered, _) = $0 {
        2 * reordered > again
      } else {
        false
      }
    }
  }
}
