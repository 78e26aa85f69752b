/// What a report tells of both ends of its connections: which process a finding is about, and whether the
/// far side is on this host too.
struct PeerResolver {
  private struct Connection: Hashable {
    var local: Endpoint
    var remote: Endpoint
    var netns: String

    /// Without devices: the two ends are not on the same one.
    init(local: Endpoint, remote: Endpoint, netns: String) {
      self.local = Endpoint(address: local.address, port: local.port)
      self.remote = Endpoint(address: remote.address, port: remote.port)
      self.netns = netns
    }
  }

  /// Processes of one name that serve a port.
  private struct Holder: Hashable {
    var process: String
    var pid: Int32
  }

  let index: ReportIndex
  private let sockets: [Connection: SocketReport]
  /// Of each group, its processes and how many of its sockets each is told with.
  private let holders: [GroupLabels: [Int32: Int]]
  /// Those that serve a port.
  private let servers: [ReportIndex.PortKey: Set<Holder>]

  init(_ report: Report, _ index: ReportIndex) {
    self.index = index
    let told =
      (report.sockets ?? []) + report.stuckSockets + report.waitingSockets.map(\.socket)
    sockets = Dictionary(
      told.lazy.filter { $0.remote.port != 0 }.map {
        (Connection(local: $0.local, remote: $0.remote, netns: $0.labels.netns), $0)
      }, uniquingKeysWith: { first, _ in first })
    var holders: [GroupLabels: [Int32: Int]] = [:]
    func count(_ socket: SocketReport) {
      if socket.pid != 0 { holders[socket.labels, default: [:]][socket.pid, default: 0] += 1 }
    }
    for socket in report.stuckSockets { count(socket) }
    for waiting in report.waitingSockets { count(waiting.socket) }
    for listener in report.fullListeners { count(listener) }
    for socket in report.sockets ?? [] { count(socket) }
    self.holders = holders
    var servers: [ReportIndex.PortKey: Set<Holder>] = [:]
    for labels in report.groups.lazy.map(\.labels) where labels.direction == .inbound {
      servers[.init(netns: labels.netns, port: labels.port), default: []].insert(
        Holder(process: labels.process, pid: labels.pid ?? 0))
    }
    self.servers = servers
  }

  /// The finding, with what is known of its process and of the far side.
  func complete(_ finding: Finding) -> Finding {
    guard finding.severity > .normal else { return finding }
    var finding = finding
    finding.pid = pid(of: finding)
    let connections = connections(of: finding)
    finding.remote = connections.first?.remote.address
    if !connections.isEmpty, connections.allSatisfy(isLocal), !isTranslated(finding) {
      finding.localPeer = peer(of: finding, connections)
    }
    return finding
  }

  /// Whether data goes to an address of this host behind which it has no socket: it is sent on to another host (DNAT).
  private func isTranslated(_ finding: Finding) -> Bool {
    [.peerNotReading, .deadPath, .loss].contains(finding.kind)
      && finding.labels.direction == .outbound && index.servers(of: finding.labels).isEmpty
  }

  /// The pid of its label, of what shows it, or of most of its sockets.
  private func pid(of finding: Finding) -> Int32? {
    if let pid = finding.labels.pid { return pid }
    if let socket = finding.sockets.first(where: { $0.pid != 0 }) { return socket.pid }
    if let acceptors = finding.acceptors { return acceptors.pid }
    return holders[finding.labels]?.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }

  /// The connections that show it; if none of them is reported, those of its group.
  private func connections(of finding: Finding) -> [Connection] {
    connections(of: finding.labels, finding.sockets)
  }

  private func connections(of labels: GroupLabels, _ told: [SocketReport]) -> [Connection] {
    let some =
      told.isEmpty
      ? index.sockets(of: labels).filter { $0.state != .listen } : told
    // A daemon hides addresses from those who may not see them.
    let known = some.filter { $0.remote.port != 0 }.map {
      Connection(local: $0.local, remote: $0.remote, netns: labels.netns)
    }
    guard known.isEmpty, labels.direction == .outbound else { return known }
    return index.ephemeralPorts(of: labels).compactMap { ports in
      ports.destination.map {
        Connection(
          local: Endpoint(address: ports.source, port: 0), remote: $0, netns: ports.netns)
      }
    }
  }

  /// Whether the far side is on this host: from its own addresses the kernel connects to themselves.
  private func isLocal(_ connection: Connection) -> Bool {
    connection.remote.address.isLoopback
      || connection.remote.address == connection.local.address
      || opposite(connection) != nil
  }

  /// The other end of the connection, if that was listed.
  private func opposite(_ connection: Connection) -> SocketReport? {
    sockets[
      Connection(
        local: connection.remote, remote: connection.local, netns: connection.netns)]
  }

  /// The groups at the far side of its connections, as far as they are known to be on this host: of each
  /// connection that is told, or else those that serve its port.
  func groups(opposite finding: Finding) -> [GroupLabels] {
    let connections = connections(of: finding)
    let known = connections.compactMap { opposite($0)?.labels }
    // If no connection is left, nothing says that they led elsewhere.
    if !known.isEmpty || !(connections.isEmpty || finding.localPeer != nil) { return known }
    return index.servers(of: finding.labels)
  }

  /// The groups that serve the connections of another, if all that is known of these leads to this host.
  func localServers(of labels: GroupLabels) -> [GroupLabels] {
    let connections = connections(of: labels, [])
    guard !connections.isEmpty, connections.allSatisfy(isLocal) else { return [] }
    return index.servers(of: labels)
  }

  /// Whether nothing shows that the two groups of one name are of different processes.
  func mayBeOfOneProcess(_ one: GroupLabels, _ other: GroupLabels) -> Bool {
    if let pid = one.pid, let another = other.pid { return pid == another }
    guard let some = holders[one], let others = holders[other] else { return true }
    return some.keys.contains { others[$0] != nil }
  }

  private func peer(of finding: Finding, _ connections: [Connection]) -> Finding.LocalPeer {
    var owners = Set(
      connections.compactMap { connection in
        opposite(connection).map { Holder(process: $0.labels.process, pid: $0.pid) }
      })
    if owners.isEmpty, finding.labels.direction == .outbound {
      owners =
        servers[.init(netns: finding.labels.netns, port: finding.labels.port)] ?? []
    }
    owners = owners.filter { $0.process != Owner.unknownName }
    let names = Set(owners.map(\.process))
    let pids = Set(owners.map(\.pid))
    return Finding.LocalPeer(
      process: names.count == 1 ? names.first : nil,
      pid: pids.count == 1 ? pids.first.flatMap { $0 == 0 ? nil : $0 } : nil)
  }
}
