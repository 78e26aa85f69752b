/// The connections that wait for accept() at one or more listeners, and how many may.
///
/// The kernel tells both in the fields of a connection's queues: `idiag_rqueue` is
/// `sk_ack_backlog`, `idiag_wqueue` is `sk_max_ack_backlog`, the smaller of listen(2)'s backlog and
/// `net.core.somaxconn` (`tcp_diag_get_info()`, `net/ipv4/tcp_diag.c`).
package struct AcceptQueue: Sendable, BitwiseCopyable {
  package var length: UInt64
  /// nil if the source does not tell (procfs).
  package var limit: UInt64?

  package init(length: UInt64, limit: UInt64?) {
    self.length = length
    self.limit = limit
  }

  /// Whether the kernel drops the next connection: `sk_acceptq_is_full()` (`include/net/sock.h`) is
  /// `sk_ack_backlog > sk_max_ack_backlog`, so a queue at its limit still takes one more.
  package var isFull: Bool { limit.map { length > $0 } ?? false }

  /// Whether more than half of the queue is used.
  package var isFilling: Bool {
    guard let limit else { return false }
    return length > 0 && Double(length) > Thresholds.acceptQueueShare * Double(limit)
  }

  /// Whether a greater part of it is used; without limits, whether more wait.
  func isFuller(than other: AcceptQueue) -> Bool {
    (share ?? 0, length) > (other.share ?? 0, other.length)
  }

  /// The part of the limit that is used; nil if that is not known.
  package var share: Double? { limit.map { Double(length) / Double(max(1, $0)) } }
}

extension SocketSample {
  /// nil if the socket does not listen.
  var acceptQueue: AcceptQueue? {
    guard state == .listen else { return nil }
    return AcceptQueue(
      length: UInt64(receiveQueue), limit: knowsAcceptQueueLimit ? UInt64(sendQueue) : nil)
  }
}
