/// A reset (RST) that a socket got, or that the kernel sent for one.
package enum Reset: Hashable, Sendable {
  /// In the state in which it came.
  case received(TCPState)
  /// In the state that the socket was in, nil if there was no socket; the reason is nil before Linux 6.10.
  case sent(TCPState?, ResetReason?)
}

/// Why the kernel sent a reset, in its own words (`enum sk_rst_reason`, include/net/rstreason.h), numbered as
/// `kernel.h` of sockstated-bpf does.
package enum ResetReason: UInt8, Sendable, CaseIterable {
  case noSocket = 1
  case invalidAckSequence, rfc7323Paws, tooOldAck, ackUnsentData, flags, oldAck, abortOnData,
    timeWaitSocket
  case invalidSyn, abortOnClose, abortOnLinger, abortOnMemory, state, keepAliveTimeout,
    disconnectWithData

  /// The value of the label `reason`.
  package var label: String {
    switch self {
    case .noSocket: "no_socket"
    case .invalidAckSequence: "tcp_invalid_ack_sequence"
    case .rfc7323Paws: "tcp_rfc7323_paws"
    case .tooOldAck: "tcp_too_old_ack"
    case .ackUnsentData: "tcp_ack_unsent_data"
    case .flags: "tcp_flags"
    case .oldAck: "tcp_old_ack"
    case .abortOnData: "tcp_abort_on_data"
    case .timeWaitSocket: "tcp_timewait_socket"
    case .invalidSyn: "invalid_syn"
    case .abortOnClose: "tcp_abort_on_close"
    case .abortOnLinger: "tcp_abort_on_linger"
    case .abortOnMemory: "tcp_abort_on_memory"
    case .state: "tcp_state"
    case .keepAliveTimeout: "tcp_keepalive_timeout"
    case .disconnectWithData: "tcp_disconnect_with_data"
    }
  }

  /// That of a reset whose reason is none of these, or not told.
  package static let unknownLabel = "not_specified"
}

/// Resets by what they were.
package struct ResetCounts: Sendable {
  package private(set) var counts: [Reset: UInt64] = [:]

  package init() {}

  package subscript(reset: Reset) -> UInt64 {
    get { counts[reset] ?? 0 }
    set { counts[reset] = newValue }
  }

  /// Those that were sent, in the order of states and reasons.
  package var sent: [(state: TCPState?, reason: ResetReason?)] {
    counts.keys.compactMap { reset in
      if case .sent(let state, let reason) = reset { (state, reason) } else { nil }
    }.sorted { one, other in
      (one.state?.rawValue ?? 0, one.reason?.rawValue ?? 0)
        < (other.state?.rawValue ?? 0, other.reason?.rawValue ?? 0)
    }
  }

  /// Resets that close() with unread data or data after close() made this side send; nil if the kernel has counted no
  /// reset, or does not say why (before Linux 6.10).
  var cuttingOff: UInt64? {
    let known = counts.filter { $0.value > 0 && $0.key != .sent(nil, .noSocket) }
    if known.isEmpty
      || known.contains(where: { if case .sent(_, nil) = $0.key { true } else { false } })
    {
      return nil
    }
    return known.reduce(0) { sum, reset in
      switch reset.key {
      case .sent(_, .abortOnClose), .sent(_, .abortOnData): sum + reset.value
      default: sum
      }
    }
  }

  mutating func combine(_ other: ResetCounts, _ combined: (UInt64, UInt64) -> UInt64) {
    if counts.isEmpty, other.counts.isEmpty { return }
    for reset in Set(counts.keys).union(other.counts.keys) {
      self[reset] = combined(self[reset], other[reset])
    }
  }
}
