/// Ephemeral ports towards a destination, or towards all.
extension Diagnosis {
  func ephemeralPorts(_ group: GroupReport) -> [Finding] {
    let holders = index.portHolders
    guard
      let fullest = holders.scarcePorts(of: group.labels).max(by: { $0.share < $1.share })
    else {
      let isQuiet = group.labels.direction == .inbound || group.labels.port == nil
      return isQuiet || holders.areScarce(towards: group.labels) ? [] : timeWait(group)
    }
    let states = [TCPState.timeWait, .established, .closeWait, .synSent, .close, .listen].filter {
      group.gauges.sockets[$0] > 0
    }
    let ownerless = holders.ownerless(towards: group.labels)
    let isOwnerless = group.labels.process == Owner.unknownName
    let isLikelyOwn = if case .one = fullest.seen { true } else { false }
    return [
      Finding(
        .ephemeralPorts, isScarce(fullest) ? .fault : .notice, of: group.labels,
        [.ephemeralPorts(fullest)]
          + states.map { .sockets($0, UInt64(group.gauges.sockets[$0])) }
          + (ownerless > 0 && !isOwnerless && fullest.destination != nil
            ? [.ownerless(ownerless, isLikelyOwn: isLikelyOwn)] : []))
    ]
  }

  /// On loopback the kernel takes ports in TIME-WAIT again (`net.ipv4.tcp_tw_reuse=2`).
  private func isScarce(_ ports: EphemeralPortsReport) -> Bool {
    var ports = ports
    if ports.source.isLoopback { ports.used -= index.timeWait(towards: ports) }
    return ports.share > Thresholds.ephemeralPorts.fault
  }
}
