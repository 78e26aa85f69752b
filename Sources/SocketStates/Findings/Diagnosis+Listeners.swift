/// Connections that wait for accept(), or that the kernel dropped because no more may.
extension Diagnosis {
  func accepting(_ group: GroupReport) -> [Finding] {
    var drops = listenDrops[group.labels]
    let queue = group.gauges.acceptQueue
    let isFull = queue.isFull
    guard let limit = queue.limit, isFull || queue.isFilling else {
      return [drops].compactMap(\.self)
    }
    let opening = UInt64(group.gauges.sockets[.synRecv])
    var finding = Finding(
      .acceptQueue, isFull ? .fault : .notice, of: group.labels,
      [.acceptQueue(queue.length, limit: limit)]
        + (opening > 0 ? [.sockets(.synRecv, opening)] : []))
    // Drops that are all overflows are what a full queue does: evidence of it, and no fault more.
    if isFull, case .listenDrops(let count, let overflows, within: _) = drops?.evidence.first,
      count == overflows
    {
      finding.evidence += drops?.evidence.prefix(1) ?? []
      drops = nil
    }
    return [finding, drops].compactMap(\.self)
  }

  /// The kernel counts drops by network namespace: they are reported at the fullest queue, as the
  /// likely place.
  static func listenDrops(of report: Report, _ index: ReportIndex) -> [GroupLabels: Finding] {
    guard let baseline = report.baseline, let span = report.millisecondsSinceBaseline else {
      return [:]
    }
    var found: [GroupLabels: Finding] = [:]
    for namespace in report.namespaces {
      let before = baseline.hosts[namespace.netns]
      guard let now = namespace.host?.listenDrops, let then = before?.listenDrops, now > then,
        let fullest = index.fullestQueue(in: namespace.netns), let limit = fullest.queue.limit
      else { continue }
      let overflows = (namespace.host?.listenOverflows ?? 0).difference(before?.listenOverflows)
      found[fullest.labels] = Finding(
        .listenDrops, .fault, of: fullest.labels,
        [
          .listenDrops(now - then, overflows: overflows, within: .last(span)),
          .acceptQueue(fullest.queue.length, limit: limit),
        ])
    }
    return found
  }
}
