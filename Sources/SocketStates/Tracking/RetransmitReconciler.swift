/// Reconciliation with `RetransSegs`: the sum over all groups grows as the kernel's `RetransSegs` does.
///
/// What no socket accounts for (SYN-ACKs of connections that never came to be, sockets that were
/// disconnected before anyone saw them, lost destroy events) is owed to `unknown`.
struct RetransmitReconciler {
  private var accounted: UInt64 = 0
  private var base: UInt64?
  private var latest: UInt64 = 0
  private var latestPending: UInt64 = 0

  /// Counts retransmissions that a group was given.
  mutating func account(for segments: UInt32) { accounted += UInt64(segments) }

  /// Compares with the kernel's counter, read before the poll.
  ///
  /// Judged by the reading of the poll before: the kernel queues destroy events on a work queue, so
  /// what it counted just now may not have been told yet. A sum that has run ahead is not taken
  /// back; `unknown` waits until the kernel has caught up.
  /// - Parameter pending: SYN-ACKs retransmitted for connections still in SYN-RECV. The kernel has
  ///   counted them, and the connection will bring them along if it comes to be
  ///   (`tcp_create_openreq_child()`), so nothing is known to be unknown yet.
  /// - Returns: the segments that are to be counted as unknown.
  mutating func settle(kernel: UInt64, pending: UInt64 = 0) -> UInt64 {
    // What was pending may just have come to be and gone, its event still on the way.
    let held = max(pending, latestPending)
    latestPending = pending
    guard let base, kernel >= latest else {
      base = kernel
      latest = kernel
      accounted = 0
      return 0
    }
    let due = latest - base
    latest = kernel
    guard due > accounted + held else { return 0 }
    let unknown = due - accounted - held
    accounted += unknown
    return unknown
  }
}
