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
