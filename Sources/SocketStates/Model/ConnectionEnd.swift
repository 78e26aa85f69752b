/// How a connection ended.
package enum ConnectionEnd: Int, Sendable, CaseIterable, BitwiseCopyable {
  /// This side has closed, and the peer has acknowledged it.
  case closed
  /// By a reset of the peer's.
  case resetReceived
  /// By a reset of this side's.
  case resetSent
  /// Retransmissions or probes were not answered.
  case timedOut
  /// Without an acknowledged FIN of this side's; which side did it is not known.
  case aborted
  /// Nothing told how: there was no destroy event, or it does not show which of the others it was.
  case unknown
  /// Not at all: its socket is counted in another group now, as opened there.
  case moved

  /// The value of the label `how`.
  package var label: String {
    switch self {
    case .closed: "closed"
    case .resetReceived: "reset_received"
    case .resetSent: "reset_sent"
    case .timedOut: "timed_out"
    case .aborted: "aborted"
    case .unknown: "unknown"
    case .moved: "moved"
    }
  }
}
