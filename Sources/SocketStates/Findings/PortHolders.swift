/// Who uses up the ephemeral ports: of each group, the scarce ports that a finding names it for. The same ports
/// are not told at two groups if one of them is known to use them up.
struct PortHolders {
  private var scarce: [GroupLabels: [EphemeralPortsReport]] = [:]
  private var ownerless: [ReportIndex.PortKey: UInt64] = [:]
  private var scarcePorts: Set<ReportIndex.PortKey> = []

  init(_ report: Report) {
    let found = report.ephemeralPorts.filter(\.isScarce)
    guard !found.isEmpty else { return }
    let outbound = report.groups.filter { $0.labels.direction == .outbound }
    let byPort = Dictionary(grouping: outbound) {
      ReportIndex.PortKey(netns: $0.labels.netns, port: $0.labels.port)
    }
    var told: Set<String> = []
    for ports in found where ports.destination == nil {
      guard let holder = Self.binder(of: ports, report, byPort) else { continue }
      scarce[holder.labels, default: []].append(ports)
      told.insert(ports.netns)
    }
    for ports in found {
      guard let port = ports.destination?.port else { continue }
      let key = ReportIndex.PortKey(netns: ports.netns, port: port)
      scarcePorts.insert(key)
      // Those are the ports that bind(2) has taken, over again.
      if 2 * ports.bound > ports.used, told.contains(ports.netns) { continue }
      let groups = byPort[key] ?? []
      ownerless[key] = groups.filter(\.labels.isUnknown).reduce(0) { $0 + $1.gauges.sockets.total }
      for group in Self.holders(of: ports, groups) {
        scarce[group.labels, default: []].append(ports)
      }
    }
  }

  /// The scarce ports that the group is named for.
  func scarcePorts(of labels: GroupLabels) -> [EphemeralPortsReport] { scarce[labels] ?? [] }

  /// Whether ports to the group's destination are scarce, whoever uses them up.
  func areScarce(towards labels: GroupLabels) -> Bool {
    scarcePorts.contains(.init(netns: labels.netns, port: labels.port))
  }

  /// Sockets to the group's port whose process was not seen.
  func ownerless(towards labels: GroupLabels) -> UInt64 {
    ownerless[.init(netns: labels.netns, port: labels.port)] ?? 0
  }

  /// The groups that connect to the destination, as far as is known.
  private static func holders(of ports: EphemeralPortsReport, _ groups: [GroupReport])
    -> [GroupReport]
  {
    let known: [GroupReport]
    switch ports.seen {
    case .nobody: known = []
    case .one(let process, let unit):
      // It may have no socket now: brief connections leave TIME-WAIT that is nobody's.
      known =
        groups.filter { $0.labels.process == process && $0.labels.unit == unit }
        .max { $0.gauges.sockets.total < $1.gauges.sockets.total }.map { [$0] } ?? []
    case .several:
      known = groups.filter { !$0.labels.isUnknown && $0.gauges.sockets.total > 0 }
    }
    guard known.isEmpty else { return known }
    return groups.filter { $0.labels.isUnknown && $0.gauges.sockets.total > 0 }
  }

  /// Whose sockets most of the ports are that bind(2) has taken: of those that are only bound, else of those
  /// that are connected from there, else of listeners. nil if nobody is known.
  private static func binder(
    of ports: EphemeralPortsReport, _ report: Report,
    _ byPort: [ReportIndex.PortKey: [GroupReport]]
  ) -> GroupReport? {
    let unconnected = byPort[.init(netns: ports.netns, port: nil)] ?? []
    if !ports.isDeduced,
      let most = unconnected.max(by: { $0.gauges.onlyBound < $1.gauges.onlyBound }),
      4 * Int(most.gauges.onlyBound) > ports.bound
    {
      return most
    }
    let destinations = Set(
      report.ephemeralPorts.lazy.filter {
        $0.netns == ports.netns && $0.source == ports.source && $0.destination != nil
      }.map { ReportIndex.PortKey(netns: $0.netns, port: $0.destination?.port) })
    let connected = destinations.flatMap { byPort[$0] ?? [] }
    if let most = most(of: connected, { $0.sockets.total }) { return most.group }
    let here = report.groups.filter { $0.labels.netns == ports.netns }
    let listening = most(of: here) { UInt64($0.sockets[.listen]) }
    return listening.flatMap { 4 * $0.sum > UInt64(ports.bound) ? $0.group : nil }
  }

  /// The fullest group of the process that has most in all, by preference one that is known.
  private static func most(of groups: [GroupReport], _ count: (GroupGauges) -> UInt64)
    -> (group: GroupReport, sum: UInt64)?
  {
    var sums: [String: UInt64] = [:]
    for group in groups { sums[group.labels.process, default: 0] += count(group.gauges) }
    func key(_ group: GroupReport) -> (Int, UInt64, UInt64, UInt16) {
      (
        group.labels.isUnknown ? 0 : 1, sums[group.labels.process] ?? 0, count(group.gauges),
        group.labels.port ?? 0
      )
    }
    return groups.max { key($0) < key($1) }.map { ($0, sums[$0.labels.process] ?? 0) }
  }
}

extension Report {
  /// Whether ports towards a destination are scarce, and nobody was seen to connect there.
  package var hasPortsOfNobody: Bool {
    ephemeralPorts.contains { $0.isScarce && $0.destination != nil && $0.seen == .nobody }
  }
}

extension EphemeralPortsReport {
  fileprivate var isScarce: Bool { share > Thresholds.ephemeralPorts.notice }
}
