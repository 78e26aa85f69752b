/// What keeps a connected socket from making progress.
package enum Stall: Int, Sendable, CaseIterable, BitwiseCopyable {
  /// The peer's window is closed: the zero-window probe timer runs.
  case peerWindow
  /// A retransmission timer that has backed off.
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
