/// What keeps a connected socket from making progress.
package enum Stall: Int, Sendable, CaseIterable, BitwiseCopyable {
  /// The peer's window has no room for the next segment: the zero-window probe timer runs, and probes are answered.
  case peerWindow
  /// Nothing answers: a retransmission timer that has backed off, or probes in vain of a closed window or of keep-alive.
  case retransmission
  /// Unread bytes, of which the local process has read none since the previous poll.
  case localReader

  /// The value of the label `reason`.
  package var label: String {
    switch self {
    case .peerWindow: "peer_window"
    case .retransmission: "retransmission"
    case .localReader: "local_reader"
    }
  }
}
