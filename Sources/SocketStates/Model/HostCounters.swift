/// The kernel's own TCP counters of one network namespace, since it was made.
///
/// From /proc/net/snmp, /proc/net/netstat and /proc/net/sockstat; a field is nil if the running
/// kernel does not have it.
package struct HostCounters: Sendable, Equatable {
  /// `Tcp: OutSegs`.
  package var segmentsSent: UInt64?
  /// `Tcp: RetransSegs`: what the reconciliation with RetransSegs is held against.
  package var segmentsRetransmitted: UInt64?
  /// `TcpExt: TCPSynRetrans`.
  package var synRetransmitted: UInt64?
  /// `Tcp: AttemptFails`.
  package var connectFailures: UInt64?
  /// `Tcp: EstabResets`: connections that ended by a reset, received or sent, or by a time-out.
  package var establishedResets: UInt64?
  /// `Tcp: OutRsts`.
  package var resetsSent: UInt64?
  /// `Tcp: CurrEstab`: connections in ESTABLISHED now; since Linux 6.11, and where that was ported back, also those in
  /// CLOSE-WAIT (`tcp_set_state()`).
  package var established: UInt64?
  /// `Tcp: ActiveOpens` and `Tcp: PassiveOpens`.
  package var activeOpens: UInt64?
  package var passiveOpens: UInt64?
  /// `TcpExt: ListenOverflows`.
  package var listenOverflows: UInt64?
  /// `TcpExt: ListenDrops`.
  package var listenDrops: UInt64?
  /// `TcpExt: TCPDeferAcceptDrop`: handshakes that TCP_DEFER_ACCEPT kept in SYN-RECV.
  package var deferredHandshakes: UInt64?
  /// `TcpExt: TCPTimeouts`: retransmission timers that fired.
  package var retransmissionTimeouts: UInt64?
  /// Connections that this host aborted; a reason that the kernel does not count is absent.
  package var aborts: [AbortReason: UInt64] = [:]
  /// SYN cookies, by what became of them: those of this host's listeners.
  package var synCookies: [SynCookieEvent: UInt64] = [:]
  /// Connections in the table of connection tracking (`net.netfilter.nf_conntrack_count`).
  package var conntrackEntries: UInt64?
  /// How many connections the table may hold (`net.netfilter.nf_conntrack_max`).
  package var conntrackLimit: UInt64?
  /// `TCP: orphan` of sockstat: sockets without a process that are not TIME-WAIT.
  package var orphanedSockets: UInt64?
  /// `TCP: tw` of sockstat.
  package var timeWaitSockets: UInt64?
  /// `net.ipv4.tcp_max_tw_buckets`.
  package var timeWaitLimit: UInt64?

  package init() {}
}

/// Why the kernel aborted a connection (`net/ipv4/proc.c`, `net/ipv4/tcp.c`).
package enum AbortReason: String, Sendable, CaseIterable {
  /// `TCPAbortOnData`: data arrived that nobody can read any more.
  case data
  /// `TCPAbortOnClose`: closed with unread data.
  case close
  /// `TCPAbortOnMemory`: too many orphans, or no memory.
  case memory
  /// `TCPAbortOnTimeout`: retransmissions, probes or keep-alives in vain.
  case timeout
  /// `TCPAbortOnLinger`: closed while FIN-WAIT-2 was not to be waited for.
  case linger
  /// `TCPAbortFailed`: the reset itself could not be sent.
  case failed
}

/// What becomes of SYN cookies, with which the kernel answers SYNs when a listener's queue of unfinished handshakes
/// is full (`net/ipv4/syncookies.c`).
package enum SynCookieEvent: String, Sendable, CaseIterable {
  /// `SyncookiesSent`.
  case sent
  /// `SyncookiesRecv`: came back in an ACK, and made a connection.
  case received
  /// `SyncookiesFailed`: an ACK that holds none.
  case failed
}

extension HostCounters {
  /// What was counted since an earlier poll, of the counters that findings rest on.
  func since(_ before: HostCounters) -> HostCounters {
    var new = HostCounters()
    new.deferredHandshakes = deferredHandshakes.map {
      $0.difference(before.deferredHandshakes)
    }
    new.listenOverflows = listenOverflows.map { $0.difference(before.listenOverflows) }
    for (reason, count) in aborts { new.aborts[reason] = count.difference(before.aborts[reason]) }
    for (event, count) in synCookies {
      new.synCookies[event] = count.difference(before.synCookies[event])
    }
    return new
  }
}
