/// How an outbound connect failed.
package enum ConnectFailure: Int, Sendable, CaseIterable, BitwiseCopyable {
  /// Answered by a reset.
  case refused
  /// The SYN was retransmitted and nothing came back.
  case unanswered
  /// Closed by its own process before an answer was due; without the kernel's counters also after an ICMP message,
  /// which leaves no trace on the socket.
  case abandoned
  /// Ended by an ICMP message or a missing route; only the kernel's counters tell.
  case unreachable

  /// The value of the label `reason`.
  package var label: String {
    switch self {
    case .refused: "refused"
    case .unanswered: "unanswered"
    case .abandoned: "abandoned"
    case .unreachable: "unreachable"
    }
  }
}
