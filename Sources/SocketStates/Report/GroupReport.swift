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
  /// Whether scrapers get it by its own labels; else it is counted for them in `other` (``Report/exposedGroups``).
  package var isExposed = true
  /// nil if the source does not deliver tcp_info.
  package var counters: GroupCounters?
  /// The silence after which its connections break, if there is one.
  package var idleCluster: IdleCluster?
  /// The peers with which something goes wrong.
  package var worstPeers: [WorstPeers] = []
  /// Who has to accept the connections that wait at its listeners; nil if none do.
  package var acceptors: Acceptors?

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

/// Who has to accept what waits at the listeners of a group.
package struct Acceptors: Sendable {
  /// The processes of which each may be the one, by pid.
  package var processes: [SocketReport.Holder] = []
  /// The one that it is, or one of several that accept from the same listener; nil if that is not known.
  package var pid: Int32?

  package init(processes: [SocketReport.Holder], pid: Int32?) {
    self.processes = processes
    self.pid = pid
  }

  /// Their names, each once.
  package var names: [String] {
    processes.map(\.process).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
