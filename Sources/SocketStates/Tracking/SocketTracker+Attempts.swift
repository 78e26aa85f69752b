/// Connection attempts that leave no evidence: the kernel wipes a socket's counters when a blocking connect() fails
/// or shutdown() ends the attempt (`tcp_disconnect()`, net/ipv4/tcp.c). What polls have seen stands in for them.
extension SocketTracker {
  /// Counts an attempt that is over as unanswered if a poll has seen its SYN sent again, once.
  mutating func settleAttempt(_ index: UInt32) {
    let entry = table[index]
    guard entry.state == .synSent, entry.totalRetransmits > 0, !entry.flags.contains(.connected),
      entry.group != GroupTable.none, groups[entry.group].labels.direction == .outbound
    else { return }
    groups[entry.group].counters.connectFailures[.unanswered] += 1
    // As in the kernel: another attempt of the same socket begins anew.
    table[index].totalRetransmits = 0
  }
}
