/// CLOSE-WAIT that stays, and the descriptors that it takes.
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
    if let nearEnd = nearEndOfDescriptors(group) { found.append(nearEnd) }
    return found
  }

  private func descriptors(_ group: GroupReport) -> [Evidence] {
    index.descriptors(of: group.labels).map { [.descriptors(open: $0.open, limit: $0.limit)] }
      ?? []
  }

  /// Reported once, at the group of the process that has the most CLOSE-WAIT sockets.
  private func nearEndOfDescriptors(_ group: GroupReport) -> Finding? {
    guard let descriptors = index.descriptors(of: group.labels),
      index.hasMostCloseWait(group.labels)
    else { return nil }
    let share = Double(descriptors.open) / Double(max(1, descriptors.limit))
    guard share >= Thresholds.descriptors.notice else { return nil }
    return Finding(
      .descriptors, share >= Thresholds.descriptors.fault ? .fault : .notice, of: group.labels,
      [
        .descriptors(open: descriptors.open, limit: descriptors.limit),
        .sockets(.closeWait, UInt64(group.gauges.sockets[.closeWait])),
      ])
  }
}
