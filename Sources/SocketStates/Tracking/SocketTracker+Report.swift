extension SocketTracker {
  /// The report of the poll that was finished last.
  /// - Parameter time: Unix time, seconds.
  package func report(sequence: UInt64, time: Double, source: SourceName) -> Report {
    let groups = self.groups.ordered.map { reported($0, source: source) }
    var report = Report(
      sequence: sequence, time: time, source: source,
      groups: groups,
      unattributed: unattributed, unattributedSeen: unattributedSeen,
      trackedSockets: seenSockets, groupsRefused: self.groups.refused)
    report.stuckSockets = reportedStuckSockets
    report.waitingSockets = reportedWaitingSockets
    report.fullListeners = fullListeners.map { reported($0) }
    if listsSockets { report.sockets = listed.map { reported($0) } }
    report.destinations = flows.mostPending(settings.destinations)
    if let ephemeralPorts {
      report.ephemeralPorts = flows.fullest(settings.destinations).map { flow in
        EphemeralPortsReport(
          source: flow.source, destination: flow.destination, used: flow.ephemeralPorts,
          limit: ephemeralPorts.available)
      }
    }
    return report
  }

  private func reported(_ number: UInt32, source: SourceName) -> GroupReport {
    var report = GroupReport(
      labels: groups[number].labels, statesSeen: groups[number].statesSeen,
      gauges: groups[number].gauges,
      counters: source == .sockDiag ? groups[number].counters : nil)
    report.causesSeen = groups[number].causesSeen
    report.stallsSeen = groups[number].stallsSeen
    return report
  }

  /// The processes that have CLOSE-WAIT sockets: whose descriptors are worth a look.
  package var closeWaitProcesses: [Owner] { owners.withCloseWait }

  private var reportedStuckSockets: [StuckSocket] {
    var found: [StuckSocket] = []
    for listedSockets in stuckSockets.byGroup.values {
      for listedSocket in listedSockets {
        found.append(
          StuckSocket(socket: reported(listedSocket), cause: listedSocket.sample.closeWaitCause))
      }
    }
    return found.sorted {
      ($0.socket.age, $0.socket.remote.port) > ($1.socket.age, $1.socket.remote.port)
    }
  }

  private var reportedWaitingSockets: [WaitingSocket] {
    var found: [WaitingSocket] = []
    for (key, sockets) in waitingSockets.byGroup {
      guard let reason = WaitingSocket.reason(of: key) else { continue }
      for socket in sockets {
        found.append(WaitingSocket(socket: reported(socket), reason: reason))
      }
    }
    return found.sorted {
      ($0.socket.age, $0.socket.remote) > ($1.socket.age, $1.socket.remote)
    }
  }

  private func reported(_ listedSocket: StuckSocketList.ListedSocket) -> SocketReport {
    let entry = table[listedSocket.entry]
    let sample = listedSocket.sample
    var report = SocketReport(
      labels: groups[entry.group].labels, pid: owners[entry.owner].pid, state: sample.state,
      local: listedSocket.local, remote: listedSocket.remote, age: sample.age, stall: sample.stall,
      receiveQueue: sample.receiveQueue, sendQueue: sample.sendQueue, inode: entry.inode)
    if sample.state == .closeWait { report.cause = sample.closeWaitCause }
    return report
  }
}
