/// Connections that end: TIME-WAIT, and ends that somebody does not confirm or does not answer.
extension Diagnosis {
  func endings(_ group: GroupReport) -> [Finding] {
    (group.labels.direction == .inbound ? timeWait(group) : [])
      + slowEnds(.peerNotClosing, .peerClose, [.finWait2], group)
      + slowEnds(.endUnconfirmed, .endAcknowledgement, [.finWait1, .lastAck, .closing], group)
  }

  /// TIME-WAIT that presses nobody.
  func timeWait(_ group: GroupReport) -> [Finding] {
    let count = UInt64(group.gauges.sockets[.timeWait])
    guard count > 0 else { return [] }
    return [Finding(.timeWait, .normal, of: group.labels, [.sockets(.timeWait, count)])]
  }

  private func slowEnds(
    _ kind: Finding.Kind, _ reason: WaitReason, _ states: [TCPState], _ group: GroupReport
  ) -> [Finding] {
    let counts: [Evidence] = states.compactMap { state in
      let count = UInt64(group.gauges.slowEnds[state])
      return count > 0 ? .sockets(state, count) : nil
    }
    guard !counts.isEmpty else { return [] }
    let waiting = index.sockets(of: group, waitingFor: reason)
    let oldest = waiting.first.map { [Evidence.oldest($0.age, isAtLeast: agesAreLowerBounds)] }
    return [
      Finding(
        kind, .notice, of: group.labels,
        counts + (oldest ?? []) + waiting.map { .socket($0) })
    ]
  }
}
