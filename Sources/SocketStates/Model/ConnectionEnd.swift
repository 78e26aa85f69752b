/// How a connection that was up ended, by its last counters.
package enum ConnectionEnd: Int, Sendable, CaseIterable, BitwiseCopyable {
  /// The peer has acknowledged this side's FIN.
  case closed
  /// Retransmissions or keep-alive probes stayed without an answer.
  case timedOut
  /// Without a FIN of this side that was acknowledged: by a reset, received or sent. Which, the socket does not say.
  case aborted

  /// The value of the label `how`.
  package var label: String {
    switch self {
    case .closed: "closed"
    case .timedOut: "timed_out"
    case .aborted: "aborted"
    }
  }
}

extension SocketRow {
  /// How the connection ended, of a destroy event; nil if it does not tell: the connection never was up, or the
  /// kernel is older than `tcpi_bytes_sent`.
  ///
  /// The peer's acknowledgement of a FIN counts as one byte, like that of the SYN of the side that connected.
  func connectionEnd(isInitiator: Bool) -> ConnectionEnd? {
    guard info.hasBytesSent, info.segmentsIn > 0, connectFailure == nil else { return nil }
    let syn: UInt64 = isInitiator ? 1 : 0
    if info.bytesAcked > payloadSent + syn { return .closed }
    return info.unansweredRetries > 0 ? .timedOut : .aborted
  }

  /// Whether the end of an aborted connection cut something off: bytes that the peer did not acknowledge, bytes
  /// that this side did not read, or a request without any answer.
  func isCutOff(isInitiator: Bool) -> Bool {
    hasUnreadPayload || info.bytesAcked < payloadSent + (isInitiator ? 1 : 0)
      || (isInitiator && payloadSent > 0 && info.bytesReceived == 0)
  }

  /// Whether more is unread than a FIN, which counts as one byte.
  var hasUnreadPayload: Bool { receiveQueue > 1 }

  private var payloadSent: UInt64 {
    info.bytesSent > info.bytesRetransmitted ? info.bytesSent - info.bytesRetransmitted : 0
  }
}
