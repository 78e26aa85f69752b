extension Ledger {
  /// The report of the poll that was finished last.
  /// - Parameter time: Unix time, seconds.
  package func report(sequence: UInt64, time: Double, source: SourceName) -> Report {
    let groups = self.groups.ordered.map { reported($0, source: source) }
    var report = Report(
      sequence: sequence, time: time, source: source,
      groups: groups,
      unattributed: unattributed, unattributedSeen: unattributedSeen,
      trackedSockets: seenSockets, groupsRefused: self.groups.refused)
    report.suspects = reportedSuspects
    report.fullListeners = fullListeners.map { reported($0) }
    if listsSockets { report.sockets = listed.map { reported($0) } }
    report.destinations = paths.mostPending(settings.destinations)
    if let ephemeralPorts {
      report.ephemeralPorts = paths.fullest(settings.destinations).map { path in
        EphemeralPortsReport(
          source: path.source, destination: path.destination, used: path.ephemeralPorts,
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

  private var reportedSuspects: [Suspect] {
    var found: [Suspect] = []
    for sightings in suspects.byGroup.values {
      for sighting in sightings {
        found.append(Suspect(socket: reported(sighting), cause: sighting.sight.closeWaitCause))
      }
    }
    return found.sorted {
      ($0.socket.age, $0.socket.remote.port) > ($1.socket.age, $1.socket.remote.port)
    }
  }

  private func reported(_ sighting: SuspectList.Sighting) -> SocketReport {
    let entry = table[sighting.entry]
    let sight = sighting.sight
    var report = SocketReport(
      labels: groups[entry.group].labels, pid: owners[entry.owner].pid, state: sight.state,
      local: sighting.local, remote: sighting.remote, age: sight.age, stall: sight.stall,
      receiveQueue: sight.receiveQueue, sendQueue: sight.sendQueue, inode: entry.inode)
    if sight.state == .closeWait { report.cause = sight.closeWaitCause }
    return report
  }
}
