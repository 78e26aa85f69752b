/// The kernel's own TCP counters of one network namespace, since it was made.
///
/// From /proc/net/snmp, /proc/net/netstat and /proc/net/sockstat; a field is nil where the running
/// kernel does not have it.
package struct HostCounters: Sendable, Equatable {
  /// `Tcp: OutSegs`.
  package var segmentsSent: UInt64?
  /// `Tcp: RetransSegs`: what the law of retransmits is held against.
  package var segmentsRetransmitted: UInt64?
  /// `TcpExt: TCPSynRetrans`.
  package var synRetransmitted: UInt64?
  /// `Tcp: AttemptFails`.
  package var connectFailures: UInt64?
  /// `Tcp: EstabResets`.
  package var resetsReceived: UInt64?
  /// `Tcp: OutRsts`.
  package var resetsSent: UInt64?
  /// `TcpExt: ListenOverflows`.
  package var listenOverflows: UInt64?
  /// `TcpExt: ListenDrops`.
  package var listenDrops: UInt64?
  /// `TcpExt: TCPTimeouts`: retransmission timers that fired.
  package var retransmissionTimeouts: UInt64?
  /// `TcpExt: TCPAbortOnTimeout`: connections given up after that.
  package var abortedOnTimeout: UInt64?
  /// `TCP: orphan` of sockstat: sockets without a process that are not TIME-WAIT.
  package var orphanedSockets: UInt64?
  /// `TCP: tw` of sockstat.
  package var timeWaitSockets: UInt64?
  /// `net.ipv4.tcp_max_tw_buckets`.
  package var timeWaitLimit: UInt64?

  package init() {}
}
