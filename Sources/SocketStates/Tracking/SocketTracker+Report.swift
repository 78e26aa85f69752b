/// What is reported of a network namespace once its poll has ended.
extension SocketTracker {
  mutating func report(
    _ poll: borrowing PendingSockets, host: HostCounters?, mptcp: StateCounts?,
    holders: (UInt32) -> [SocketReport.Holder]
  ) -> NamespaceReport {
    var report = NamespaceReport(netns: netns, host: host)
    let ordered = groups.ordered
    report.groups = ordered.filter { groups.isKnown($0) }.map { number in
      var group = reported(number, poll.source, groups.knownCounters(of: number))
      group.acceptors = poll.queuedListeners[number].map { acceptors($0, holders) }
      return group
    }
    if groups.isFolded { report.exposedGroups = exposed(ordered, poll.source) }
    report.groupsRefused = groups.refused
    report.trackedSockets = poll.trackedSockets
    report.unattributed = poll.unattributed
    report.unattributedSeen = unattributedSeen
    told = Set(poll.stuckSockets.byGroup.values.joined().map(\.entry))
    told.formUnion(poll.waitingSockets.byGroup.values.joined().map(\.entry))
    told.formUnion(poll.fullListeners.map(\.entry))
    report.stuckSockets = stuckSockets(of: poll, holders)
    report.waitingSockets = waitingSockets(of: poll, holders)
    report.fullListeners = poll.fullListeners.map { reported($0, holders) }
    if poll.listsSockets { report.sockets = poll.listed.map { reported($0, holders) } }
    report.destinations = flows.mostPending(settings.destinations, netns: netns)
    for index in report.destinations.indices {
      report.destinations[index].device = deviceName(report.destinations[index].destination.device)
    }
    if let ephemeralPorts {
      report.ephemeralPorts = flows.fullest(
        settings.destinations, of: ephemeralPorts, netns: netns)
      for index in report.ephemeralPorts.indices {
        report.ephemeralPorts[index].device = deviceName(
          report.ephemeralPorts[index].destination?.device ?? 0)
      }
    }
    report.fullPollAge = now - (unread.lastWhole ?? now)
    report.fullPollCorrection = unread.correction
    report.mptcp = mptcp
    report.mptcpSeen = mptcpSeen
    report.unclosedOwners = owners.withUnclosed
    report.owners = owners.processes.map(\.owner)
    return report
  }

  /// The name of a device; its index if it has none any more.
  func deviceName(_ index: UInt32) -> String {
    index == 0 ? "" : deviceNames[index] ?? "\(index)"
  }

  /// What scrapers get: without the groups past the budget, and with what those count in `other`.
  private func exposed(_ ordered: [UInt32], _ source: SourceName) -> [GroupReport] {
    ordered.filter { groups[$0].isExposed }.map { number in
      var report = reported(number, source, groups.exposedCounters(of: number))
      if report.labels.isOther { report.gauges.add(groups.hiddenGauges(report.labels.direction)) }
      return report
    }
  }

  private func reported(
    _ number: UInt32, _ source: SourceName, _ counters: @autoclosure () -> GroupCounters
  ) -> GroupReport {
    var report = GroupReport(
      labels: groups[number].labels, statesSeen: groups[number].statesSeen,
      gauges: groups[number].gauges,
      counters: source == .sockDiag ? counters() : nil)
    report.isExposed = groups[number].isExposed
    report.causesSeen = groups[number].causesSeen
    report.stallsSeen = groups[number].stallsSeen
    report.idleCluster = groups[number].idleEndings.cluster(at: now)
    report.worstPeers = groups[number].worstPeers(at: now)
    return report
  }

  /// Who has to accept what waits at listeners of a group. Of those that hold one of them, processes of other names
  /// only if none of the group's is known to accept: they may have inherited it, or started those that do.
  private func acceptors(
    _ queued: [ListedSocket], _ holders: (UInt32) -> [SocketReport.Holder]
  ) -> Acceptors {
    var found: [Int32: SocketReport.Holder] = [:]
    var pids: Set<Int32> = []
    for socket in queued {
      let entry = table[socket.entry]
      let owner = owners[entry.owner]
      let isKnown = isKnownToAccept(owner, at: socket.local)
      let own = SocketReport.Holder(process: owner.name, pid: owner.pid, descriptor: nil)
      let others = holders(entry.inode).filter {
        $0.process == owner.name || (!isKnown && $0.pid != 1)
      }
      for holder in others.isEmpty ? [own] : others where holder.pid != 0 {
        found[holder.pid] = holder
      }
      pids.insert(listenerOwner(socket.entry, socket.local).pid)
    }
    return Acceptors(
      processes: found.values.sorted { $0.pid < $1.pid },
      pid: pids.count == 1 ? pids.first.flatMap { $0 == 0 ? nil : $0 } : nil)
  }

  private func isKnownToAccept(_ owner: Owner, at local: Endpoint) -> Bool {
    listeners.listener(for: local)?.acceptors.contains(owner.name) ?? false
  }

  private func stuckSockets(
    of poll: borrowing PendingSockets, _ holders: (UInt32) -> [SocketReport.Holder]
  ) -> [SocketReport] {
    let found = poll.stuckSockets.byGroup.values.joined().map { reported($0, holders) }
    return found.sorted { ($0.age, $0.remote.port) > ($1.age, $1.remote.port) }
  }

  private func waitingSockets(
    of poll: borrowing PendingSockets, _ holders: (UInt32) -> [SocketReport.Holder]
  ) -> [WaitingSocket] {
    var found: [WaitingSocket] = []
    for (key, sockets) in poll.waitingSockets.byGroup {
      guard let reason = WaitingSocket.reason(of: key) else { continue }
      for socket in sockets {
        found.append(WaitingSocket(socket: reported(socket, holders), reason: reason))
      }
    }
    return found.sorted {
      ($0.age, $0.socket.remote) > ($1.age, $1.socket.remote)
    }
  }

  private func reported(
    _ listed: ListedSocket, _ holders: (UInt32) -> [SocketReport.Holder]
  ) -> SocketReport {
    let entry = table[listed.entry]
    let sample = listed.sample
    var report = SocketReport(
      labels: groups[entry.group].labels,
      pid: sample.state == .listen
        ? listenerOwner(listed.entry, listed.local).pid : owners[entry.owner].pid,
      state: sample.state,
      local: listed.local, remote: listed.remote, age: sample.age, stall: sample.stall,
      receiveQueue: sample.receiveQueue, sendQueue: sample.sendQueue, inode: entry.inode)
    report.isAgeAtLeast = sample.isAgeAtLeast
    report.hasWaitingPeer = sample.hasWaitingPeer
    report.hasEnded = sample.isForgotten
    report.isOverdue =
      switch sample.state {
      case .closeWait, .close: sample.age >= settings.stuckAfter
      default:
        sample.isStallOverdue || sample.slowEnd(finWait2After: settings.finWait2After) != nil
      }
    if sample.stall != nil { report.stalledFor = Int64(sample.stalledFor) }
    report.isStalledAtLeast = sample.isStalledAtLeast
    let looked = reads.contains(sample.state) ? now : unread.lastWhole ?? now
    report.rate = stalls[listed.entry]?.rate(at: looked)
    report.device = deviceName(listed.local.device)
    if sample.state.isConnected, entry.flags.contains(.counted) {
      report.sentBytes = entry.bytesSent - min(entry.bytesRetransmitted, entry.bytesSent)
      report.receivedBytes = entry.bytesReceived
    }
    if sample.state == .closeWait { report.cause = sample.closeWaitCause }
    guard entry.inode != 0, [.closeWait, .close, .listen].contains(sample.state) else {
      return report
    }
    report.isAcceptedFrom =
      sample.state == .listen && isKnownToAccept(owners[entry.owner], at: listed.local)
    report.holders = holders(entry.inode)
    report.descriptor = report.holders.first { $0.pid == report.pid }?.descriptor
    return report
  }
}
