import FoundationEssentials
internal import SocketStates

extension EndedConnection {
  /// `10.0.0.1:40000 → 10.0.0.2:5432: timed out`.
  var title: String {
    guard remote.port == 0 else { return "\(localText) → \(remoteText): \(outcome)" }
    // Who did not bind(2) has lost its own address, too.
    let own = [.anyIPv4, .anyIPv6].contains(local.address) ? "port \(local.port)" : localText
    return "\(own) → a peer whose address the kernel has wiped: \(outcome)"
  }

  /// How it ended, in a few words.
  private var outcome: String {
    if wasDestroyed { return "aborted on this host" }
    return how == cause ? how.words : "closed by this side, then \(cause.words)"
  }

  /// `api.js (pid 12) connected to port 5432, 12s ago, after 5m50s of silence`.
  func note(at now: Double, _ containers: ContainerNames) -> String {
    let ago = Format.duration(max(0, Int64(now * 1000) - ended))
    let pause = silence.map { $0 >= 1000 ? ", after \(Format.duration(Int64($0))) of silence" : "" }
    return "\(labels.sentence(pid: pid, containers)), \(ago) ago\(pause ?? "")"
  }

  /// What is known of it, in sentences.
  /// - Parameter now: Unix time, seconds.
  func story(at now: Double, _ containers: ContainerNames) -> [String] {
    let date = Date(timeIntervalSince1970: Double(ended) / 1000).formatted(.iso8601)
    let ago = Format.duration(max(0, Int64(now * 1000) - ended))
    return [
      "\(labels.sentence(pid: pid, containers)).", "It ended at \(date), \(ago) ago. \(reason)",
      errors, traffic, pause, loss,
    ].filter { !$0.isEmpty }
  }

  /// Who ended it, and what shows that.
  private var reason: String {
    let reason = isExact ? exactCause ?? likelyCause : likelyCause
    if how == cause { return reason }
    return "\(reason) Before that, the peer had acknowledged the end of this side's stream (FIN)."
  }

  /// The process, as the subject of a sentence.
  private var who: String {
    labels.process == Owner.unknownName ? "This side" : labels.process
  }

  /// What the kernel's own counters say of the end; nil if no more than else is known.
  private var exactCause: String? {
    let unread = Format.bytes(UInt64(unreadBytes))
    if wasDestroyed {
      return
        "Something on this host had the kernel abort it (SOCK_DESTROY), and not the process that it belonged to: an administrator with `ss -K`, or a network manager."
    }
    switch (cause, resetReason) {
    case (.resetSent, .abortOnClose): return "\(who) reset it: it closed with \(unread) unread."
    case (.resetSent, .abortOnData): return "\(who) reset it: data came after it had closed."
    case (.resetSent, .abortOnMemory):
      return "The kernel reset it: it had no memory left for connections that are closed already."
    case (.resetSent, .state), (.resetSent, .abortOnLinger), (.resetSent, .disconnectWithData):
      return
        "\(who) reset it: it closed with SO_LINGER 0 (in Node, resetAndDestroy), disconnected it, or never accepted it."
    case (.resetSent, _): return "\(who) reset it."
    case (.resetReceived, _):
      return "The peer reset it\(lastState.map { ", in state \($0.title)" } ?? "")."
    default: return nil
    }
  }

  private var likelyCause: String {
    switch cause {
    case .closed where lastState?.hasPeerFIN == true:
      "The peer closed it first (CLOSE-WAIT), then this side did, and the peer acknowledged that."
    case .closed: "This side closed it, and the peer acknowledged that."
    case .resetReceived where lastState?.hasPeerFIN == true:
      "The peer had closed (CLOSE-WAIT), this side still sent or closed, and the peer answered with a reset."
    case .resetReceived:
      "The peer reset it, or something on the path in its name: it had closed before, closed with unread data or with SO_LINGER 0, crashed, or had forgotten the connection. If its own end is on this host, the story of that tells which."
    case .resetSent where remote.port != 0:
      "This side reset it: its process closed it with \(Format.bytes(UInt64(unreadBytes))) unread, which makes the kernel send a reset."
    case .resetSent:
      "This side reset it: its process closed it with SO_LINGER 0 (in Node, resetAndDestroy), disconnected it, or never accepted it."
    case .timedOut where unacknowledgedBytes > 0:
      "The peer no longer acknowledged what was sent, and the retransmission timer gave up."
    case .timedOut: "The peer no longer answered, and probes or retransmissions gave up."
    case .aborted where unreadBytes > 1:
      "It was reset while \(Format.bytes(UInt64(unreadBytes))) were unread here: either this process closed without reading them, which makes the kernel send a reset, or the peer reset it."
    case .aborted:
      "It was reset before this side's end was acknowledged. Which side did it is told only by the kernel's own counters (sockstated-bpf); most likely the peer, since everything was read here: it closed with unread data or SO_LINGER 0, crashed, or had forgotten the connection."
    case .unknown, .moved: "Its counters do not show how."
    }
  }

  /// Which error each side has seen, or will see.
  private var errors: String {
    if wasDestroyed {
      return
        "This side's next read or write fails with ECONNABORTED if it has not closed; the peer's with ECONNRESET, or EPIPE."
    }
    return how == cause ? directErrors : lateErrors
  }

  private var directErrors: String {
    switch how {
    case .closed: "No error: a reader sees the end of the stream."
    case .resetReceived:
      lastState?.hasPeerFIN == true
        ? "This side's next write fails with EPIPE; a peer that closed it has seen no error of it."
        : "This side's next read or write fails with ECONNRESET or EPIPE; a peer that closed it has seen no error of it."
    case .resetSent: "The peer's next read or write fails with ECONNRESET; this side sees no error."
    case .timedOut:
      "This side's next read or write fails with ETIMEDOUT. The peer sees nothing until it sends: then ECONNRESET, or a time-out of its own."
    case .aborted:
      "The side that was reset sees ECONNRESET at its next read or write, and EPIPE at the write after that; the side that reset sees no error."
    case .unknown, .moved: ""
    }
  }

  /// Those of an end after this side's FIN: the peer has read the end of the stream.
  private var lateErrors: String {
    switch cause {
    case .resetSent: "The peer's next write fails with EPIPE; this side sees no error."
    case .resetReceived: "If this side still reads, it sees ECONNRESET."
    default: "If this side still reads, it sees ETIMEDOUT."
    }
  }

  private var traffic: String {
    guard remote.port != 0 else { return "The kernel has wiped its counters." }
    var text =
      "\(Format.bytes(sentBytes)) sent, \(Format.bytes(receivedBytes)) received (an end of stream counting as one)"
    if retransmits > 0 { text += ", \(Format.count(retransmits, "segment")) retransmitted" }
    if rtt > 0 { text += ", round trip \(Double(rtt / 10) / 100) ms" }
    return text + "."
  }

  private var pause: String {
    guard let idle else { return "" }
    let most = "No payload had moved for \(Format.duration(Int64(idle))) at most"
    return isUnanswered && how != .closed
      ? "\(most), and nothing has come after what this side sent last: \(isInbound == true ? "an answer" : "a request") was in flight.\(before)"
      : "\(most)."
  }

  /// The silence before the request in flight, if it was longer.
  private var before: String {
    guard let silence, let idle, silence > idle, silence >= 1000 else { return "" }
    return " Before that, nothing had moved for \(Format.duration(Int64(silence)))."
  }

  private var loss: String {
    unacknowledgedBytes > 0
      ? "\(Format.bytes(unacknowledgedBytes)) that were sent may not have arrived." : ""
  }
}

extension ConnectionEnd {
  /// How a connection ended.
  var words: String {
    switch self {
    case .closed: "closed in good order"
    case .resetReceived: "reset by the peer"
    case .resetSent: "reset by this side"
    case .timedOut: "timed out"
    case .aborted: "reset or aborted"
    case .unknown, .moved: "ended, not known how"
    }
  }
}

extension GroupLabels {
  /// `server.js (pid 12) of shop.service serves port 8080`.
  fileprivate func sentence(pid: Int32, _ containers: ContainerNames) -> String {
    var who = process == Owner.unknownName ? "A process that is not known" : process
    who = who.with(pid: pid == 0 ? nil : pid)
    let place = containers.place(of: self, showsIdentifiers: true)
    if !place.isEmpty { who += " of \(place)" }
    guard let port else { return "\(who), the service's port is not known" }
    return "\(who) \(direction == .inbound ? "serves" : "connected to") port \(port)"
  }
}
