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

  /// On loopback both ends are as this network namespace says, so the kernel takes ports in TIME-WAIT again. Elsewhere
  /// whether it does depends on the peer; if it does, connect(2) leaves half of the ports alone
  /// (``EphemeralPorts/firstChoice(without:)``), so if most are in TIME-WAIT, it does not.
  private func isScarce(_ ports: EphemeralPortsReport) -> Bool {
    var ports = ports
    let reuse = ports.timeWaitReuse
    if ports.isLoopback, reuse.mode != 0, reuse.hasTimestamps {
      ports.used -= index.timeWait(towards: ports)
    }
    return ports.share > Thresholds.ephemeralPorts.fault
  }
}
