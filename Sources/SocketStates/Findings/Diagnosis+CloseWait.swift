/// Sockets that only their process ends, CLOSE-WAIT and CLOSE, and the descriptors that they take.
extension Diagnosis {
  func closeWaits(_ group: GroupReport) -> [Finding] {
    let all = UInt64(group.gauges.sockets[.closeWait])
    guard all > 0 else { return [] }
    let listed = index.stuckSockets(of: group)
    var found: [Finding] = []
    for cause in CloseWaitCause.allCases where group.gauges.stuck[cause] > 0 {
      let ofCause = listed.filter { $0.cause == cause }
      let oldest = ofCause.map(\.age).max() ?? group.gauges.closeWaitOldest ?? 0
      found.append(
        Finding(
          .closeWait(cause), .fault, of: group.labels,
          [
            .sockets(.closeWait, group.gauges.stuck[cause]), .oldest(oldest, isAtLeast: false),
          ] + descriptors(group) + ofCause.map { .socket($0) }))
    }
    let young = all - min(all, group.gauges.stuckTotal)
    if young > 0 {
      let details: [Evidence] =
        [.oldest(group.gauges.closeWaitOldest ?? 0, isAtLeast: false)]
        + listed.map { .socket($0) }
      found.append(
        Finding(
          .halfClosed, .notice, of: group.labels,
          [.sockets(.closeWait, young)] + (found.isEmpty ? details : [])))
    }
    return found
  }

  /// Connections that have ended while the process still holds their descriptors.
  func closedHeld(_ group: GroupReport) -> [Finding] {
    guard let oldest = group.gauges.closedOldest else { return [] }
    return [
      Finding(
        .closedHeld, group.gauges.stuckClosed > 0 ? .fault : .notice, of: group.labels,
        [
          .sockets(.close, UInt64(group.gauges.closedHeld)),
          .oldest(oldest, isAtLeast: false),
        ] + descriptors(group)
          + index.sockets(of: group, waitingFor: .release).map { .socket($0) })
    ]
  }

  private func descriptors(_ group: GroupReport) -> [Evidence] {
    index.descriptors(of: group.labels).map { [.descriptors(open: $0.open, limit: $0.limit)] }
      ?? []
  }

  /// Reported once, at the group of the process that has the most sockets in CLOSE-WAIT and CLOSE, or else
  /// the most sockets.
  func nearEndOfDescriptors(_ group: GroupReport) -> [Finding] {
    guard let descriptors = index.descriptors(of: group.labels),
      index.hasMostUnclosed(group.labels)
    else { return [] }
    guard descriptors.share >= Thresholds.descriptors.notice else { return [] }
    let states = [TCPState.closeWait, .close].filter { group.gauges.sockets[$0] > 0 }
    return [
      Finding(
        .descriptors, descriptors.share >= Thresholds.descriptors.fault ? .fault : .notice,
        of: group.labels,
        [.descriptors(open: descriptors.open, limit: descriptors.limit)]
          + states.map { .sockets($0, UInt64(group.gauges.sockets[$0])) })
    ]
  }
}
