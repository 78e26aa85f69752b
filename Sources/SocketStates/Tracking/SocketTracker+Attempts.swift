/// Connection attempts that leave no evidence: the kernel wipes a socket's counters when a blocking connect() fails
/// or shutdown() ends the attempt (`tcp_disconnect()`, net/ipv4/tcp.c). What polls have seen stands in for them.
extension SocketTracker {
  /// Counts an attempt that is over as unanswered if a poll has seen its SYN sent again, once.
  mutating func settleAttempt(_ index: UInt32) {
    let entry = table[index]
    guard entry.state == .synSent, entry.totalRetransmits > 0, !entry.flags.contains(.connected),
      entry.group != GroupTable.none, groups[entry.group].labels.direction == .outbound
    else { return }
    count(.unanswered, in: entry.group)
    if entry.flow != DestinationTable.none {
      noteTrouble(.failures, with: flows[entry.flow].destination, in: entry.group)
    }
  }

  /// Counts a failed attempt, unless the kernel's own counter has it.
  mutating func count(_ failure: ConnectFailure, in group: UInt32) {
    if !kernelCountsConnections { groups[group].counters.connectFailures[failure] += 1 }
  }
}

extension SocketRow {
  /// ms since the first SYN of an attempt that waits for an answer; nil if the kernel does not tell.
  ///
  /// The first timeouts are of a second each (`tcp_syn_linear_timeouts`, Linux 6.5), each of the others is twice the
  /// one before, two minutes at most (`TCP_TIMEOUT_INIT`, `TCP_RTO_MAX`).
  var attemptAge: Int64? {
    guard state == .synSent, hasInfo, timer == .retransmission else { return nil }
    let doublings = min(Int64(info.backoff), 7)
    let seconds = max(Int64(retransmits) - doublings, 0) + (Int64(1) << doublings) - 1
    let timeout = min(Int64(1000) << doublings, 120_000)
    return 1000 * seconds + timeout - min(Int64(expires), timeout)
  }
}
