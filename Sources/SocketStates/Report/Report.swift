/// Where the rows of a poll came from.
package enum SourceName: String, Sendable, CaseIterable {
  case sockDiag = "sock_diag"
  case procfs
}

/// What is known after one poll: immutable, published whole, read by everyone else.
package struct Report: Sendable {
  /// 1 for the first report, then one more each; 0 for one before it (``isBeforeOwners``).
  package internal(set) var sequence: UInt64
  /// Unix time of the end of the poll, seconds.
  package internal(set) var time: Double
  /// Of the daemon's own network namespace; the others are read by sock_diag.
  package internal(set) var source: SourceName
  /// Every network namespace that is watched, the daemon's own first, the others by name. What
  /// they have in common is below, over all of them.
  package internal(set) var namespaces: [NamespaceReport]
  /// By namespace, and in it by process, unit, direction, port.
  package internal(set) var groups: [GroupReport]
  /// The same within the budget of groups, for scrapers: those past it are in `other`.
  package var exposedGroups: [GroupReport] { groupsWithinBudget ?? groups }
  /// nil if no namespace has groups past it.
  private var groupsWithinBudget: [GroupReport]?
  /// Sockets without an owner, by state.
  package internal(set) var unattributed = StateCounts()
  /// States in which a socket without owner was ever seen.
  package internal(set) var unattributedSeen = TCPStateSet()
  /// Sockets of the last poll.
  package internal(set) var trackedSockets = 0
  /// ms since every socket was read; 0 if the last poll has. Until it does again, established connections are those of
  /// then, in the network namespace in which that is longest ago.
  package internal(set) var fullPollAge: Int64 = 0
  /// As of ``NamespaceReport/fullPollCorrection``, over all namespaces.
  package internal(set) var fullPollCorrection: UInt64 = 0
  /// Sockets that were counted in `other` because the budget of groups was spent.
  package internal(set) var groupsRefused: UInt64
  /// The destinations with the most SYN-SENT and TIME-WAIT sockets.
  package internal(set) var destinations: [DestinationReport]
  /// The pairs of source and destination with the most ephemeral ports in use.
  package internal(set) var ephemeralPorts: [EphemeralPortsReport]
  /// What the containers in the groups' labels are called.
  package var containers = ContainerNames()
  /// Descriptors of the processes that have CLOSE-WAIT sockets.
  package internal(set) var descriptors: [DescriptorReport]
  /// The oldest CLOSE-WAIT sockets that are stuck, oldest first.
  package internal(set) var stuckSockets: [SocketReport]
  /// The oldest sockets of each group that wait otherwise, the oldest first.
  package internal(set) var waitingSockets: [WaitingSocket]
  /// Listening sockets whose accept queue is full: Recv-Q is the queue's length, Send-Q its limit.
  package internal(set) var fullListeners: [SocketReport]
  /// Every socket, if the poll was asked to list them.
  package internal(set) var sockets: [SocketReport]?
  /// The connections that have ended, if the poll was asked to list sockets.
  package var ended: EndedConnections?
  /// The last connections that ended otherwise than in good order, the last first.
  package var lastBroken: [EndedConnection] = []
  /// What the daemon knows about itself.
  package var daemon: DaemonStatistics
  /// The counters of one to two minutes before; nil in the first report.
  package internal(set) var baseline: CounterBaseline?
  /// What is wrong in it, or worth knowing, faults first.
  package internal(set) var findings: [Finding] = []
  /// The findings as series of a metric, those that ended lately among them.
  package internal(set) var findingSeries: [FindingSeries] = []

  /// Assembles the report of a poll.
  /// - Parameters:
  ///   - namespaces: at least the daemon's own, which comes first.
  ///   - limit: how many destinations and ephemeral port ranges are reported, the fullest first.
  ///   - formerlyRefused: ``groupsRefused`` of namespaces that have ended.
  package init(
    sequence: UInt64, time: Double, source: SourceName, namespaces: [NamespaceReport],
    destinations limit: Int = .max, descriptors: [DescriptorReport] = [],
    formerlyRefused: UInt64 = 0, daemon: DaemonStatistics = DaemonStatistics()
  ) {
    self.sequence = sequence
    self.time = time
    self.source = source
    self.descriptors = descriptors
    self.daemon = daemon
    groups = namespaces.joined(\.groups)
    if namespaces.contains(where: { $0.exposedGroups != nil }) {
      groupsWithinBudget = namespaces.joined { $0.exposedGroups ?? $0.groups }
    }
    groupsRefused = namespaces.reduce(formerlyRefused) { $0 + $1.groupsRefused }
    destinations = namespaces.merged(\.destinations, limit: limit) { $0.synSent + $0.timeWait }
    ephemeralPorts = namespaces.merged(\.ephemeralPorts, limit: limit, by: \.used)
    stuckSockets = namespaces.merged(\.stuckSockets, by: \.age)
    waitingSockets = namespaces.merged(\.waitingSockets, by: \.age)
    fullListeners = namespaces.joined(\.fullListeners)
    sockets = namespaces.first?.sockets.map { _ in namespaces.joined { $0.sockets ?? [] } }
    self.namespaces = namespaces.map { $0.withoutSockets() }
    for namespace in namespaces {
      trackedSockets += namespace.trackedSockets
      fullPollAge = max(fullPollAge, namespace.fullPollAge)
      fullPollCorrection += namespace.fullPollCorrection
      unattributed += namespace.unattributed
      unattributedSeen.formUnion(namespace.unattributedSeen)
    }
  }

  /// Whether sockets are counted, and nobody has looked yet whose they are, nor into other network namespaces.
  package var isBeforeOwners: Bool { sequence == 0 }

  /// The same without ``sockets``: a list may be long, and is kept only for those who asked for it.
  package func withoutSockets() -> Report {
    var report = self
    report.sockets = nil
    report.ended = nil
    return report
  }
}

extension [NamespaceReport] {
  /// A part of each, in one array. That of a single namespace is not copied.
  fileprivate func joined<Part>(_ part: (NamespaceReport) -> [Part]) -> [Part] {
    dropFirst().reduce(into: first.map(part) ?? []) { $0 += part($1) }
  }

  /// The same of parts that have the greatest first and are cut off at the limit each.
  fileprivate func merged<Part>(
    _ part: (NamespaceReport) -> [Part], limit: Int = .max, by measure: (Part) -> some Comparable
  ) -> [Part] {
    let parts = joined(part)
    guard count > 1 else { return parts }
    let order = parts.indices.map { (index: $0, measure: measure(parts[$0])) }
      .sorted { $0.measure == $1.measure ? $0.index < $1.index : $0.measure > $1.measure }
    return order.prefix(limit).map { parts[$0.index] }
  }
}
