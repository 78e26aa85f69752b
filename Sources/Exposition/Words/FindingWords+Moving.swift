import SocketStates

/// Connections that are up, and slow or still.
extension FindingWords {
  static func unreadData(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "\(context.process) does not read what has arrived \(context.place).",
      meaning:
        "Bytes lie in the receive queue and the process has taken none of them. The network has delivered; when the queue is full the peer has to stop.",
      turn: "It is the process's turn.",
      cause:
        "Work that blocks the event loop, workers that all wait for the same thing, a stream that was paused and is never resumed; or the one that *it* writes to does not read, and it only passes the jam on.",
      symptoms: "No error. It hangs, and its peers see a full window.",
      steps: [
        Step("Recv-Q is not zero and does not change?", "ss -tnp \(context.filter)"),
        context.look,
        Step("What does it wait for?", "cat /proc/\(context.pid)/task/*/wchan"),
        Step(
          "Does it pass a jam on? Look at the rest of its sockets.",
          "sockstated explain \(context.pid)"),
      ],
      runbook: "LocalReaderStuck")
  }

  static func peerNotReading(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "The peer does not read what \(context.process) sends \(context.place).",
      meaning:
        "This side has data to send and the peer has no room: its receive window is shut. Nothing is lost; the kernel probes until there is room.",
      turn: "It is the peer's turn: its kernel is full because its program does not read.",
      cause:
        "The peer is slow, hangs or has paused. That is no fault by itself: whoever pauses a download looks like that.",
      symptoms:
        "write() blocks or says “full”; in Node write() returns false. What cannot be sent waits in this process's memory.",
      steps: [
        Step("Send-Q, and the window's timer (persist).", "ss -tnpoi \(context.filter)"),
        Step(
          "On the peer's host the same connection has a full Recv-Q: explain it there.",
          "sockstated explain :\(context.port)"),
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
      turn: "It is the network's turn, or the far host's.",
      cause:
        "The path is cut, the far host is gone, or a box in between has forgotten the connection.",
      symptoms: "It hangs; after about 15 minutes ETIMEDOUT.",
      steps: [
        Step("Timers, and how often each was sent again.", "ss -tnpoi \(context.filter)"),
        Step("Is the peer's host there?", "ping -c 3 PEER"),
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
      turn: "It is the network's turn.",
      cause:
        "A full queue on the path (then the round-trip time grows with the load), a bad link or radio, a policer, or an MTU that is too large.",
      symptoms: "No error: slow answers, 200 ms and more for each lost segment.",
      steps: [
        Step(
          "Retransmissions, round-trip time and window by connection.", "ss -tni \(context.filter)"),
        Step("Errors and drops of the links.", "ip -s link; tc -s qdisc"),
        Step("Small answers pass and large ones hang? The MTU.", "ping -M do -s 1472 PEER"),
        Step(
          "In the program: timeouts above some hundred milliseconds, so that one lost segment is no failed request."
        ),
      ],
      runbook: "RetransmissionHigh")
  }

  static func smallSendBuffer(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "The send buffer of \(context.process) \(context.place) is too small for the path.",
      meaning:
        "The peer and the network would take more than this side's kernel may hold unacknowledged.",
      turn: "It is this side's turn.",
      cause:
        "A program that sets SO_SNDBUF, or net.ipv4.tcp_wmem too low for a fast and long path.",
      symptoms: "No error: throughput stays below what the path can do.",
      steps: [
        Step("Which share of the time? (sndbuf_limited)", "ss -tni \(context.filter)"),
        Step(
          "Raise the upper limit, and leave SO_SNDBUF alone: then the kernel tunes it.",
          "sysctl net.ipv4.tcp_wmem"),
      ],
      runbook: "PeerNotReading")
  }
}
