import SocketStates

/// What the kernel counts of the TCP of a network namespace, at a small part of the cost of a dump:
/// as long as it stays the same, so do the sockets.
///
/// From /proc/thread-self/net/sockstat, sockstat6 and snmp (net/ipv4/proc.c, net/ipv6/proc.c).
struct TrafficFingerprint: Equatable {
  /// Sockets that are not TIME-WAIT, of both families.
  private var inUse: UInt64 = 0
  private var timeWait: UInt64 = 0
  /// The counters of `Tcp:`: segments in and out, opens, failures.
  private var counters: [UInt64] = []
  /// No part of what must stay the same: others change it.
  private(set) var unhashed = UnhashedSockets()

  init() {}

  /// Whether no socket is connected or listens: those that there may be are only bound.
  var hasOnlyUnhashed: Bool { inUse == 0 && timeWait == 0 }

  /// Whether there is no socket to see.
  var isEmpty: Bool { hasOnlyUnhashed && unhashed.ofNamespace == 0 }

  static func == (left: TrafficFingerprint, right: TrafficFingerprint) -> Bool {
    left.inUse == right.inUse && left.timeWait == right.timeWait && left.counters == right.counters
  }

  /// Takes in the content of sockstat or sockstat6: `TCP: inuse 5 orphan 0 tw 1 …`. Other fields are
  /// those of all namespaces together.
  mutating func apply(sockstat bytes: Span<UInt8>) {
    unhashed.apply(sockstat: bytes)
    bytes.forEachSockstatField { prefix, name, value in
      guard let value, bytes.holds("TCP:", in: prefix) || bytes.holds("TCP6:", in: prefix)
      else { return }
      if bytes.holds("inuse", in: name) { inUse += value }
      if bytes.holds("tw", in: name) { timeWait += value }
    }
  }

  /// Takes in the content of snmp.
  mutating func apply(snmp bytes: Span<UInt8>) {
    // `MaxConn` is -1.
    bytes.forEachCounter(of: "Tcp:") { _, value in
      counters.append(UInt64(decimal: bytes, in: value) ?? 0)
    }
  }
}
