package import SocketStates

/// Connections that end: CLOSE-WAIT and what else may stay behind.
extension FindingWords {
  /// Why a CLOSE-WAIT stays, in one sentence.
  package static func sentence(_ cause: CloseWaitCause) -> String {
    switch cause {
    case .notClosed:
      "The process has read everything, the end of the stream too, and has not closed the socket: its descriptor is leaked."
    case .endUnread:
      "Only the end of the stream is unread: the process does not look at this socket any more."
    case .dataUnread:
      "Data are unread: the process stopped reading before the end."
    case .notAccepted:
      "The connection still waits in the accept queue: the process has not even accepted it."
    }
  }

  static func closeWait(_ cause: CloseWaitCause, _ context: Context) -> FindingWords {
    let what =
      switch cause {
      case .notClosed: "leaked"
      case .endUnread: "forgotten"
      case .dataUnread: "left unread"
      case .notAccepted: "not accepted"
      }
    return FindingWords(
      headline:
        "\(Format.count(context.count, "connection")) \(context.place) \(context.count == 1 ? "is" : "are") \(what): \(context.process) has not closed, the peer has.",
      meaning:
        "CLOSE-WAIT: the peer has said that it will send no more (FIN), the kernel has confirmed that, and the process has to call close().",
      responsible:
        "The process is responsible. Only its close(), or its end, ends CLOSE-WAIT: there is no timeout.",
      cause: "\(sentence(cause)) \(likely(cause, context))",
      symptoms: symptoms(cause),
      steps: steps(cause, context),
      runbook: cause == .notAccepted ? "AcceptQueueFilling" : "CloseWaitLeak")
  }

  private static func likely(_ cause: CloseWaitCause, _ context: Context) -> String {
    let isInbound = context.finding.labels.direction == .inbound
    return switch cause {
    case .notClosed:
      isInbound
        ? "Most often a request handler has a path that never ends the response: an error, a timeout, an early return; in Node, allowHalfOpen without end()."
        : "Most often a client drops connections without closing them, or nobody reads a response to its end."
    case .endUnread:
      isInbound
        ? "Most often a handler waits for something else and has no reader on the socket."
        : "Most often a pool does not notice that the server has ended an idle connection; the next request on it fails."
    case .dataUnread:
      "Most often a stream was paused and is never resumed, or its worker waits for something else."
    case .notAccepted:
      "Most often the process hangs, or has no descriptors left to accept with."
    }
  }

  private static func symptoms(_ cause: CloseWaitCause) -> String {
    switch cause {
    case .notClosed: "Nothing for long; EMFILE in the end, when the descriptors are used up."
    case .endUnread: "EPIPE or ECONNRESET at the next write; EMFILE in the end."
    case .dataUnread: "Nothing in this process: it hangs. EMFILE in the end."
    case .notAccepted: "Nothing in this process: its clients connect, wait, and give up."
    }
  }

  private static func steps(_ cause: CloseWaitCause, _ context: Context) -> [Step] {
    let list = Step(
      "List them with peer, pid and descriptor.",
      "ss -tanp state close-wait\(context.filterOfBothSides)")
    let restart = Step(
      "Keep the evidence (this output, a stack or heap dump), then restart the process: that closes them all."
    )
    switch cause {
    case .notClosed:
      return [list, restart, Step("Close on every path of the code, errors and timeouts too.")]
    case .endUnread:
      return [
        list,
        Step(
          context.finding.labels.direction == .inbound
            ? "Let the handler read, or poll, every connection that it keeps."
            : "Give the pool an idle timeout below the server's, and let it test a connection before use."
        ), restart,
      ]
    case .dataUnread:
      return [
        list, context.look,
        Step("Resume or destroy streams that were paused, also where their work failed."), restart,
      ]
    case .notAccepted:
      return [
        Step("Is the queue full? Recv-Q is its length, Send-Q its limit.", context.listeners),
        context.look,
      ] + [context.descriptors(of: context.finding.pid)].compactMap(\.self)
    }
  }

  static func halfClosed(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(Format.count(context.count, "connection")) \(context.place) \(context.count == 1 ? "is" : "are") half closed: the peer has ended, \(context.process) not yet.",
      meaning:
        "CLOSE-WAIT, but not for long. It passes by in milliseconds where the process closes at once; a process that still has something to send may stay in it on purpose.",
      responsible: "The process is responsible: it sends the rest, then it closes.",
      cause: "Work that is not finished yet, or the beginning of a leak: age and number will tell.",
      symptoms: "Nothing yet.",
      steps: [
        Step("Look again in a minute.", context.explainPort),
        Step(
          "Or watch their number and age.",
          context.lookAgain.command("watch", "--state", "close_wait")),
      ],
      runbook: "CloseWaitStuck")
  }

  static func descriptors(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "\(context.process) comes to the end of its descriptors.",
      meaning:
        "Each socket takes a descriptor until it is closed. With none left, accept(), socket() and open() fail.",
      responsible: "The process is responsible: it has to close what it does not need.",
      cause: "A leak of CLOSE-WAIT sockets, or a limit too low for what the process has to do.",
      symptoms: "EMFILE; new clients hang in the accept queue, log files do not open.",
      steps: [
        context.descriptors(of: context.finding.pid) ?? context.look
      ]
        + (context.finding.pid.map {
          [
            Step(
              "Give it room without a restart; that buys time and mends nothing.",
              "prlimit --pid \($0) --nofile=65536:65536")
          ]
        } ?? []) + [Step("Restart the process at a time of your choice.")],
      runbook: "CloseWaitDescriptorsExhausting")
  }

  static func peerNotClosing(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(Format.count(context.count, "connection")) \(context.place) \(context.count == 1 ? "waits" : "wait") for the peer to close: \(context.process) has ended its side.",
      meaning:
        "FIN-WAIT-2: this side has said that it will send no more, the peer's kernel has confirmed it, and the peer has not ended its own side.",
      responsible:
        "The peer is responsible: \(context.localPeer.map { "it is \($0), on this host, and there" } ?? "on its host") the same connection is in CLOSE-WAIT. Without a process here the kernel gives up after tcp_fin_timeout (60 s); with one, never.",
      cause:
        "The peer leaks the connection, still has something to send, or is gone without a word.",
      symptoms: "Nothing, or a read() that waits for an end that does not come.",
      steps: [
        context.finding.localPeer.map {
          Step("The peer is on this host: see what it does.", context.explain(peerBy: $0.pid))
        } ?? Step("On the peer's host, see who holds its side.", context.explainPortElsewhere),
        Step("List them here.", "ss -tanpo state fin-wait-2\(context.filter)"),
        Step("Where the answer does not matter any more, close the socket or set a read timeout."),
      ],
      runbook: "States of a connection")
  }

  static func endUnconfirmed(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(Format.count(context.count, "connection")) \(context.place) of \(context.process) cannot end: nobody confirms the last segments.",
      meaning:
        "FIN-WAIT-1, LAST-ACK and CLOSING wait for the peer's kernel to acknowledge the end, and what was sent before it.",
      responsible:
        "The network is responsible: the end or its acknowledgement is lost, or the peer is gone.",
      cause:
        "\(context.finding.localPeer == nil ? "The peer's host or what lies between" : "A filter of this host") drops packets; or the peer does not read, and the end waits behind data that it has no room for.",
      symptoms: "Nothing: the process has closed already.",
      steps: [
        Step(
          "See timers, retransmissions and what is still to be sent.",
          "ss -tanoi\(context.filter)"),
        context.reachesPeer,
        Step("Wait: the kernel gives up after tcp_orphan_retries, a minute or more."),
      ],
      runbook: "States of a connection")
  }

  static func timeWait(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(Format.count(context.count, "closed connection")) \(context.place) \(context.count == 1 ? "rests" : "rest") in TIME-WAIT: that is healthy.",
      meaning:
        "TIME-WAIT: the side that closed first keeps the pair of ports for 60 seconds, so that late segments do not get into a new connection.",
      responsible: "Nobody: the kernel ends it by itself.",
      cause: "This side closes first, and often.",
      symptoms: "Nothing, as long as ports are left.",
      steps: [
        Step(
          "Nothing. Where they grow into tens of thousands, keep connections open for more than one request."
        )
      ],
      runbook: "EphemeralPortsExhausting")
  }
}
