/// Why a CLOSE-WAIT socket is not closed by its process.
package enum CloseWaitCause: Int, Sendable, CaseIterable, BitwiseCopyable {
  /// All was read, the end of the stream included: the descriptor is leaked.
  case notClosed
  /// Only the FIN is unread: nobody polls the descriptor.
  case endUnread
  /// Data are unread: the process stopped reading.
  case dataUnread
  /// Still in the accept queue: the listener's process does not accept.
  case notAccepted

  /// The value of the label `cause`.
  package var label: String {
    switch self {
    case .notClosed: "not_closed"
    case .endUnread: "end_unread"
    case .dataUnread: "data_unread"
    case .notAccepted: "not_accepted"
    }
  }
}

/// What keeps a connected socket from making progress.
package enum Stall: Int, Sendable, CaseIterable, BitwiseCopyable {
  /// The peer's window is closed: the zero-window probe timer runs.
  case peerWindow
  /// A retransmission timer that has backed off.
  case retransmission
  /// Unread bytes, of which the local process has read none since the previous poll.
  case localReader

  /// The value of the label `on`.
  package var label: String {
    switch self {
    case .peerWindow: "peer_window"
    case .retransmission: "retransmission"
    case .localReader: "local_reader"
    }
  }
}

/// How an outbound connect failed.
package enum ConnectFailure: Int, Sendable, CaseIterable, BitwiseCopyable {
  /// Answered by a reset.
  case refused
  /// The SYN was retransmitted and nothing came back.
  case unanswered
  /// Closed by its own process before an answer was due; also after an ICMP message, which leaves no
  /// trace on the socket.
  case abandoned

  /// The value of the label `reason`.
  package var label: String {
    switch self {
    case .refused: "refused"
    case .unanswered: "unanswered"
    case .abandoned: "abandoned"
    }
  }
}

/// A count for each case of an enumeration numbered from 0.
package struct Tally<Case: RawRepresentable & CaseIterable>: Sendable
where Case.RawValue == Int {
  private var counts = InlineArray<4, UInt64>(repeating: 0)

  package init() {}

  package subscript(kind: Case) -> UInt64 {
    get { counts[kind.rawValue] }
    set { counts[kind.rawValue] = newValue }
  }
}

/// Which cases of an enumeration numbered from 0 there were.
package struct CaseSet<Case: RawRepresentable & CaseIterable>: Sendable
where Case.RawValue == Int {
  private var bits: UInt8 = 0

  package init() {}

  /// Adds a case.
  package mutating func insert(_ member: Case) { bits |= 1 << UInt8(member.rawValue) }

  /// Whether the case was added.
  package func contains(_ member: Case) -> Bool { bits & 1 << UInt8(member.rawValue) != 0 }
}

/// The gauges of a group, summed up anew at every poll.
package struct GroupGauges: Sendable {
  /// Sockets now in each state.
  package var sockets = StateCounts()
  /// Unread bytes, listeners not included.
  package var receiveQueue: UInt64 = 0
  /// Unsent or unacknowledged bytes, listeners not included.
  package var sendQueue: UInt64 = 0
  /// Connections that wait for accept(), all listeners of the group.
  package var acceptQueueLength: UInt64 = 0
  /// Connections that may wait for accept(), all listeners of the group.
  package var acceptQueueLimit: UInt64 = 0
  /// ms that the oldest CLOSE-WAIT has been waiting; nil where there is none.
  package var closeWaitOldest: Int64?
  /// CLOSE-WAIT sockets older than the limit.
  package var stuck = Tally<CloseWaitCause>()
  package var stalled = Tally<Stall>()
  /// Sockets whose end takes too long, by state: FIN-WAIT-1, FIN-WAIT-2, LAST-ACK, CLOSING.
  package var slowEnds = StateCounts()
  /// ms that the longest-waiting connect has been waiting; nil where there is none.
  package var synSentOldest: Int64?

  package init() {}
}

/// The counters of a group: sums of what its sockets did, living and gone. They never go down.
package struct GroupCounters: Sendable {
  /// Segments with payload, retransmissions included.
  package var sentSegments: UInt64 = 0
  package var retransmittedSegments: UInt64 = 0
  /// Payload bytes, retransmissions included.
  package var sentBytes: UInt64 = 0
  package var receivedBytes: UInt64 = 0
  package var retransmittedBytes: UInt64 = 0
  /// ms with data to send, summed over sockets.
  package var sendBusy: UInt64 = 0
  /// ms of ``sendBusy`` held up by the peer's receive window.
  package var receiveWindowLimited: UInt64 = 0
  /// ms of ``sendBusy`` held up by the local send buffer.
  package var sendBufferLimited: UInt64 = 0
  package var connectFailures = Tally<ConnectFailure>()
  /// Smoothed RTT of sockets that moved data, one observation a socket a poll; seconds.
  package var rtt = RTTHistogram()

  package init() {}

  /// ms of ``sendBusy`` that neither window nor buffer explains: path and congestion.
  package var networkLimited: UInt64 {
    let explained = receiveWindowLimited + sendBufferLimited
    return sendBusy > explained ? sendBusy - explained : 0
  }
}

/// A histogram of round-trip times with fixed buckets, without allocation.
package struct RTTHistogram: Sendable {
  /// Upper bounds in µs: from a loopback to a satellite with a full buffer.
  package static let bounds: InlineArray<14, UInt32> = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000,
  ]
  /// Observations by bucket, not cumulated; the last is `+Inf`.
  package private(set) var counts = InlineArray<15, UInt64>(repeating: 0)
  /// µs.
  package private(set) var sum: UInt64 = 0

  package init() {}

  /// How many observations there were.
  package var count: UInt64 {
    var sum: UInt64 = 0
    for index in counts.indices { sum += counts[index] }
    return sum
  }

  /// Counts one observation of `microseconds`.
  package mutating func observe(_ microseconds: UInt32) {
    var bucket = 0
    while bucket < RTTHistogram.bounds.count, microseconds > RTTHistogram.bounds[bucket] {
      bucket += 1
    }
    counts[bucket] += 1
    sum += UInt64(microseconds)
  }
}
