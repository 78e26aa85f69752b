/// One process apart from the others of its groups.
extension Report {
  /// The same report with the sockets of a process in groups of their own, which have the pid as a label, and its
  /// findings. What only a group counts, such as loss, stays with the group if the process is not alone in it.
  /// - Parameter pid: a process whose sockets are listed.
  package func singlingOut(_ pid: Int32) -> Report {
    let listed = Dictionary(grouping: sockets ?? [], by: \.labels)
    var split = Set<GroupLabels>()
    for (labels, sockets) in listed where labels.pid == nil {
      // Nobody holds a TIME-WAIT: it is the group's.
      if sockets.contains(where: { $0.belongs(to: pid) }),
        sockets.contains(where: { $0.pid != 0 && !$0.belongs(to: pid) })
      {
        split.insert(labels)
      }
    }
    guard !split.isEmpty else { return self }
    var report = self
    let relabel = { (socket: inout SocketReport) in
      if split.contains(socket.labels), socket.belongs(to: pid) { socket.labels.pid = pid }
    }
    report.sockets = sockets?.map { socket in
      var socket = socket
      relabel(&socket)
      return socket
    }
    let own = (report.sockets ?? []).filter {
      $0.labels.pid == pid && split.contains($0.labels.ofAnyPid)
    }
    for index in report.fullListeners.indices { relabel(&report.fullListeners[index]) }
    let isOthers = { (socket: SocketReport) in
      !split.contains(socket.labels) || !socket.belongs(to: pid)
    }
    report.stuckSockets =
      own.filter { $0.state == .closeWait && $0.isOverdue } + stuckSockets.filter(isOthers)
    report.waitingSockets =
      own.flatMap(\.waiting) + waitingSockets.filter { isOthers($0.socket) }
    report.groups = groups.flatMap { group -> [GroupReport] in
      guard split.contains(group.labels) else { return [group] }
      let sockets = listed[group.labels] ?? []
      var others = group
      others.gauges = gauges(of: sockets.filter { !$0.belongs(to: pid) }, group.labels)
      var apart = GroupReport(labels: group.labels, statesSeen: group.statesSeen)
      apart.labels.pid = pid
      apart.gauges = gauges(of: sockets.filter { $0.belongs(to: pid) }, apart.labels)
      (apart.acceptors, others.acceptors) = (group.acceptors, group.acceptors)
      return [apart, others]
    }
    report.findings = Diagnosis.findings(in: report)
    for index in report.findings.indices {
      let found = report.findings[index]
      let before = findings.first { $0.kind == found.kind && $0.labels == found.labels.ofAnyPid }
      guard split.contains(found.labels.ofAnyPid), found.acceptors != nil, let before else {
        continue
      }
      report.findings[index].evidence.insert(
        contentsOf: before.evidence.filter {
          guard case .condition(_, _, let other) = $0 else { return false }
          return found.labels.pid ?? other == other
        }, at: 0)
    }
    return report
  }

  private func gauges(of sockets: [SocketReport], _ labels: GroupLabels) -> GroupGauges {
    var group = Group(labels: labels, emptySince: 0)
    for socket in sockets {
      let sample = socket.sample(from: source)
      group.count(sample, stuckAfter: socket.isOverdue ? 0 : .max)
      if socket.slowEnd != nil { group.gauges.slowEnds[socket.state] += 1 }
    }
    return group.gauges
  }
}

extension SocketReport {
  /// Whether the process is known to have a descriptor of it.
  package func isHeld(by pid: Int32) -> Bool {
    self.pid == pid || holders.contains { $0.pid == pid }
  }

  /// Whether it is a listener that such a process holds, and that is counted for one of another name.
  package func isListener(passedOnBy isIt: (Holder) -> Bool) -> Bool {
    state == .listen && holders.contains { isIt($0) && $0.process != labels.process }
  }

  /// Whether it is the process's by the name that it is counted for.
  fileprivate func belongs(to pid: Int32) -> Bool {
    self.pid == pid
      || holders.contains { $0.pid == pid && $0.process == labels.process }
  }

  fileprivate var waiting: [WaitingSocket] {
    [stall.map { WaitReason($0) }, slowEnd].compactMap(\.self).map {
      WaitingSocket(socket: self, reason: $0)
    }
  }

  /// What its end waits for, if that takes too long.
  fileprivate var slowEnd: WaitReason? {
    sample(from: .sockDiag).slowEnd(finWait2After: isOverdue ? 0 : .max)
  }

  /// What it was made of.
  fileprivate func sample(from source: SourceName) -> SocketSample {
    var row = SocketRow()
    row.state = state
    row.receiveQueue = receiveQueue
    row.sendQueue = sendQueue
    row.inode = inode
    row.hasInfo = source == .sockDiag
    var sample = SocketSample(row: row, age: age)
    sample.stall = stall
    sample.stalledFor = UInt32(clamping: stalledFor ?? 0)
    sample.isStalledAtLeast = isStalledAtLeast
    sample.isStallOverdue = isOverdue
    sample.isAgeAtLeast = isAgeAtLeast
    sample.hasWaitingPeer = hasWaitingPeer
    sample.isForgotten = hasEnded
    return sample
  }
}
