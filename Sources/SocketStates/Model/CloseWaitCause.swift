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

  /// Whether the process may stay in the state on purpose, since it has still to send: it has read everything.
  var mayBeMeant: Bool { self == .notClosed || self == .endUnread }

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
