/// The local ports that the kernel chooses from for outbound connections.
package struct EphemeralPorts: Sendable, Equatable {
  /// `net.ipv4.ip_local_port_range`.
  package var ports: ClosedRange<UInt16>
  /// Those of `net.ipv4.ip_local_reserved_ports` that are in the range, which the kernel leaves out; nil if
  /// there are none.
  package private(set) var reserved: PortSet?
  package var timeWaitReuse = TimeWaitReuse()

  /// What Linux comes with.
  package static let defaultPorts: ClosedRange<UInt16> = 32_768...60_999

  package init(ports: ClosedRange<UInt16>, reserved: [ClosedRange<UInt16>] = []) {
    self.ports = ports
    let reserved = reserved.filter { $0.overlaps(ports) }
    guard !reserved.isEmpty else { return }
    var set = PortSet()
    for range in reserved {
      for port in range.clamped(to: ports) { set.insert(port) }
    }
    self.reserved = set
  }

  /// How many the kernel chooses from.
  package var available: Int { ports.count - (reserved?.count ?? 0) }

  /// Whether the kernel may choose the port.
  package func contains(_ port: UInt16) -> Bool {
    ports.contains(port) && reserved?.contains(port) != true
  }

  /// The ports that connect(2) tries first: those at an even distance from the first of the range. The others
  /// are taken only if none of these can be used (`__inet_hash_connect()`, net/ipv4/inet_hashtables.c).
  func firstChoice(without taken: PortSet) -> Int {
    stride(from: Int(ports.lowerBound), through: Int(ports.upperBound), by: 2).count { port in
      let port = UInt16(truncatingIfNeeded: port)
      return contains(port) && !taken.contains(port)
    }
  }
}

/// When connect(2) takes a port that is in TIME-WAIT again, for the same destination, after a second: then it does not
/// press (`tcp_twsk_unique()`, net/ipv4/tcp_ipv4.c).
package struct TimeWaitReuse: Sendable, Equatable {
  /// `net.ipv4.tcp_tw_reuse`: 0 never, 1 always, 2 on loopback.
  package var mode: UInt64 = 2
  /// Whether `net.ipv4.tcp_timestamps` is not 0. The connection needs them, so the peer must have them too.
  package var hasTimestamps = true

  package init() {}
}
