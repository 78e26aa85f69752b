/// What is known of one network namespace after the last poll that has read it.
package struct NamespaceReport: Sendable {
  /// As ``GroupLabels/netns``.
  package var netns: String
  /// The kernel's own counters; nil if they could not be read.
  package var host: HostCounters?
  /// By process, unit, direction, port.
  package var groups: [GroupReport] = []
  /// As ``Report/exposedGroups``; nil if these are the ``groups``.
  package var exposedGroups: [GroupReport]?
  /// As ``Report/unattributed``.
  package var unattributed = StateCounts()
  /// As ``Report/unattributedSeen``.
  package var unattributedSeen = TCPStateSet()
  /// Sockets of the poll.
  package var trackedSockets = 0
  /// As ``Report/groupsRefused``.
  package var groupsRefused: UInt64 = 0
  /// As ``Report/destinations``.
  package var destinations: [DestinationReport] = []
  /// As ``Report/ephemeralPorts``.
  package var ephemeralPorts: [EphemeralPortsReport] = []
  /// As ``Report/stuckSockets``.
  package var stuckSockets: [SocketReport] = []
  /// As ``Report/waitingSockets``.
  package var waitingSockets: [WaitingSocket] = []
  /// As ``Report/fullListeners``.
  package var fullListeners: [SocketReport] = []
  /// As ``Report/sockets``; nil in a published report, which has them all together.
  package var sockets: [SocketReport]?
  /// ms since the last poll that has read every socket; 0 if this one has.
  package var fullPollAge: Int64 = 0
  /// Established connections by which the last such poll corrected what light polls had reported, over all groups.
  package var fullPollCorrection: UInt64 = 0
  /// MPTCP sockets by state; nil if the kernel has none to tell of.
  package var mptcp: StateCounts?
  /// States in which an MPTCP socket was ever seen; only these are exposed.
  package var mptcpSeen = TCPStateSet()
  /// The processes that have sockets in CLOSE-WAIT or CLOSE: a leak would exhaust their descriptors.
  package var unclosedOwners: [Owner] = []
  /// The processes that have sockets.
  package var owners: [Owner] = []

  package init(netns: String, host: HostCounters? = nil) {
    self.netns = netns
    self.host = host
  }

  /// The same without ``sockets``.
  package func withoutSockets() -> NamespaceReport {
    var report = self
    report.sockets = nil
    report.owners = []
    return report
  }
}
