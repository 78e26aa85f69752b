/// How many sockets there are at most that are in none of TCP's tables of connections and listeners: new
/// ones, ended ones, and those that bind(2) alone has given a port.
///
/// From sockstat and sockstat6 (net/ipv4/proc.c, net/ipv6/proc.c): `TCP: inuse` and `TCP6: inuse` count the
/// sockets of the namespace that are in these tables, without TIME-WAIT; `alloc` the TCP sockets of all
/// namespaces; `sockets: used` the namespace's sockets of all families (of the host before Linux 4.16).
struct UnhashedSockets {
  private var inUse = 0
  private var allocated = 0
  private var used = 0

  /// Whether sockstat could be read: on a host that has no TCP socket nothing is lost by asking for more.
  var isKnown: Bool { allocated > 0 }
  /// Those of all namespaces, with the connections of the others.
  var ofHost: Int { allocated - inUse }
  /// Those of the namespace, with its sockets of other families.
  var ofNamespace: Int { used - inUse }

  /// Takes in the content of sockstat or sockstat6.
  mutating func apply(sockstat bytes: Span<UInt8>) {
    bytes.forEachSockstatField { prefix, name, value in
      guard let value = value.flatMap({ Int(exactly: $0) }) else { return }
      if bytes.holds("sockets:", in: prefix), bytes.holds("used", in: name) { used = value }
      guard bytes.holds("TCP:", in: prefix) || bytes.holds("TCP6:", in: prefix) else { return }
      if bytes.holds("inuse", in: name) { inUse &+= value }
      if bytes.holds("alloc", in: name) { allocated = value }
    }
  }
}

/// When a dump asks for the sockets that are only bound: for these the kernel walks its table of ports too, in
/// which every connection is, so that a dump of 100,000 sockets takes a fifth longer.
///
/// As long as the last dump that asked had none, it is enough to ask if there may be more than there were
/// least since, and once a minute.
struct BoundSocketSchedule {
  /// ms after which it is asked even if nothing tells of any.
  private static let interval: Int64 = 60_000
  /// The part of the ephemeral ports, as a shift, that may be taken unseen for so long.
  private static let unseenPorts = 6

  private var leastOfHost = 0
  private var leastOfNamespace = 0
  private var lastDump: Int64?

  /// Whether there may be many that the last dump did not have.
  /// - Parameters:
  ///   - sockets: what is counted now.
  ///   - ports: how many ephemeral ports there are.
  mutating func mayHaveMore(_ sockets: UnhashedSockets, ports: Int) -> Bool {
    leastOfHost = min(leastOfHost, sockets.ofHost)
    leastOfNamespace = min(leastOfNamespace, sockets.ofNamespace)
    let unseen = ports >> Self.unseenPorts
    return sockets.ofHost > leastOfHost + unseen
      && sockets.ofNamespace > leastOfNamespace + unseen
  }

  /// Whether the next dump is to ask.
  /// - Parameters:
  ///   - sockets: what is counted now.
  ///   - now: monotonic ms.
  ///   - ports: how many ephemeral ports there are.
  mutating func isDue(_ sockets: UnhashedSockets, at now: Int64, ports: Int) -> Bool {
    guard sockets.isKnown, let lastDump else { return true }
    return mayHaveMore(sockets, ports: ports)
      || (sockets.ofHost > 0 && now - lastDump >= Self.interval)
  }

  /// Takes note of a dump that asked for them.
  /// - Parameter sockets: what was counted before it.
  mutating func dumped(_ sockets: UnhashedSockets, at now: Int64) {
    lastDump = now
    leastOfHost = sockets.ofHost
    leastOfNamespace = sockets.ofNamespace
  }
}
