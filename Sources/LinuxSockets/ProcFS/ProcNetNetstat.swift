package import SocketStates

extension HostCounters {
  /// Takes what is known from the content of /proc/net/netstat (net/ipv4/proc.c, netstat_seq_show).
  package mutating func apply(netstat bytes: Span<UInt8>) {
    bytes.forEachCounter(of: "TcpExt:") { name, value in
      guard let field = Self.extendedField(bytes, name) else { return }
      self[keyPath: field] = UInt64(decimal: bytes, in: value)
    }
  }

  private static func extendedField(_ bytes: Span<UInt8>, _ name: Range<Int>)
    -> WritableKeyPath<HostCounters, UInt64?>?
  {
    if bytes.holds("TCPSynRetrans", in: name) { return \.synRetransmitted }
    if bytes.holds("ListenOverflows", in: name) { return \.listenOverflows }
    if bytes.holds("ListenDrops", in: name) { return \.listenDrops }
    if bytes.holds("TCPDeferAcceptDrop", in: name) { return \.deferredHandshakes }
    if bytes.holds("TCPTimeouts", in: name) { return \.retransmissionTimeouts }
    if bytes.holds("TCPAbortOnData", in: name) { return \.aborts[.data] }
    if bytes.holds("TCPAbortOnClose", in: name) { return \.aborts[.close] }
    if bytes.holds("TCPAbortOnMemory", in: name) { return \.aborts[.memory] }
    if bytes.holds("TCPAbortOnTimeout", in: name) { return \.aborts[.timeout] }
    if bytes.holds("TCPAbortOnLinger", in: name) { return \.aborts[.linger] }
    if bytes.holds("TCPAbortFailed", in: name) { return \.aborts[.failed] }
    if bytes.holds("SyncookiesSent", in: name) { return \.synCookies[.sent] }
    if bytes.holds("SyncookiesRecv", in: name) { return \.synCookies[.received] }
    if bytes.holds("SyncookiesFailed", in: name) { return \.synCookies[.failed] }
    return nil
  }
}

/// /proc/net/netstat (net/ipv4/proc.c, netstat_seq_show).
package enum ProcNetNetstat {
  /// Whether MPTCP has done anything in the network namespace: the counters `MPTcpExt` (net/mptcp/mib.c).
  package static func hasMPTCP(_ bytes: Span<UInt8>) -> Bool {
    var isUsed = false
    bytes.forEachCounter(of: "MPTcpExt:") { _, value in
      isUsed = isUsed || UInt64(decimal: bytes, in: value) ?? 0 > 0
    }
    return isUsed
  }
}
