/// Ephemeral ports towards a destination.
extension Diagnosis {
  /// A flow is known by its port alone, so every group that connects to the port is reported, but for
  /// the unknown one if a known process has more sockets.
  func ephemeralPorts(_ group: GroupReport) -> [Finding] {
    guard group.labels.direction == .outbound, group.labels.port != nil,
      group.gauges.sockets.total > 0
    else { return [] }
    let scarce = index.ephemeralPorts(of: group.labels).filter {
      $0.share > Thresholds.ephemeralPorts.notice
    }
    guard let fullest = scarce.max(by: { $0.share < $1.share }) else { return timeWait(group) }
    // Those without an owner are most likely the known process's own, from before anyone watched.
    if group.labels.process == Owner.unknownName,
      index.mostSockets(to: group.labels) > group.gauges.sockets.total
    {
      return []
    }
    let states = [TCPState.timeWait, .established, .closeWait, .synSent].filter {
      group.gauges.sockets[$0] > 0
    }
    return [
      Finding(
        .ephemeralPorts, isScarce(fullest) ? .fault : .notice, of: group.labels,
        [.ephemeralPorts(fullest)]
          + states.map { .sockets($0, UInt64(group.gauges.sockets[$0])) })
    ]
  }

  /// On loopback the kernel takes ports in TIME-WAIT again (`net.ipv4.tcp_tw_reuse=2`).
  private func isScarce(_ ports: EphemeralPortsReport) -> Bool {
    var ports = ports
    if ports.source.isLoopback { ports.used -= index.timeWait(towards: ports) }
    return ports.share > Thresholds.ephemeralPorts.fault
  }
}

extension EphemeralPortsReport {
  fileprivate var share: Double { Double(used) / Double(max(1, limit)) }
}
