/// What is told of a network namespace beside its groups.
package struct NamespaceReport: Sendable {
  /// As ``GroupLabels/netns``.
  package var netns: String
  /// nil where the kernel's counters could not be read.
  package var host: HostCounters?
  /// As ``Report/mptcp``.
  package var mptcp: StateCounts?
  /// As ``Report/mptcpSeen``.
  package var mptcpSeen = TCPStateSet(rawValue: 0)

  package init(netns: String, host: HostCounters?) {
    self.netns = netns
    self.host = host
  }
}

extension Report {
  /// Every network namespace that is watched, the daemon's own first.
  package var everyNamespace: [NamespaceReport] {
    var own = NamespaceReport(netns: "", host: host)
    own.mptcp = mptcp
    own.mptcpSeen = mptcpSeen
    return [own] + namespaces
  }

  /// Takes in what was seen in another network namespace. Paths and stuck sockets are put in order by
  /// ``endNamespaces(destinations:)``.
  package mutating func add(_ other: Report, of netns: String) {
    groups += other.groups
    for state in TCPState.allCases { unattributed[state] += other.unattributed[state] }
    unattributedSeen.formUnion(other.unattributedSeen)
    trackedSockets += other.trackedSockets
    groupsRefused += other.groupsRefused
    for var destination in other.destinations {
      destination.netns = netns
      destinations.append(destination)
    }
    for var path in other.ephemeralPorts {
      path.netns = netns
      ephemeralPorts.append(path)
    }
    stuckSockets += other.stuckSockets
    fullListeners += other.fullListeners
    waitingSockets += other.waitingSockets
    if let list = other.sockets { sockets?.append(contentsOf: list) }
    namespaces += other.everyNamespace.map { space in
      var space = space
      space.netns = netns
      return space
    }
  }

  /// Puts what came from several namespaces in order, the worst first, and cuts it to what one
  /// report may have.
  package mutating func endNamespaces(destinations limit: Int) {
    destinations.sort { $0.synSent + $0.timeWait > $1.synSent + $1.timeWait }
    destinations.removeLast(max(0, destinations.count - limit))
    ephemeralPorts.sort { $0.used > $1.used }
    ephemeralPorts.removeLast(max(0, ephemeralPorts.count - limit))
    stuckSockets.sort { $0.socket.age > $1.socket.age }
  }
}
