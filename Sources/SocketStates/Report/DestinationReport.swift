/// A destination that connects or closed connections pile up towards.
package struct DestinationReport: Sendable {
  /// The network namespace, as ``GroupLabels/netns``.
  package var netns: String
  package var destination: Endpoint
  package var synSent: Int
  package var timeWait: Int

  package init(netns: String = "", destination: Endpoint, synSent: Int, timeWait: Int) {
    self.netns = netns
    self.destination = destination
    self.synSent = synSent
    self.timeWait = timeWait
  }
}

/// Ephemeral ports that a source address has in use towards one destination, TIME-WAIT included.
package struct EphemeralPortsReport: Sendable {
  /// The network namespace, as ``GroupLabels/netns``.
  package var netns: String
  package var source: Address
  package var destination: Endpoint
  package var used: Int
  /// The ports that `ip_local_port_range` and the reserved ports leave.
  package var limit: Int

  package init(
    netns: String = "", source: Address, destination: Endpoint, used: Int, limit: Int
  ) {
    self.netns = netns
    self.source = source
    self.destination = destination
    self.used = used
    self.limit = limit
  }
}
