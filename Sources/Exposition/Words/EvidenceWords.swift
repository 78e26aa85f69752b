package import SocketStates

extension Evidence {
  /// The evidence as a phrase for a list.
  /// - Parameter showsAddresses: whether the reader may see who is connected; nil if nothing is left to
  ///   say without that.
  package func words(showsAddresses: Bool) -> String? {
    switch self {
    case .sockets(let state, let count):
      "\(Format.count(count, "socket")) in \(state.title)"
    case .oldest(let age, let isAtLeast):
      "the oldest for \(Format.age(age, isAtLeast: isAtLeast))"
    case .receiveQueue(let bytes): "\(Format.bytes(bytes)) unread"
    case .sendQueue(let bytes): "\(Format.bytes(bytes)) unsent or unacknowledged"
    case .stalled(let stall, let count, let all):
      "\(Format.number(count)) of \(Format.count(all, "connection")) without progress: \(stall.words)"
    case .acceptQueue(let length, let limit):
      "\(Format.number(length)) in the accept queue, limit \(Format.number(limit))"
    case .retransmitted(let again, let sent, let spurious, let reordered, let span):
      "\(Format.number(again)) of \(Format.count(sent, "segment")) retransmitted (\(Format.percent(again, of: sent))) \(span.words)"
        + (spurious > 0 ? "; the peer had \(Format.number(spurious)) of them already" : "")
        + (reordered > 0
          ? "; \(Format.number(reordered)) over connections whose segments overtake each other"
          : "")
    case .connectFailures(let failure, let count, let span):
      "\(Format.count(count, "connection attempt")) \(failure.label) \(span.words)"
    case .attemptsOver(let failed, let all, let span):
      "\(Format.number(failed)) of \(Format.count(all, "connection attempt")) that are over failed (\(Format.percent(failed, of: all))) \(span.words); the others have become connections that ended"
    case .sendLimited(let limit, let share, let span):
      "sending limited by \(limit.words) for \(Format.percent(share)) of the time with data to send, \(span.words)"
    case .ephemeralPorts(let ports): ports.words(showsAddresses: showsAddresses)
    case .ownerless(let count, let isLikelyOwn):
      "\(Format.count(count, "socket")) to that port whose process was not seen"
        + (isLikelyOwn
          ? ", likely its own: all that were seen to that destination were" : "")
    case .descriptors(let open, let limit):
      "\(Format.number(open)) of \(Format.number(limit)) file descriptors open"
    case .destination(let report):
      showsAddresses
        ? "\(Format.count(report.synSent, "connection attempt")) to \(report.destinationText) without an answer"
        : nil
    case .fullListener(let socket):
      "\(socket.labels.process.with(pid: socket.pid == 0 ? nil : socket.pid)) listens on port \(socket.local.port == 0 ? socket.labels.portText : "\(socket.local.port)")\(socket.device.isEmpty ? "" : " at \(socket.device)"): \(Format.number(socket.receiveQueue)) in its accept queue, limit \(Format.number(socket.sendQueue))"
        + (socket.sharedBy.map { ", held by \($0)" } ?? "")
    case .socket(let socket): socket.words(showsAddresses: showsAddresses)
    case .peersWaiting(let count):
      "the peers of \(Format.number(count)) are on this host, hold their sockets and wait (FIN-WAIT-2)"
    case .waitsItself(let count):
      "the process itself waits for \(Format.count(count, "peer")) to close, on other ports (FIN-WAIT-2)"
    case .listenDrops(let drops, let span):
      "\(Format.count(drops, "connection")) dropped by the listener \(span.words)"
    case .handshakes(let count, let limit):
      "\(Format.number(count)) unfinished handshakes (SYN-RECV), limit \(Format.number(limit))"
    case .deferredHandshakes(let count, let limit):
      "\(Format.number(count)) in SYN-RECV are connected and wait for the client's first data (TCP_DEFER_ACCEPT), limit \(Format.number(limit))"
    case .synCookies(let count, let span):
      "\(Format.count(count, "SYN cookie")) sent by this host \(span.words)"
    case .cutOff(let cutOff, let span):
      "\(Format.number(cutOff.count)) of \(Format.count(cutOff.ended, "connection")) that ended were cut off by a reset (\(Format.percent(cutOff.count, of: cutOff.ended))) \(span.words)"
        + (cutOff.silent == 0
          ? "" : ", \(Format.number(cutOff.silent)) of them after a second without a byte, or more")
        + (cutOff.underWay == 0
          ? ""
          : ", \(Format.number(cutOff.underWay)) of them with data under way that may have arrived")
    case .likelyClient(let process):
      "the only process of this host that is known to connect to the port is \(process)"
    case .idleCluster(let cluster): cluster.words
    case .peers(let worst): showsAddresses ? worst.words : nil
    case .hostAborts(let reason, let count, let span):
      "\(Format.count(count, "reset")) of this host \(span.words): \(reason.words)"
    case .condition(let condition, let process, let pid):
      "\(process) (pid \(pid)) \(condition.words)"
    }
  }
}

extension IdleCluster {
  /// `5.0s`, or with half of the difference of the shortest and the longest `5m50s ± 1.0s`.
  var time: String {
    let spread = (Int64(longest) - Int64(shortest)) / 2
    return Self.text(idle) + (spread >= 100 ? " ± \(Self.text(spread))" : "")
  }

  /// To a tenth of a second below a minute.
  private static func text(_ milliseconds: Int64) -> String {
    milliseconds < 60_000
      ? "\(Double((milliseconds + 50) / 100) / 10)s" : Format.duration(milliseconds)
  }

  fileprivate var words: String {
    "\(Format.number(count)) of the last \(Format.count(all, "connection")) that broke after a silence did after \(time)"
      + (inFlight > 0 ? ", \(Format.number(inFlight)) of them with a request in flight" : "")
  }
}

extension WorstPeers {
  /// `of 40 segments retransmitted 37 to 10.2.0.9, 3 to 10.2.0.7, in the last one to two minutes`.
  fileprivate var words: String {
    let what =
      switch trouble {
      case .retransmits: "\(Format.count(total, "segment")) retransmitted"
      case .failures: "\(Format.count(total, "connection attempt")) failed"
      case .endings: "\(Format.count(total, "connection")) that broke"
      }
    let each = peers.map { "\(Format.number($0.count)) with \($0.address)" }
    return "of \(what) in the last one to two minutes, \(each.joined(separator: ", "))"
  }
}

extension EphemeralPortsReport {
  /// `900 of 28,232 local ports of 192.0.2.1 in use to 192.0.2.2:443`.
  fileprivate func words(showsAddresses: Bool) -> String {
    let count = "\(Format.number(used)) of \(Format.number(limit)) local ports "
    guard destination != nil else {
      return count + "taken by bind(), whatever the destination"
        + (showsAddresses ? ", most of them at \(source)" : "")
        + (isDeduced ? "; no two connections share one" : "")
    }
    let held = bound > 0 ? "; \(Format.number(bound)) of them taken by bind()" : ""
    return count
      + (showsAddresses ? "of \(source) in use to \(destinationText)" : "in use to one destination")
      + held
  }
}

extension [SocketReport.Holder] {
  /// `app.py (812, fd 7) and sleep (901, fd 3)`: four of them, and how many more.
  var enumeration: String {
    var names = prefix(4).map { holder in
      "\(holder.process) (\(holder.pid)\(holder.descriptor.map { ", fd \($0)" } ?? ""))"
    }
    if count > names.count { names.append("\(count - names.count) more") }
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}

extension SocketReport {
  /// `app.py (812, fd 7) and sleep (901, fd 3)`; nil if no more than one process is known to hold it.
  var sharedBy: String? {
    holders.count > 1 ? holders.enumeration : nil
  }

  /// `fd 30, peer 127.0.0.1:37282, CLOSE-WAIT for 12m04s (not_closed), Recv-Q 0, Send-Q 0`; of a stall,
  /// `ESTAB for 1m26s, no progress for at least 25s (local_reader), 4.1 kB a second on average, …`.
  package func words(showsAddresses: Bool) -> String {
    var parts: [String] = []
    if let sharedBy {
      parts.append("held by \(sharedBy)")
    } else {
      if pid != 0 { parts.append("pid \(pid)") }
      if let descriptor { parts.append("fd \(descriptor)") }
    }
    if showsAddresses, remote.port != 0 { parts.append("peer \(remoteText)") }
    parts.append(
      "\(state.title) for \(Format.age(age, isAtLeast: isAgeAtLeast))"
        + (cause.map { " (\($0.label))" } ?? ""))
    if state == .close, remote.port == 0, !hasEnded { parts.append("not connected") }
    if hasWaitingPeer { parts.append("peer waits") }
    if let stall {
      let since = Format.age(stalledFor ?? 0, isAtLeast: isStalledAtLeast)
      parts.append("no progress for \(since) (\(stall.label))")
    }
    if let rate { parts.append("\(Format.bytes(rate)) a second on average") }
    parts.append("Recv-Q \(receiveQueue)")
    parts.append("Send-Q \(sendQueue)")
    return parts.joined(separator: ", ")
  }
}

extension Evidence.Span {
  /// `in 2s`, `since the daemon started`.
  package var words: String {
    switch self {
    case .last(let milliseconds): "in \(Format.duration(milliseconds))"
    case .allTime: "since the daemon started"
    }
  }
}

extension Stall {
  /// What a connection waits for.
  package var words: String {
    switch self {
    case .peerWindow: "the peer's receive window has no room"
    case .retransmission: "no acknowledgements: the kernel sends again, or probes, in vain"
    case .localReader: "unread bytes, none read since the previous poll"
    }
  }
}

extension AbortReason {
  /// Why this host sent a reset, or gave up.
  fileprivate var words: String {
    switch self {
    case .data: "data arrived after close() (TCPAbortOnData)"
    case .close: "closed with unread data (TCPAbortOnClose)"
    case .memory: "no memory, or too many orphans (TCPAbortOnMemory)"
    case .timeout: "nothing was acknowledged in time (TCPAbortOnTimeout)"
    case .linger: "not waited for in FIN-WAIT-2 (TCPAbortOnLinger)"
    case .failed: "the reset could not be sent (TCPAbortFailed)"
    }
  }
}

extension Evidence.SendLimit {
  /// What limits the sender.
  var words: String {
    switch self {
    case .receiveWindow: "the peer's receive window"
    case .sendBuffer: "the local send buffer"
    }
  }
}

extension String {
  /// The name of a process with its pid, if that is known: `client.py (pid 12)`.
  func with(pid: Int32?) -> String { pid.map { "\(self) (pid \($0))" } ?? self }
}
