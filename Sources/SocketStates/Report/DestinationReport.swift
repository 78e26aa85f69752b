/// A destination that connects or closed connections pile up towards.
package struct DestinationReport: Sendable {
  /// The network namespace, as ``GroupLabels/netns``.
  package var netns: String
  package var destination: Endpoint
  /// As ``SocketReport/device``.
  package var device = ""
  package var synSent: Int
  package var timeWait: Int

  package init(netns: String = "", destination: Endpoint, synSent: Int, timeWait: Int) {
    self.netns = netns
    self.destination = destination
    self.synSent = synSent
    self.timeWait = timeWait
  }

  /// ``destination`` as it is printed.
  package var destinationText: String { destination.text(device: device) }
}

/// The ephemeral ports that cannot be used from a source address to one destination: those of connections
/// to it, TIME-WAIT included, and those that bind(2) has taken.
///
/// connect(2) passes over a port that bind(2) has taken, whatever the addresses of both sockets, and shares
/// only those that connect(2) chose itself (`__inet_hash_connect()`, net/ipv4/inet_hashtables.c).
package struct EphemeralPortsReport: Sendable {
  /// The network namespace, as ``GroupLabels/netns``.
  package var netns: String
  package var source: Address
  /// nil: any. Then it is about what bind(2) has taken, most of it at this source.
  package var destination: Endpoint?
  /// As ``SocketReport/device``.
  package var device = ""
  package var used: Int
  /// Of those used, the ports that cannot be used for any destination.
  package var bound: Int
  /// Whether no poll has seen them bound: that no two connections share one tells that bind(2) took them.
  package var isDeduced = false
  /// The ports that `ip_local_port_range` and the reserved ports leave.
  package var limit: Int
  /// Whose sockets to that destination were seen.
  package var seen: SeenProcesses
  package var timeWaitReuse = TimeWaitReuse()

  package init(
    netns: String = "", source: Address, destination: Endpoint?, used: Int, bound: Int = 0,
    limit: Int, seen: SeenProcesses = .nobody
  ) {
    self.netns = netns
    self.source = source
    self.destination = destination
    self.used = used
    self.bound = bound
    self.limit = limit
    self.seen = seen
  }

  /// As the kernel tells it of a TIME-WAIT.
  package var isLoopback: Bool { source.isLoopback || destination?.address.isLoopback == true }

  /// The part of the ports that cannot be used.
  package var share: Double { Double(used) / Double(max(1, limit)) }
}

/// The processes whose sockets to a destination were seen.
package enum SeenProcesses: Sendable, Equatable {
  case nobody
  /// All that were seen were those of one process, or of several of one name and unit.
  case one(process: String, unit: String)
  case several

  mutating func note(_ owner: Owner) {
    switch self {
    case .nobody: self = .one(process: owner.name, unit: owner.unit)
    case .one(let process, let unit) where process != owner.name || unit != owner.unit:
      self = .several
    case .one, .several: break
    }
  }
}
