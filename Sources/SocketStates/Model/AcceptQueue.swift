/// The connections that wait for accept() at one listener, and how many may.
///
/// The kernel tells both in the fields of a connection's queues: `idiag_rqueue` is
/// `sk_ack_backlog`, `idiag_wqueue` is `sk_max_ack_backlog`, the smaller of listen(2)'s backlog and
/// `net.core.somaxconn` (`tcp_diag_get_info()` of `net/ipv4/tcp_diag.c`).
struct AcceptQueue: BitwiseCopyable {
  var length: UInt32
  var limit: UInt32

  /// Whether it is at its limit, past which the kernel drops connections (`sk_acceptq_is_full()`).
  var isFull: Bool { length > 0 && length >= limit }
}

extension SocketSample {
  /// nil if the socket does not listen.
  var acceptQueue: AcceptQueue? {
    state == .listen ? AcceptQueue(length: receiveQueue, limit: sendQueue) : nil
  }
}
