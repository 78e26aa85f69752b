/// Something that a report says about the sockets of one group: what it is, who is responsible, and
/// what shows it. A value without words: those are Exposition's.
package struct Finding: Sendable {
  package var kind: Kind
  package var severity: Severity
  package var labels: GroupLabels
  /// What shows it, the most telling first.
  package var evidence: [Evidence]
  /// The process that it is about, or one of them; nil where none is known.
  package var pid: Int32?
  /// Who has to accept, if connections wait for that.
  package var acceptors: Acceptors?
  /// An address that its connections lead to; nil where none is known.
  package var remote: Address?
  /// The far side of its connections, where that is on this host; nil where it is elsewhere, or where
  /// nothing tells.
  package var localPeer: LocalPeer?
  /// The finding that this one follows from: then that is to be mended, and this goes with it.
  package var follows: Reference?

  package init(
    _ kind: Kind, _ severity: Severity, of labels: GroupLabels, acceptors: Acceptors? = nil,
    _ evidence: [Evidence]
  ) {
    self.kind = kind
    self.acceptors = acceptors
    self.severity = severity
    self.labels = labels
    self.evidence = evidence
  }
}

extension Finding {
  /// A finding of a report: of one group, one of each kind.
  package struct Reference: Hashable, Sendable {
    package var kind: Kind
    package var labels: GroupLabels
  }

  /// What another finding calls this one.
  package var reference: Reference { Reference(kind: kind, labels: labels) }

  /// How much it matters.
  package enum Severity: Int, Sendable, Comparable {
    /// It belongs to the life of a connection.
    case normal
    /// Worth knowing, and no fault by itself.
    case notice
    case fault

    package static func < (left: Severity, right: Severity) -> Bool {
      left.rawValue < right.rawValue
    }
  }

  /// A far side that is on this host.
  package struct LocalPeer: Sendable, Equatable {
    /// nil where the process is not known, or where there are several.
    package var process: String?
    package var pid: Int32?

    package init(process: String? = nil, pid: Int32? = nil) {
      self.process = process
      self.pid = pid
    }
  }

  /// Why connects are not answered.
  package enum UnansweredReason: String, Sendable {
    /// Nothing comes back.
    case nobody
    /// The destination is on this host, and the accept queue of its listener is full: then the kernel
    /// drops each SYN (`tcp_conn_request`, `net/ipv4/tcp_input.c`).
    case listenerFull = "listener_full"
  }

  /// Which side sends the resets that cut connections off.
  package enum ResetSide: String, Sendable {
    /// This one: its process closes with unread data.
    case sent
    /// The peer, or what lies between.
    case received
  }

  /// Who has to act before it can go on.
  package enum ResponsibleParty: String, Sendable, CaseIterable {
    /// The local process.
    case process
    /// The far side: its process or its host.
    case peer
    /// What lies between the two.
    case network
    /// Nobody: the kernel ends it by itself.
    case kernel
  }

  /// What was found.
  package enum Kind: Hashable, Sendable {
    /// CLOSE-WAIT for longer than a live process takes to close.
    case closeWait(CloseWaitCause)
    /// CLOSE-WAIT, but young, still sending, or likely on purpose: its peer waits, or the process relays.
    case halfClosed
    /// Connections have ended, and the process holds their descriptors.
    case closedHeld
    /// The process's descriptors come to their end.
    case descriptors
    /// Bytes have arrived and the process does not read them.
    case unreadData
    /// The peer's receive window is shut, or is what limits the sender.
    case peerNotReading
    /// What is sent is not acknowledged at all.
    case deadPath
    /// A good part of what is sent has to be sent again.
    case loss
    case connectsUnanswered(UnansweredReason)
    case connectsRefused
    case connectsAbandoned
    /// Connections wait for accept().
    case acceptQueue
    /// Listeners dropped connections, and their queue is not full now.
    case listenDrops
    /// Handshakes that clients begin and do not finish fill the listener's queue of them.
    case synFlood
    /// Resets cut connections off: data was not acknowledged, not read or not answered.
    case connectionsReset(ResetSide)
    /// Connections break after the same silence.
    case idleTimeout
    /// The ephemeral ports towards a destination, or towards all, come to their end.
    case ephemeralPorts
    /// TIME-WAIT that presses nobody.
    case timeWait
    /// FIN-WAIT-2 that stays: this side has ended, the peer has not.
    case peerNotClosing
    /// FIN-WAIT-1, LAST-ACK or CLOSING that stays: an end that nobody confirms.
    case endUnconfirmed
    /// The local send buffer is what limits the sender.
    case smallSendBuffer
  }

  /// Whether it only passes on what others do not do.
  package var isPassedOn: Bool {
    guard let follows else { return false }
    switch follows.kind {
    case .peerNotReading, .connectsUnanswered: return true
    default: return (follows.labels.process, follows.labels.unit) != (labels.process, labels.unit)
    }
  }

  /// What resets cut off, among its evidence.
  package var cutOff: Evidence.CutOff? {
    evidence.lazy.compactMap { if case .cutOff(let cutOff, _) = $0 { cutOff } else { nil } }.first
  }

  /// Who has to act. What follows from another finding may not be the fault of whom it is seen at.
  package var responsible: ResponsibleParty {
    isPassedOn ? .peer : kind.responsible
  }
}

extension Finding.Kind {
  /// Who has to act.
  package var responsible: Finding.ResponsibleParty {
    switch self {
    case .closeWait, .halfClosed, .closedHeld, .descriptors, .unreadData, .connectsAbandoned,
      .acceptQueue, .listenDrops, .ephemeralPorts, .smallSendBuffer, .connectionsReset(.sent),
      .idleTimeout:
      .process
    case .peerNotReading, .connectsRefused, .connectsUnanswered(.listenerFull), .peerNotClosing,
      .connectionsReset(.received):
      .peer
    case .deadPath, .loss, .connectsUnanswered(.nobody), .endUnconfirmed, .synFlood: .network
    case .timeWait: .kernel
    }
  }

  /// The kind as JSON names it.
  package var label: String {
    switch self {
    case .closeWait: "close_wait"
    case .halfClosed: "half_closed"
    case .closedHeld: "closed_held"
    case .descriptors: "descriptors"
    case .unreadData: "unread_data"
    case .peerNotReading: "peer_not_reading"
    case .deadPath: "dead_path"
    case .loss: "loss"
    case .connectsUnanswered: "connects_unanswered"
    case .connectsRefused: "connects_refused"
    case .connectsAbandoned: "connects_abandoned"
    case .acceptQueue: "accept_queue"
    case .listenDrops: "listen_drops"
    case .synFlood: "syn_flood"
    case .connectionsReset: "connections_reset"
    case .idleTimeout: "idle_timeout"
    case .ephemeralPorts: "ephemeral_ports"
    case .timeWait: "time_wait"
    case .peerNotClosing: "peer_not_closing"
    case .endUnconfirmed: "end_unconfirmed"
    case .smallSendBuffer: "small_send_buffer"
    }
  }
}

extension Finding.Severity {
  /// The weight as JSON names it.
  package var label: String {
    switch self {
    case .normal: "normal"
    case .notice: "notice"
    case .fault: "fault"
    }
  }
}

/// One thing that can be seen, and that a finding rests on. Durations are ms, sizes bytes.
package enum Evidence: Sendable {
  /// So many sockets are in a state.
  case sockets(TCPState, UInt64)
  /// How long the longest has been in its state. A lower bound where the kernel does not say when it
  /// came to it and nobody was looking then.
  case oldest(Int64, isAtLeast: Bool)
  /// Unread bytes of the group.
  case receiveQueue(UInt64)
  /// Unsent or unacknowledged bytes of the group.
  case sendQueue(UInt64)
  /// So many of the group's connections make no progress.
  case stalled(Stall, UInt64, of: UInt64)
  /// Connections that wait for accept(), and how many may.
  case acceptQueue(UInt64, limit: UInt64)
  /// Segments with payload that were sent again, how many of these the peer had already, and how many went over
  /// connections whose segments overtake each other.
  case retransmitted(UInt64, of: UInt64, spurious: UInt64, reordered: UInt64, within: Span)
  case connectFailures(ConnectFailure, UInt64, within: Span)
  /// Attempts that failed in any way, of all that are over: these, and the connections that have ended.
  case attemptsOver(failed: UInt64, of: UInt64, within: Span)
  /// The part of the time with data to send that one thing held up.
  case sendLimited(SendLimit, share: Double, within: Span)
  case ephemeralPorts(EphemeralPortsReport)
  /// Sockets to the port whose process was not seen. They are likely the finding's if all that were seen to
  /// the destination were.
  case ownerless(UInt64, isLikelyOwn: Bool)
  case descriptors(open: Int, limit: UInt64)
  case destination(DestinationReport)
  /// A listening socket whose accept queue is full: its Recv-Q is the queue's length, its Send-Q the limit.
  case fullListener(SocketReport)
  case socket(SocketReport)
  /// So many of the group's CLOSE-WAIT sockets have a peer on this host that waits, with a descriptor.
  case peersWaiting(UInt64)
  /// So many connections of the process on other ports wait for their peers to close, as those of a relay do.
  case waitsItself(UInt64)
  /// Connections that the group's listeners dropped.
  case listenDrops(UInt64, within: Span)
  /// Handshakes that are not finished, and how many the group's listeners may have.
  case handshakes(UInt64, limit: UInt64)
  /// Handshakes that are complete and wait for the client's first data, and how many the listener may have.
  case deferredHandshakes(UInt64, limit: UInt64)
  /// SYN cookies that the network namespace has sent.
  case synCookies(UInt64, within: Span)
  /// Connections that a reset cut off.
  case cutOff(CutOff, within: Span)
  /// The name of the only known process that connects to the port from this host; it is likely the unknown one.
  case likelyClient(String)
  /// Connections that broke after the same silence.
  case idleCluster(IdleCluster)
  /// The peers with which something goes wrong most often.
  case peers(WorstPeers)
  /// Connections that the network namespace aborted for that reason.
  case hostAborts(AbortReason, UInt64, within: Span)
  /// What keeps a process from running.
  case condition(ProcessCondition, process: String, pid: Int32)
}

extension Evidence {
  package static func retransmitted(_ counters: GroupCounters, within span: Span) -> Evidence {
    .retransmitted(
      counters.retransmittedDataSegments, of: counters.sentSegments,
      spurious: min(counters.spuriousRetransmissions, counters.retransmittedDataSegments),
      reordered: min(counters.reorderedRetransmissions, counters.retransmittedDataSegments),
      within: span)
  }

  /// Connections of a group that a reset cut off.
  package struct CutOff: Sendable, Equatable {
    package var count: UInt64
    /// All of the group that ended.
    package var ended: UInt64
    /// Of ``count``, those in which data was only under way: it may have arrived.
    package var underWay: UInt64
    /// Of ``count``, those that had been silent for a second or more.
    package var silent: UInt64
    /// Of ``count``, those whose other end was on this host.
    package var local: UInt64

    /// Whether most of them had both their ends on this host.
    package var isLocal: Bool { 2 * local > count }
    /// Whether of most of them it is not known that anything was lost.
    package var isMostlyUnderWay: Bool { 2 * underWay > count }

    package init(_ counters: GroupCounters) {
      count = counters.cutOff + counters.cutOffUnderWay
      ended = counters.endedTotal
      underWay = counters.cutOffUnderWay
      silent = counters.cutOffSilent
      local = counters.cutOffLocal
    }
  }

  /// What a difference of counters covers.
  package enum Span: Sendable, Equatable {
    /// From one look to the next, ms.
    case last(Int64)
    /// All that was ever counted: since the daemon's start.
    case allTime
  }

  /// What holds up a sender that has data.
  package enum SendLimit: String, Sendable {
    /// The peer does not take more.
    case receiveWindow = "receive_window"
    /// The local buffer does not hold more.
    case sendBuffer = "send_buffer"
  }
}
