/// Judges a report: what is wrong in it, who is responsible, and what shows it. Pure.
///
/// The thresholds are those of the alerts (`config/prometheus/alerts.yaml`), without their patience:
/// who asks looks at this moment.
package struct Diagnosis: Sendable {
  /// What was found, faults first; within one weight the most sockets first.
  package private(set) var findings: [Finding] = []

  private let report: Report
  private let before: Report?
  private let options: Options
  private let groupsBefore: [GroupLabels: GroupReport]

  /// What the judge is told besides.
  package struct Options: Sendable {
    /// Whether the sockets were watched before the report: then ages are true, and counters without
    /// an earlier report count from the daemon's start.
    package var hasHistory = true

    package init(hasHistory: Bool = true) { self.hasHistory = hasHistory }
  }

  /// - Parameter before: an earlier report, for what was counted in between; nil counts from the
  ///   daemon's start, or not at all where there is no history.
  package init(of report: Report, since before: Report? = nil, _ options: Options = Options()) {
    self.report = report
    self.before = before
    self.options = options
    groupsBefore = Dictionary(
      (before?.groups ?? []).map { ($0.labels, $0) }, uniquingKeysWith: { first, _ in first })
    var found: [(Finding, sockets: UInt64)] = []
    for group in report.groups {
      found += judge(group).map { ($0, group.gauges.sockets.total) }
    }
    for drops in listenDrops {
      if let place = found.firstIndex(where: { Self.explains($0.0, drops) }) {
        found[place].0.evidence.append(drops.evidence[0])
      } else {
        found.append((drops, 0))
      }
    }
    let peerResolver = PeerResolver(report)
    findings = found.enumerated().sorted { one, other in
      (one.element.0.severity, one.element.sockets, other.offset)
        > (other.element.0.severity, other.element.sockets, one.offset)
    }.map { peerResolver.complete($0.element.0) }
  }

  private func judge(_ group: GroupReport) -> [Finding] {
    let counted = counted(group)
    return closeWaits(group) + connects(group, counted) + accepting(group)
      + stalls(group, counted) + loss(group, counted) + ephemeralPorts(group) + endings(group)
  }
}

// MARK: - CLOSE-WAIT

extension Diagnosis {
  private func closeWaits(_ group: GroupReport) -> [Finding] {
    let stuckSockets = report.stuckSockets.filter { $0.socket.labels == group.labels }
    var found: [Finding] = []
    for cause in CloseWaitCause.allCases where group.gauges.stuck[cause] > 0 {
      let told = stuckSockets.filter { $0.cause == cause }
      let oldest = told.map(\.socket.age).max() ?? group.gauges.closeWaitOldest ?? 0
      found.append(
        Finding(
          .closeWait(cause), .fault, of: group.labels,
          [
            .sockets(.closeWait, group.gauges.stuck[cause]), .oldest(oldest, isAtLeast: false),
          ] + descriptors(group) + told.map { .socket($0.socket) }))
    }
    // A report may come from elsewhere (`--connect`) and contradict itself.
    let all = UInt64(group.gauges.sockets[.closeWait])
    let young = all - min(all, group.gauges.stuckTotal)
    if young > 0 {
      found.append(
        Finding(
          .halfClosed, .notice, of: group.labels,
          [.sockets(.closeWait, young)]
            + (found.isEmpty
              ? [.oldest(group.gauges.closeWaitOldest ?? 0, isAtLeast: false)]
                + stuckSockets.map { .socket($0.socket) } : [])))
    }
    if let nearEnd = nearEndOfDescriptors(group) { found.append(nearEnd) }
    return found
  }

  private func descriptorReport(_ group: GroupReport) -> DescriptorReport? {
    report.descriptors.first {
      $0.process == group.labels.process && $0.unit == group.labels.unit
    }
  }

  private func descriptors(_ group: GroupReport) -> [Evidence] {
    descriptorReport(group).map { [.descriptors(open: $0.open, limit: $0.limit)] } ?? []
  }

  /// Told at the group of the process that has the most CLOSE-WAIT sockets, once.
  private func nearEndOfDescriptors(_ group: GroupReport) -> Finding? {
    guard let descriptors = descriptorReport(group), group.gauges.sockets[.closeWait] > 0,
      Double(descriptors.open) >= 0.8 * Double(descriptors.limit),
      !report.groups.contains(where: { other in
        other.labels.process == group.labels.process && other.labels.unit == group.labels.unit
          && other.labels.netns == group.labels.netns
          && other.gauges.sockets[.closeWait] > group.gauges.sockets[.closeWait]
      })
    else { return nil }
    let isAtEnd = Double(descriptors.open) >= 0.95 * Double(descriptors.limit)
    return Finding(
      .descriptors, isAtEnd ? .fault : .notice, of: group.labels,
      [
        .descriptors(open: descriptors.open, limit: descriptors.limit),
        .sockets(.closeWait, UInt64(group.gauges.sockets[.closeWait])),
      ])
  }
}

// MARK: - Connecting and accepting

extension Diagnosis {
  /// ms after which a SYN is sent again (`TCP_TIMEOUT_INIT`, RFC 6298).
  private static let synTimeout: Int64 = 1000

  private func connects(_ group: GroupReport, _ counted: Counted?) -> [Finding] {
    guard group.labels.direction == .outbound else { return [] }
    var found: [Finding] = []
    let failed = { (failure: ConnectFailure) -> [Evidence] in
      guard let counted, counted.counters.connectFailures[failure] > 0 else { return [] }
      return [
        .connectFailures(
          failure, counted.counters.connectFailures[failure], within: counted.span)
      ]
    }
    let isRecent = counted.map { $0.span != .allTime } ?? false
    let waiting = group.gauges.synSentOldest.map { $0 >= Self.synTimeout } ?? false
    let unanswered = failed(.unanswered)
    if waiting || !unanswered.isEmpty {
      let all = destinations(group)
      let full = all.compactMap { each in
        fullListener(at: each.destination, group.labels.netns).map { (each, $0) }
      }
      let silent = all.filter { each in !full.contains { $0.0.destination == each.destination } }
      if let listener = full.first?.1 {
        found.append(
          Finding(
            .connectsUnanswered(.listenerFull), .fault, of: group.labels,
            [.fullListener(listener)] + waits(group, waiting, full.map(\.0), of: all)
              + (silent.isEmpty ? unanswered : [])))
      }
      if full.isEmpty || !silent.isEmpty {
        found.append(
          Finding(
            .connectsUnanswered(.nobody), waiting || isRecent ? .fault : .notice, of: group.labels,
            waits(group, waiting, silent, of: all) + unanswered))
      }
    }
    let refused = failed(.refused)
    if !refused.isEmpty {
      found.append(
        Finding(.connectsRefused, isRecent ? .fault : .notice, of: group.labels, refused))
    }
    let abandoned = failed(.abandoned)
    if !abandoned.isEmpty {
      found.append(Finding(.connectsAbandoned, .notice, of: group.labels, abandoned))
    }
    return found
  }

  /// What shows that connects to some of the destinations wait.
  private func waits(
    _ group: GroupReport, _ waiting: Bool, _ some: [DestinationReport],
    of all: [DestinationReport]
  ) -> [Evidence] {
    guard waiting else { return some.map { .destination($0) } }
    // Where all of them are meant, the group's own number is the exact one: a destination may be
    // shared with other processes.
    let count =
      some.count == all.count
      ? UInt64(group.gauges.sockets[.synSent])
      : min(
        UInt64(group.gauges.sockets[.synSent]),
        some.reduce(0) { $0 + UInt64(max(0, $1.synSent)) })
    return [
      .sockets(.synSent, count),
      .oldest(group.gauges.synSentOldest ?? 0, isAtLeast: !options.hasHistory),
    ] + some.map { .destination($0) }
  }

  /// The listener of the destination, where that is on this host and its accept queue is full.
  private func fullListener(at destination: Endpoint, _ netns: String) -> SocketReport? {
    guard isLocal(destination, netns) else { return nil }
    return report.fullListeners.first {
      $0.labels.netns == netns && $0.local.takes(destination)
    }
  }

  /// Whether a destination is an address of this host: from there the kernel connects from the same one.
  private func isLocal(_ destination: Endpoint, _ netns: String) -> Bool {
    destination.address.isLoopback
      || report.ephemeralPorts.contains {
        $0.netns == netns && $0.destination == destination && $0.source == destination.address
      }
      || (report.sockets ?? []).contains {
        $0.labels.netns == netns && $0.remote == destination
          && $0.local.address == destination.address
      }
  }

  private func destinations(_ group: GroupReport) -> [DestinationReport] {
    let some = report.destinations.filter {
      $0.destination.port == group.labels.port && $0.netns == group.labels.netns && $0.synSent > 0
    }
    // Where the sockets are listed, only those that are its own.
    let own = Set(
      (report.sockets ?? []).lazy.filter { $0.state == .synSent && $0.labels == group.labels }
        .map(\.remote))
    return own.isEmpty ? some : some.filter { own.contains($0.destination) }
  }

  private func accepting(_ group: GroupReport) -> [Finding] {
    let (length, limit) = (group.gauges.acceptQueueLength, group.gauges.acceptQueueLimit)
    guard length > 0, length * 2 > limit else { return [] }
    let beginning = UInt64(group.gauges.sockets[.synRecv])
    return [
      Finding(
        .acceptQueue, length >= limit ? .fault : .notice, of: group.labels,
        [.acceptQueue(length, limit: limit)]
          + (beginning > 0 ? [.sockets(.synRecv, beginning)] : []))
    ]
  }

  /// Whether drops are what a full accept queue does: then they are evidence of that, and no fault more.
  private static func explains(_ finding: Finding, _ drops: Finding) -> Bool {
    guard case .listenDrops(let count, let overflows, within: _) = drops.evidence[0] else {
      return false
    }
    return finding.kind == .acceptQueue && finding.severity == .fault
      && finding.labels == drops.labels && count == overflows
  }

  private var listenDrops: [Finding] {
    guard let before = before?.namespaces else { return [] }
    return report.namespaces.compactMap { space in
      let old = before.first { $0.netns == space.netns }
      return listenDrops(in: space.netns, space.host, old?.host)
    }
  }

  /// The kernel counts these by network namespace: the fullest queue is the likely place.
  private func listenDrops(in netns: String, _ host: HostCounters?, _ old: HostCounters?)
    -> Finding?
  {
    guard let before, let now = host?.listenDrops, let then = old?.listenDrops, now > then
    else { return nil }
    let fullest = report.groups.filter {
      $0.labels.netns == netns && $0.gauges.acceptQueueLimit > 0
    }.max {
      $0.acceptQueueShare < $1.acceptQueueShare
    }
    guard let fullest else { return nil }
    let overflows = (host?.listenOverflows ?? 0).difference(old?.listenOverflows)
    return Finding(
      .listenDrops, .fault, of: fullest.labels,
      [
        .listenDrops(
          now - then, overflows: overflows, within: .last(report.milliseconds(since: before))),
        .acceptQueue(fullest.gauges.acceptQueueLength, limit: fullest.gauges.acceptQueueLimit),
      ])
  }
}

// MARK: - Sending and receiving

extension Diagnosis {
  /// ms with data to send below which nothing is said of what limits it.
  private static let leastBusy: UInt64 = 500
  /// Segments sent below which nothing is said of loss, and retransmitted ones likewise.
  private static let leastSegments: (sent: UInt64, retransmitted: UInt64) = (20, 3)

  private func stalls(_ group: GroupReport, _ counted: Counted?) -> [Finding] {
    let gauges = group.gauges
    let connected = gauges.sockets.connected
    let evidence = { (stall: Stall) -> [Evidence] in
      gauges.stalled[stall] > 0 ? [.stalled(stall, gauges.stalled[stall], of: connected)] : []
    }
    let isMuch = { (stall: Stall) in gauges.stalled[stall] * 4 >= connected }
    var found: [Finding] = []
    let unread = evidence(.localReader)
    if !unread.isEmpty {
      found.append(
        Finding(
          .unreadData, isMuch(.localReader) ? .fault : .notice, of: group.labels,
          unread + [.receiveQueue(gauges.receiveQueue)]
            + sockets(group) { $0.stall == .localReader }))
    }
    let shut = evidence(.peerWindow)
    let slow = limited(.receiveWindow, \.receiveWindowLimited, counted)
    if !shut.isEmpty || !slow.isEmpty {
      found.append(
        Finding(
          .peerNotReading, .notice, of: group.labels,
          shut + [.sendQueue(gauges.sendQueue)] + slow + sockets(group) { $0.stall == .peerWindow })
      )
    }
    let dead = evidence(.retransmission)
    if !dead.isEmpty {
      found.append(
        Finding(
          .deadPath, .fault, of: group.labels,
          dead + [.sendQueue(gauges.sendQueue)] + sockets(group) { $0.stall == .retransmission }))
    }
    let small = limited(.sendBuffer, \.sendBufferLimited, counted)
    if !small.isEmpty { found.append(Finding(.smallSendBuffer, .notice, of: group.labels, small)) }
    return found
  }

  /// Where one thing held up more than half of the time with data to send.
  private func limited(
    _ limit: Evidence.SendLimit, _ time: KeyPath<GroupCounters, UInt64>, _ counted: Counted?
  ) -> [Evidence] {
    guard let counted, counted.span != .allTime, counted.counters.sendBusy >= Self.leastBusy,
      counted.counters[keyPath: time] * 2 > counted.counters.sendBusy
    else { return [] }
    let share = Double(counted.counters[keyPath: time]) / Double(counted.counters.sendBusy)
    return [.sendLimited(limit, share: share, within: counted.span)]
  }

  private func loss(_ group: GroupReport, _ counted: Counted?) -> [Finding] {
    guard let counted else { return [] }
    let (sent, again) = (counted.counters.sentSegments, counted.counters.retransmittedSegments)
    guard sent >= Self.leastSegments.sent, again >= Self.leastSegments.retransmitted,
      again * 20 > sent
    else { return [] }
    return [
      Finding(
        .loss, counted.span == .allTime ? .notice : .fault, of: group.labels,
        [.retransmitted(again, of: sent, within: counted.span)])
    ]
  }
}

// MARK: - Ports and endings

extension Diagnosis {
  /// A port is known for nothing but its number, so who shares it with the destination is told: the
  /// group with the most sockets.
  private func ephemeralPorts(_ group: GroupReport) -> [Finding] {
    guard group.labels.direction == .outbound, let port = group.labels.port,
      group.gauges.sockets.total > 0
    else { return [] }
    let pressing = report.ephemeralPorts.filter {
      $0.destination.port == port && $0.netns == group.labels.netns && $0.used * 2 > $0.limit
    }
    let timeWait = UInt64(group.gauges.sockets[.timeWait])
    if !pressing.isEmpty, group.labels.process == Owner.unknownName, hasGreaterOwner(group) {
      return []
    }
    guard let fullest = pressing.max(by: { $0.share < $1.share }) else {
      return timeWait > 0
        ? [Finding(.timeWait, .normal, of: group.labels, [.sockets(.timeWait, timeWait)])] : []
    }
    let states = [TCPState.timeWait, .established, .closeWait, .synSent].filter {
      group.gauges.sockets[$0] > 0
    }
    return [
      Finding(
        .ephemeralPorts, isPressing(fullest) ? .fault : .notice, of: group.labels,
        [.ephemeralPorts(fullest)]
          + states.map { .sockets($0, UInt64(group.gauges.sockets[$0])) })
    ]
  }

  /// Whether a known process has more sockets to the same port: then those without an owner are most
  /// likely its own, from before anyone looked.
  private func hasGreaterOwner(_ group: GroupReport) -> Bool {
    report.groups.contains { other in
      other.labels.process != Owner.unknownName && other.labels.direction == .outbound
        && other.labels.port == group.labels.port && other.labels.netns == group.labels.netns
        && other.gauges.sockets.total > group.gauges.sockets.total
    }
  }

  /// On loopback the kernel takes ports in TIME-WAIT again (`tcp_tw_reuse=2`).
  private func isPressing(_ ports: EphemeralPortsReport) -> Bool {
    var used = ports.used
    if ports.source.isLoopback {
      used -= report.destinations.first { $0.destination == ports.destination }?.timeWait ?? 0
    }
    return Double(used) > 0.8 * Double(ports.limit)
  }

  /// ms that an end may take before it is told: only a list of the sockets knows their ages.
  private static let slowEnd: Int64 = 1000

  private func endings(_ group: GroupReport) -> [Finding] {
    var found: [Finding] = []
    let timeWait = UInt64(group.gauges.sockets[.timeWait])
    if group.labels.direction == .inbound, timeWait > 0 {
      found.append(Finding(.timeWait, .normal, of: group.labels, [.sockets(.timeWait, timeWait)]))
    }
    let kinds: [(Finding.Kind, [TCPState])] = [
      (.peerNotClosing, [.finWait2]), (.endUnconfirmed, [.finWait1, .lastAck, .closing]),
    ]
    for (kind, states) in kinds {
      let waiting = (report.sockets ?? []).filter {
        $0.labels == group.labels && states.contains($0.state) && $0.age >= Self.slowEnd
      }
      guard let oldest = waiting.map(\.age).max() else { continue }
      let counts: [Evidence] = states.compactMap { state in
        let count = waiting.count { $0.state == state }
        return count > 0 ? .sockets(state, UInt64(count)) : nil
      }
      found.append(
        Finding(
          kind, .notice, of: group.labels,
          counts + [.oldest(oldest, isAtLeast: !options.hasHistory)]
            + waiting.longestWaiting.map { .socket($0) }))
    }
    return found
  }

  private func sockets(_ group: GroupReport, where isMeant: (SocketReport) -> Bool) -> [Evidence] {
    (report.sockets ?? []).filter { $0.labels == group.labels && isMeant($0) }.longestWaiting.map {
      .socket($0)
    }
  }
}

// MARK: - What was counted

extension Diagnosis {
  /// Counters of a group, and the time that they cover.
  private struct Counted {
    var counters: GroupCounters
    var span: Evidence.Span
  }

  /// nil where the source has no counters, or nothing to count from.
  private func counted(_ group: GroupReport) -> Counted? {
    guard let counters = group.counters else { return nil }
    guard let before else {
      return options.hasHistory ? Counted(counters: counters, span: .allTime) : nil
    }
    return Counted(
      counters: counters.since(groupsBefore[group.labels]?.counters),
      span: .last(report.milliseconds(since: before)))
  }
}

extension GroupCounters {
  /// What came after an earlier look. A daemon that was started again in between counts from 0:
  /// then all is new.
  fileprivate func since(_ before: GroupCounters?) -> GroupCounters {
    guard let before, sentSegments >= before.sentSegments, sendBusy >= before.sendBusy else {
      return self
    }
    var new = self
    new.sentSegments -= before.sentSegments
    new.retransmittedSegments = retransmittedSegments.difference(before.retransmittedSegments)
    new.sendBusy -= before.sendBusy
    new.receiveWindowLimited = receiveWindowLimited.difference(before.receiveWindowLimited)
    new.sendBufferLimited = sendBufferLimited.difference(before.sendBufferLimited)
    for failure in ConnectFailure.allCases {
      new.connectFailures[failure] = connectFailures[failure].difference(
        before.connectFailures[failure])
    }
    return new
  }
}

extension UInt64 {
  /// How far a counter came; 0 where it was set back.
  fileprivate func difference(_ before: UInt64?) -> UInt64 {
    let before = before ?? 0
    return self > before ? self - before : 0
  }
}

extension Report {
  /// ms between two reports, at least 1.
  fileprivate func milliseconds(since before: Report) -> Int64 {
    Int64(max(1, min((time - before.time) * 1000, 1e12)))
  }
}

extension StateCounts {
  /// Sockets in a state in which data or a FIN can be under way.
  fileprivate var connected: UInt64 {
    TCPState.allCases.reduce(0) { $1.isConnected ? $0 + UInt64(self[$1]) : $0 }
  }
}

extension GroupReport {
  fileprivate var acceptQueueShare: Double {
    Double(gauges.acceptQueueLength) / Double(max(1, gauges.acceptQueueLimit))
  }
}

extension EphemeralPortsReport {
  fileprivate var share: Double { Double(used) / Double(max(1, limit)) }
}

extension [SocketReport] {
  /// The few that have waited longest.
  fileprivate var longestWaiting: ArraySlice<SocketReport> {
    sorted { ($0.age, $0.remote) > ($1.age, $1.remote) }.prefix(StuckSocketList.limitPerGroup)
  }
}
