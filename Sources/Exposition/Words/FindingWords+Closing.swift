package import SocketStates

/// Findings about connections that close: CLOSE-WAIT, and the other states that may remain.
extension FindingWords {
  /// Why a CLOSE-WAIT socket stays, in one sentence.
  package static func sentence(_ cause: CloseWaitCause) -> String {
    switch cause {
    case .notClosed:
      "The process has read everything, including the end of the stream, but has not closed the socket: most likely it has leaked the descriptor."
    case .endUnread:
      "Everything but the end of the stream has been read: the process no longer polls this socket."
    case .dataUnread:
      "Data is unread: the process stopped reading before the end of the stream."
    case .notAccepted:
      "The connection is still in the accept queue: the process has not called accept() for it."
    }
  }

  static func closeWait(_ cause: CloseWaitCause, _ context: Context) -> FindingWords {
    let process = context.process
    let reason =
      switch cause {
      case .notClosed: "the peer has closed, \(process) has not"
      case .endUnread: "\(process) has not read the end of the stream"
      case .dataUnread: "\(process) has stopped reading"
      case .notAccepted:
        "\(context.acceptor) has not accepted \(context.count == 1 ? "it" : "them")"
      }
    let isOneOfMany = cause == .notAccepted && context.finding.pid == nil
    return FindingWords(
      headline: "\(context.connections("is", "are")) stuck in CLOSE-WAIT: \(reason).",
      meaning:
        "CLOSE-WAIT: the peer has sent a FIN, so it will send no more data, and the kernel has acknowledged it. Now the process has to call close().",
      responsible:
        "\(isOneOfMany ? context.acceptors : "The process"). Only its close(), or its exit, ends CLOSE-WAIT; there is no timeout.",
      cause: "\(sentence(cause)) Common reason: \(commonReason(cause, context)).",
      symptoms: symptoms(cause),
      steps: steps(cause, context),
      runbook: cause == .notAccepted ? "AcceptQueueFilling" : "CloseWaitLeak")
  }

  private static func commonReason(_ cause: CloseWaitCause, _ context: Context) -> String {
    let isInbound = context.finding.labels.direction == .inbound
    return switch cause {
    case .notClosed:
      isInbound
        ? "a request handler has a path that never ends the response, such as an error, a timeout or an early return; in Node.js, allowHalfOpen without end()"
        : "a client drops connections without closing them, or never reads a response to its end"
    case .endUnread:
      isInbound
        ? "the handler waits for something else and does not read from the socket"
        : "a connection pool does not notice that the server has closed an idle connection; the next request on it fails"
    case .dataUnread:
      "a stream was paused and never resumed, or its worker is waiting for something else"
    case .notAccepted: "the process hangs, or has no file descriptors left to accept with"
    }
  }

  private static func symptoms(_ cause: CloseWaitCause) -> String {
    switch cause {
    case .notClosed: "None at first; EMFILE once descriptors run out."
    case .endUnread: "EPIPE or ECONNRESET on the next write; EMFILE once descriptors run out."
    case .dataUnread: "No error: the process hangs. EMFILE once descriptors run out."
    case .notAccepted: "None in this process; its clients connect, wait, and give up."
    }
  }

  private static func steps(_ cause: CloseWaitCause, _ context: Context) -> [Step] {
    let list = Step(
      "List them with peer, pid and descriptor.",
      "ss -tanp state close-wait\(context.filterOfBothSides)")
    let (restart, inheritance) = (context.restart, context.inheritance)
    switch cause {
    case .notClosed:
      return [
        list, restart,
        Step(
          "In the program: close the socket on every code path, including errors and timeouts."),
        inheritance,
      ]
    case .endUnread:
      return [
        list,
        Step(
          context.finding.labels.direction == .inbound
            ? "In the program: read from, or poll, every connection that is kept open."
            : "In the program: give the pool an idle timeout below the server's, and test a connection before use."
        ), inheritance, restart,
      ]
    case .dataUnread:
      return [
        list, context.look,
        Step("In the program: resume or destroy paused streams, also after their work has failed."),
        restart,
      ]
    case .notAccepted:
      return [
        Step("Is the queue full? Recv-Q is its length, Send-Q its limit.", context.listeners),
        context.look,
      ] + [context.descriptors(of: context.finding.pid)].compactMap(\.self)
    }
  }

  static func halfClosed(_ context: Context) -> FindingWords {
    let evidence = context.finding.evidence
    let isAwaited = evidence.contains { if case .peersWaiting = $0 { true } else { false } }
    let isRelay = evidence.contains { if case .waitsItself = $0 { true } else { false } }
    let cause =
      switch (isAwaited, isRelay) {
      case (true, _):
        "The peer has ended only its own half and still waits for an answer: most likely the process works on it. It is a leak if their number grows."
      case (_, true):
        "Likely a relay: the process waits for the far side of each before it closes this one. It is a leak if their number grows."
      default: "Unfinished work, or the beginning of a leak: watch their age and number."
      }
    return FindingWords(
      headline:
        "\(context.connections("is", "are")) half closed: the peer has closed\(isAwaited ? " its half and waits for \(context.process)" : ", \(context.process) has not yet").",
      meaning:
        "CLOSE-WAIT, but \(isAwaited || isRelay ? "likely on purpose" : "not for long"). A process that closes at once leaves it within milliseconds; one that still has data to send may stay in it.",
      responsible: "The process: it has to send the rest, then close.",
      cause: cause,
      symptoms: "None yet.",
      steps: [
        Step("Check again in a minute.", context.explainPort),
        Step(
          "Or watch their number and age.",
          context.lookAgain.command("watch", "--state", "close_wait")),
      ],
      runbook: "CloseWaitStuck")
  }

  static func closedHeld(_ context: Context) -> FindingWords {
    FindingWords(
      headline: context.isAgeLowerBound
        ? "\(context.process) holds \(Format.count(context.count, "TCP socket")) without a connection."
        : "\(context.connections("has", "have")) ended, and \(context.process) still holds \(context.count == 1 ? "its descriptor" : "their descriptors").",
      meaning:
        "CLOSED: the connection ended by a reset, a time-out or shutdown(), and the kernel has taken it out of its tables, so ss does not show it any more. Its descriptor stays open until the process calls close()."
        + (context.isAgeLowerBound
          ? " Of some only the descriptor was seen: they may also never have been connected." : ""),
      responsible:
        "The process. Only its close(), or its exit, frees the descriptor; there is no timeout.",
      cause:
        "The process has not looked at these sockets since, or has lost track of them: most likely a descriptor leak, as with CLOSE-WAIT.",
      symptoms:
        "None at first, then EMFILE; ECONNRESET, ETIMEDOUT or EPIPE if it uses one of them again.",
      steps: [
        context.finding.pid.map {
          Step(
            "List its sockets. Those that ss does not show have ended.",
            "ls -l /proc/\($0)/fd | grep socket; ss -tanp | grep pid=\($0),")
        } ?? context.look,
        context.restart,
        Step(
          "In the program: close the socket on every code path, including errors and timeouts."),
        context.inheritance,
      ],
      runbook: "Descriptors of ended connections")
  }

  static func descriptors(_ context: Context) -> FindingWords {
    FindingWords(
      headline: "\(context.process) is running out of file descriptors.",
      meaning:
        "Every socket holds a descriptor until it is closed. When none is left, accept(), socket() and open() fail.",
      responsible: "The process: it has to close what it no longer needs.",
      cause:
        "Sockets that it does not close (CLOSE-WAIT, CLOSED), or a limit that is too low for its work.",
      symptoms: "EMFILE; new clients wait in the accept queue, and log files cannot be opened.",
      steps: [
        context.descriptors(of: context.finding.pid) ?? context.look
      ]
        + (context.finding.pid.map {
          [
            Step(
              "Raise the limit without a restart. That buys time; it fixes nothing.",
              "prlimit --pid \($0) --nofile=65536:65536")
          ]
        } ?? []) + [Step("Restart the process at a time that suits you.")],
      runbook: "DescriptorsExhausting")
  }

  static func peerNotClosing(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(context.connections("is", "are")) waiting for the peer to close: \(context.process) has closed its side.",
      meaning:
        "FIN-WAIT-2: this side has sent a FIN, the peer's kernel has acknowledged it, and the peer has not closed its own side.",
      responsible:
        "The peer: \(context.localPeer.map { "\($0), on this host; there" } ?? "on its host") the same connection is in CLOSE-WAIT. If no process holds this side any more, the kernel drops it after tcp_fin_timeout (60 s); otherwise it stays.",
      cause:
        "The peer has leaked the connection, still has data to send, or is gone without a FIN or a reset.",
      symptoms: "None, or a read() that waits for an end of the stream that never comes.",
      steps: [
        context.finding.localPeer.map {
          Step("The peer is on this host: see what it does.", context.explain(peerBy: $0.pid))
        } ?? Step("On the peer's host: who holds the other side?", context.explainPortElsewhere),
        Step("List them here.", "ss -tanpo state fin-wait-2\(context.filter)"),
        Step(
          "In the program: close the socket if the answer no longer matters, or set a read timeout."
        ),
      ],
      runbook: "States of a connection")
  }

  static func endUnconfirmed(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(Format.count(context.count, "connection")) of \(context.process) \(context.place) cannot finish closing: the last segments are not acknowledged.",
      meaning:
        "FIN-WAIT-1, LAST-ACK and CLOSING wait until the peer's kernel acknowledges the FIN and the data before it.",
      responsible:
        "The network: the FIN or its acknowledgement is lost, or the peer is gone.",
      cause:
        "\(context.finding.localPeer == nil ? "The peer's host or the path to it" : "A packet filter on this host") drops packets; or the peer does not read, and the FIN waits behind data for which it has no room.",
      symptoms: "None: the process has closed the socket already.",
      steps: [
        Step("Show timers, retransmissions and unsent data.", "ss -tanoi\(context.filter)"),
        context.reachesPeer,
        Step("Wait: the kernel gives up after tcp_orphan_retries, a minute or more."),
      ],
      runbook: "States of a connection")
  }

  static func timeWait(_ context: Context) -> FindingWords {
    FindingWords(
      headline:
        "\(Format.count(context.count, "closed connection")) \(context.place) \(context.count == 1 ? "is" : "are") in TIME-WAIT, which is normal.",
      meaning:
        "TIME-WAIT: the side that closed first keeps the pair of ports for 60 seconds, so that late segments cannot reach a new connection.",
      responsible: "Nobody: the kernel ends it by itself.",
      cause: "This side closes first, and often.",
      symptoms: "None while local ports are left.",
      steps: [
        Step(
          "Nothing. If they grow to tens of thousands, use each connection for more than one request."
        )
      ],
      runbook: "EphemeralPortsExhausting")
  }
}

extension FindingWords.Context {
  fileprivate var restart: FindingWords.Step {
    FindingWords.Step(
      "Save the evidence (this output, a stack or heap dump), then restart "
        + (isShared
          ? "every process that holds them: the last one to close counts."
          : "the process: that closes all of them."))
  }

  fileprivate var inheritance: FindingWords.Step {
    FindingWords.Step(
      isShared
        ? "Several processes hold them, most likely because one has inherited them: set close-on-exec (SOCK_CLOEXEC, O_CLOEXEC) in the program that opens them."
        : "If the process does not know them, it has inherited them: set close-on-exec (SOCK_CLOEXEC) in the program that started it."
    )
  }
}
