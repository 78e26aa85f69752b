/// The parts of a report by what they belong to. Made once for a diagnosis, which so takes time linear in
/// sockets and groups: nobody searches a list for each group.
struct ReportIndex {
  /// Processes of one name in one unit, in one network namespace or in all of them.
  struct ProcessKey: Hashable {
    var process: String
    var unit: String
    var netns: String?

    init(_ labels: GroupLabels, in netns: String? = nil) {
      process = labels.process
      unit = labels.unit
      self.netns = netns
    }

    init(_ descriptors: DescriptorReport) {
      process = descriptors.process
      unit = descriptors.unit
    }
  }

  /// A service port of a network namespace.
  struct PortKey: Hashable {
    var netns: String
    var port: UInt16?
  }

  /// An endpoint of a network namespace.
  struct EndpointKey: Hashable {
    var netns: String
    var endpoint: Endpoint
  }

  /// The oldest few that wait, in CLOSE-WAIT or otherwise.
  private let stuckSockets: [GroupLabels: [SocketReport]]
  private let waitingSockets: [GroupLabels: [WaitingSocket]]
  /// The sockets that are listed one by one.
  private let sockets: [GroupLabels: [SocketReport]]
  private let descriptors: [ProcessKey: DescriptorReport]
  /// Destinations of connection attempts that wait.
  private let destinations: [PortKey: [DestinationReport]]
  /// TIME-WAIT sockets towards an endpoint.
  private let timeWait: [EndpointKey: Int]
  private let ephemeralPorts: [PortKey: [EphemeralPortsReport]]
  private let fullListeners: [PortKey: [SocketReport]]
  /// Endpoints that this host connects to from the same address, which so is its own.
  private let ownEndpoints: Set<EndpointKey>
  /// Of the groups of one process, the one with the most sockets in CLOSE-WAIT and CLOSE, then in all.
  private var mostUnclosed: [ProcessKey: (labels: GroupLabels, count: (UInt32, UInt64))] = [:]
  /// FIN-WAIT-2 sockets that a process holds.
  private var heldFinWait2: [ProcessKey: UInt64] = [:]
  /// Groups that serve a port.
  private var servers: [PortKey: [GroupLabels]] = [:]
  /// Sockets in SYN-RECV of a port whose SYN-ACK was sent again.
  private var repeatedHandshakes: [PortKey: UInt64] = [:]
  /// Groups that have connections to a port.
  private var clients: [PortKey: [GroupLabels]] = [:]
  /// Names of known processes that connect to a port, or did lately.
  private var clientNames: [PortKey: Set<String>] = [:]
  /// Connections of each group, without those that wait for accept().
  private var connections: [GroupLabels: UInt64] = [:]
  /// Groups with connections from which nothing was read for too long.
  private var hangingReaders: Set<GroupLabels> = []
  /// Who uses up the ephemeral ports.
  let portHolders: PortHolders

  init(_ report: Report) {
    let listed = report.sockets ?? []
    stuckSockets = Dictionary(grouping: report.stuckSockets, by: \.labels)
    waitingSockets = Dictionary(grouping: report.waitingSockets, by: \.socket.labels)
    sockets = Dictionary(grouping: listed, by: \.labels)
    descriptors = Dictionary(report.descriptors.map { (ProcessKey($0), $0) }) { first, _ in first }
    destinations = Dictionary(grouping: report.destinations.lazy.filter { $0.synSent > 0 }) {
      PortKey(netns: $0.netns, port: $0.destination.port)
    }
    timeWait = Dictionary(
      report.destinations.map {
        (EndpointKey(netns: $0.netns, endpoint: $0.destination), $0.timeWait)
      }, uniquingKeysWith: +)
    ephemeralPorts = Dictionary(grouping: report.ephemeralPorts.filter { $0.destination != nil }) {
      PortKey(netns: $0.netns, port: $0.destination?.port)
    }
    portHolders = PortHolders(report)
    fullListeners = Dictionary(grouping: report.fullListeners) {
      PortKey(netns: $0.labels.netns, port: $0.local.port)
    }
    ownEndpoints = Set(
      report.ephemeralPorts.lazy.compactMap { ports in
        ports.destination.flatMap {
          $0.address == ports.source ? EndpointKey(netns: ports.netns, endpoint: $0) : nil
        }
      }
        + listed.lazy.filter { $0.local.address == $0.remote.address }.map {
          EndpointKey(netns: $0.labels.netns, endpoint: $0.remote)
        })
    for group in report.groups { note(group) }
  }

  private mutating func note(_ group: GroupReport) {
    let labels = group.labels
    if group.gauges.heldFinWait2 > 0 {
      heldFinWait2[ProcessKey(labels, in: labels.netns), default: 0] += UInt64(
        group.gauges.heldFinWait2)
    }
    let connected = group.gauges.sockets.connected
    connections[labels] = connected - min(connected, group.gauges.acceptQueueLength)
    if group.gauges.stallsOverdue[.localReader] > 0 { hangingReaders.insert(labels) }
    let port = PortKey(netns: labels.netns, port: labels.port)
    if labels.direction == .inbound {
      servers[port, default: []].append(labels)
      repeatedHandshakes[port, default: 0] += UInt64(
        group.gauges.sockets[.synRecv] - group.gauges.unrepeatedHandshakes)
    } else {
      if connected > 0 { clients[port, default: []].append(labels) }
      if labels.process != Owner.unknownName {
        clientNames[port, default: []].insert(labels.process)
      }
    }
    if descriptors[ProcessKey(labels)] != nil {
      let gauges = group.gauges
      let count = (gauges.unclosed, gauges.sockets.total)
      let key = ProcessKey(labels, in: labels.netns)
      if count > mostUnclosed[key]?.count ?? (0, 0) { mostUnclosed[key] = (labels, count) }
    }
  }
}

extension ReportIndex {
  func stuckSockets(of group: GroupReport) -> [SocketReport] { stuckSockets[group.labels] ?? [] }

  /// The oldest few of the group that wait for something.
  func sockets(of group: GroupReport, waitingFor reason: WaitReason) -> [SocketReport] {
    (waitingSockets[group.labels] ?? []).filter { $0.reason == reason }.map(\.socket)
  }

  func sockets(of labels: GroupLabels) -> [SocketReport] { sockets[labels] ?? [] }

  func descriptors(of labels: GroupLabels) -> DescriptorReport? { descriptors[ProcessKey(labels)] }

  func destinations(of labels: GroupLabels) -> [DestinationReport] {
    destinations[PortKey(netns: labels.netns, port: labels.port)] ?? []
  }

  /// FIN-WAIT-2 sockets that the group's process holds in other groups.
  func heldFinWait2(besides group: GroupReport) -> UInt64 {
    let all = heldFinWait2[ProcessKey(group.labels, in: group.labels.netns)] ?? 0
    return all - min(all, UInt64(group.gauges.heldFinWait2))
  }

  /// The groups that serve the port which another connects to.
  func servers(of labels: GroupLabels) -> [GroupLabels] {
    guard labels.direction == .outbound, labels.port != nil else { return [] }
    return servers[PortKey(netns: labels.netns, port: labels.port)] ?? []
  }

  /// The groups that have connections to the port which another serves.
  func clients(of labels: GroupLabels) -> [GroupLabels] {
    clients[PortKey(netns: labels.netns, port: labels.port)] ?? []
  }

  /// The known process that connects to the same port as the group, or did lately; nil if there are several.
  func onlyClient(of labels: GroupLabels) -> String? {
    let names = clientNames[PortKey(netns: labels.netns, port: labels.port)] ?? []
    return names.count == 1 ? names.first : nil
  }

  /// The group's connections, without those that wait for accept().
  func connections(of labels: GroupLabels) -> UInt64 { connections[labels] ?? 0 }

  /// Whether nothing was read for too long from one of the group's connections.
  func isHanging(_ labels: GroupLabels) -> Bool { hangingReaders.contains(labels) }

  func timeWait(towards ports: EphemeralPortsReport) -> Int {
    ports.destination.flatMap { timeWait[EndpointKey(netns: ports.netns, endpoint: $0)] } ?? 0
  }

  func ephemeralPorts(of labels: GroupLabels) -> [EphemeralPortsReport] {
    ephemeralPorts[PortKey(netns: labels.netns, port: labels.port)] ?? []
  }

  /// Whether the group has the most sockets in CLOSE-WAIT and CLOSE of its process, or else the most sockets.
  func hasMostUnclosed(_ labels: GroupLabels) -> Bool {
    mostUnclosed[ProcessKey(labels, in: labels.netns)]?.labels == labels
  }

  /// A full listener of the port that the group connects to, if nothing is known but that it connects to this
  /// host.
  func fullListener(towardsPortOf labels: GroupLabels) -> SocketReport? {
    let destinations = ephemeralPorts(of: labels).compactMap(\.destination)
    guard destinations.allSatisfy({ isOwn($0, labels.netns) }) else { return nil }
    return fullListeners[PortKey(netns: labels.netns, port: labels.port)]?.first { listener in
      destinations.isEmpty || destinations.contains { listener.local.takes($0) }
    }
  }

  /// Sockets in SYN-RECV whose SYN-ACK was sent again, if all of the destinations are listeners of this host.
  func repeatedHandshakes(at destinations: [DestinationReport], of labels: GroupLabels) -> UInt64 {
    guard !destinations.isEmpty,
      destinations.allSatisfy({ isOwn($0.destination, labels.netns) })
    else { return 0 }
    return repeatedHandshakes[PortKey(netns: labels.netns, port: labels.port)] ?? 0
  }

  /// Connection attempts of this host that wait for the group's listeners.
  func ownAttempts(at labels: GroupLabels) -> UInt64 {
    destinations(of: labels).lazy.filter { isOwn($0.destination, labels.netns) }
      .reduce(0) { $0 + UInt64(max(0, $1.synSent)) }
  }

  private func isOwn(_ destination: Endpoint, _ netns: String) -> Bool {
    destination.address.isLoopback
      || ownEndpoints.contains(EndpointKey(netns: netns, endpoint: destination))
  }

  /// The listener of a destination, if that is on this host and its accept queue is full.
  func fullListener(at destination: Endpoint, _ netns: String) -> SocketReport? {
    guard isOwn(destination, netns) else { return nil }
    return fullListeners[PortKey(netns: netns, port: destination.port)]?.first {
      $0.local.takes(destination)
    }
  }
}
