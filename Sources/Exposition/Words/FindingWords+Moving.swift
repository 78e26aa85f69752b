import SocketStates

/// Connections that are up, and slow or still.
extension FindingWords {
  static func unreadData(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(context.process) does not read what has arrived on its connections \(context.place).",
      meaning:
        "Bytes lie in the receive queue and the process has taken none of them. The network has delivered; when the queue is full the peer has to stop.",
      responsible: "The process is responsible.",
      cause:
        "Work that blocks the event loop, workers that all wait for the same thing, a stream that was paused and is never resumed; or somebody that it writes to does not read, and it only passes the jam on.",
      symptoms: "No error. It hangs, and its peers see a full window.",
      steps: [
        Step("Recv-Q is not zero and does not change?", "ss -tnp\(context.filter)"),
        context.look,
      ]
        + (context.finding.pid.map {
          [Step("What does it wait for?", "grep -H . /proc/\($0)/task/*/wchan")]
        } ?? []) + [
          Step(
            "Does it pass a jam on? Look at the rest of its sockets.",
            context.lookAgain.command(
              "explain", context.finding.pid.map(String.init) ?? context.finding.labels.process))
        ],
      runbook: "LocalReaderStuck")
  }

  static func peerNotReading(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(context.finding.localPeer?.process ?? "The peer") does not read what \(context.process) sends \(context.place).",
      meaning:
        "This side has data to send and the peer has no room: its receive window is shut. Nothing is lost; the kernel probes until there is room.",
      responsible: context.localPeer.map {
        "The peer is responsible: it is \($0), on this host, and it does not read."
      } ?? "The peer is responsible: its kernel is full because its program does not read.",
      cause:
        "The peer is slow, hangs or has paused. That is no fault by itself: whoever pauses a download looks like that.",
      symptoms:
        "write() blocks or says “full”; in Node write() returns false. What cannot be sent waits in this process's memory.",
      steps: [
        Step("Send-Q, and the window's timer (persist).", "ss -tnpoi\(context.filter)"),
        context.finding.localPeer.map {
          Step(
            "The peer is on this host, with a full Recv-Q: explain it.",
            context.explain(peerBy: $0.pid))
        }
          ?? Step(
            "On the peer's host the same connection has a full Recv-Q: explain it there.",
            context.explainPortElsewhere),
        Step(
          "Wait for drain before writing more, and give peers that hold resources a deadline (TCP_USER_TIMEOUT)."
        ),
      ],
      runbook: "PeerNotReading")
  }

  static func deadPath(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "What \(context.process) sends \(context.place) is not acknowledged.",
      meaning:
        "The retransmission timer has run out and waits longer each time. The connection still looks established.",
      responsible: context.localPeer.map {
        "The network of this host itself is responsible: the peer is \($0), on this host."
      } ?? "The network or the remote host is responsible.",
      cause: context.finding.localPeer == nil
        ? "The path is cut, the far host is gone, or a box in between has forgotten the connection."
        : "A filter of this host drops it, or has forgotten the connection.",
      symptoms: "It hangs; after about 15 minutes ETIMEDOUT.",
      steps: [
        Step("Timers, and how often each was sent again.", "ss -tnpoi\(context.filter)"),
        context.reachesPeer,
        Step("Errors and drops of the links.", "ip -s link"),
        Step(
          "In the program: a deadline for progress (TCP_USER_TIMEOUT), so that it does not wait a quarter of an hour."
        ),
      ],
      runbook: "RetransmissionHigh")
  }

  static func loss(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "Segments that \(context.process) sends \(context.place) get lost.",
      meaning:
        "More than five of a hundred data segments are sent a second time. TCP repairs that in silence: data come late, nothing is missing.",
      responsible: context.localPeer.map {
        "The network of this host itself is responsible: the peer is \($0), on this host."
      } ?? "The network is responsible.",
      cause:
        "A full queue on the path (then the round-trip time grows with the load), a bad link or radio, a policer, or an MTU that is too large.",
      symptoms: "No error: slow answers, 200 ms and more for each lost segment.",
      steps: [
        Step(
          "Retransmissions, round-trip time and window by connection.", "ss -tni\(context.filter)"),
        Step("Errors and drops of the links, and of their queues.", "ip -s link; tc -s qdisc"),
        largePackets(context),
        Step(
          "In the program: timeouts above some hundred milliseconds, so that one lost segment is no failed request."
        ),
      ],
      runbook: "RetransmissionHigh")
  }

  /// Sees whether packets of full size pass; within one host, whether a filter drops some.
  private static func largePackets(_ context: Context) -> Step {
    guard context.finding.localPeer == nil, context.showsAddresses,
      let remote = context.finding.remote
    else { return context.reachesPeer }
    // An Ethernet frame's 1500 bytes less the headers of IP and ICMP.
    return Step(
      "Small answers pass and large ones hang? The MTU.",
      "ping -c 3 -M do -s \(remote.isIPv4 ? 1472 : 1452) \(remote)")
  }

  static func smallSendBuffer(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "The send buffer of \(context.process) \(context.place) is too small for the path.",
      meaning:
        "The peer and the network would take more than this side's kernel may hold unacknowledged.",
      responsible: "This side is responsible.",
      cause:
        "A program that sets SO_SNDBUF, or net.ipv4.tcp_wmem too low for a fast and long path.",
      symptoms: "No error: throughput stays below what the path can do.",
      steps: [
        Step("Which share of the time? (sndbuf_limited)", "ss -tni\(context.filter)"),
        Step(
          "Raise the upper limit, and leave SO_SNDBUF alone: then the kernel tunes it.",
          "sysctl net.ipv4.tcp_wmem"),
      ],
      runbook: "PeerNotReading")
  }
}
