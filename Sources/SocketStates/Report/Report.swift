/// Where the rows of a poll came from.
package enum SourceName: String, Sendable, CaseIterable {
  case sockDiag = "sock_diag"
  case procfs
}

/// What is known after one poll: immutable, published whole, read by everyone else.
package struct Report: Sendable {
  /// 1 for the first report, then one more each.
  package var sequence: UInt64
  /// Unix time of the end of the poll, seconds.
  package var time: Double
  package var source: SourceName
  /// In a stable order: by process, unit, direction, port.
  package var groups: [GroupReport]
  /// Sockets without an owner, by state.
  package var unattributed: StateCounts
  /// States in which a socket without owner was ever seen.
  package var unattributedSeen: TCPStateSet
  /// Sockets of the last poll.
  package var trackedSockets: Int
  /// Sockets that were counted in `other` because the budget of groups was spent.
  package var groupsRefused: UInt64
  /// The destinations with the most SYN-SENT and TIME-WAIT sockets.
  package var destinations: [DestinationReport] = []
  /// The pairs of source and destination with the most ephemeral ports in use.
  package var ephemeralPorts: [EphemeralPortsReport] = []
  /// Descriptors of the processes that have CLOSE-WAIT sockets.
  package var descriptors: [DescriptorReport] = []
  /// The oldest CLOSE-WAIT sockets that are stuck, oldest first.
  package var stuckSockets: [StuckSocket] = []
  /// The oldest sockets of each group that wait otherwise, the oldest first.
  package var waitingSockets: [WaitingSocket] = []
  /// Listening sockets whose accept queue is full: Recv-Q is the queue's length, Send-Q its limit.
  package var fullListeners: [SocketReport] = []
  /// Every socket, where the poll was asked to list them.
  package var sockets: [SocketReport]?
  /// MPTCP sockets by state; nil where the kernel has none to tell of.
  package var mptcp: StateCounts?
  /// States in which an MPTCP socket was ever seen; only these are exposed.
  package var mptcpSeen = TCPStateSet()
  /// nil where the kernel's counters could not be read.
  package var host: HostCounters?
  /// The other network namespaces that are watched, by name.
  package var namespaces: [NamespaceReport] = []
  /// What the daemon knows about itself.
  package var daemon = DaemonStatistics()
  /// The counters of one to two minutes before; nil in the first report.
  package var baseline: CounterBaseline?
  /// What is wrong in it, or worth to know, faults first.
  package var findings: [Finding] = []
  /// The findings as series of a metric, those that ended lately among them.
  package var findingSeries: [FindingSeries] = []

  package init(
    sequence: UInt64, time: Double, source: SourceName, groups: [GroupReport],
    unattributed: StateCounts, unattributedSeen: TCPStateSet, trackedSockets: Int,
    groupsRefused: UInt64
  ) {
    self.sequence = sequence
    self.time = time
    self.source = source
    self.groups = groups
    self.unattributed = unattributed
    self.unattributedSeen = unattributedSeen
    self.trackedSockets = trackedSockets
    self.groupsRefused = groupsRefused
  }
}

/// Sockets by state.
package struct StateCounts: Sendable {
  private var counts = InlineArray<12, UInt32>(repeating: 0)

  package init() {}

  package subscript(state: TCPState) -> UInt32 {
    get { counts[Int(state.rawValue)] }
    set { counts[Int(state.rawValue)] = newValue }
  }

  /// The states in which there are any.
  package var states: TCPStateSet {
    var states = TCPStateSet(rawValue: 0)
    for state in TCPState.allCases where self[state] > 0 { states.formUnion(TCPStateSet(state)) }
    return states
  }

  /// All of them.
  package var total: UInt64 {
    var sum: UInt64 = 0
    for index in counts.indices { sum += UInt64(counts[index]) }
    return sum
  }
}

/// Whose sockets, and which side: the labels of everything that is counted by group.
package struct GroupLabels: Hashable, Sendable {
  /// The owner's name; bytes that were not UTF-8 are already replaced.
  package var process: String
  /// systemd unit or container; empty where there is none.
  package var unit: String
  package var direction: Direction
  /// The service port; nil is `other`: the groups past the budget.
  package var port: UInt16?
  /// Only where the config asks for it.
  package var pid: Int32?
  /// The network namespace: a container, or one bound by a name; empty for the daemon's own.
  package var netns: String

  package init(
    process: String, unit: String, direction: Direction, port: UInt16?, pid: Int32? = nil,
    netns: String = ""
  ) {
    self.process = process
    self.unit = unit
    self.direction = direction
    self.port = port
    self.pid = pid
    self.netns = netns
  }
}

extension GroupLabels {
  /// The process name of the groups past the budget.
  package static let otherProcess = "other"
  /// Where the process is, for people: its unit, and the network namespace where that tells more.
  package var place: String {
    if netns.isEmpty || netns == unit { return unit }
    return unit.isEmpty ? "@\(netns)" : "\(unit) @\(netns)"
  }
  /// The value of the label `port`.
  package var portText: String { port.map { "\($0)" } ?? Self.otherPort }
  /// The value of the label `port` where neither port is a service's.
  package static let otherPort = "other"
  /// Whether this is the group of what is past the budget.
  package var isOther: Bool { port == nil && process == Self.otherProcess }
}

/// Which side a socket is on.
package enum Direction: UInt8, Sendable, CaseIterable {
  /// The local port is, or was, listened on.
  case inbound
  /// This host connected.
  case outbound

  /// The value of the label `direction`.
  package var label: String {
    switch self {
    case .inbound: "inbound"
    case .outbound: "outbound"
    }
  }
}

/// One group after one poll.
package struct GroupReport: Sendable {
  package var labels: GroupLabels
  /// States that this group has ever had; only these are exposed.
  package var statesSeen: TCPStateSet
  /// Causes that this group's stuck CLOSE-WAITs have ever had; only these are exposed.
  package var causesSeen = CaseSet<CloseWaitCause>()
  /// What this group's sockets have ever been stalled on; only these are exposed.
  package var stallsSeen = CaseSet<Stall>()
  package var gauges: GroupGauges
  /// nil where the source does not deliver tcp_info.
  package var counters: GroupCounters?

  package init(
    labels: GroupLabels, statesSeen: TCPStateSet, gauges: GroupGauges = GroupGauges(),
    counters: GroupCounters? = nil
  ) {
    self.labels = labels
    self.statesSeen = statesSeen
    self.gauges = gauges
    self.counters = counters
  }
}
