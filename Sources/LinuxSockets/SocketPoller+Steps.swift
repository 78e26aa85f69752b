package import SocketStates

/// A tracker that several may refer to.
package final class TrackerBox {
  package var tracker: SocketTracker

  init(_ tracker: consuming SocketTracker) { self.tracker = tracker }
}

/// The steps of a poll.
extension SocketPoller {
  /// Fills the tracker from the first source that answers.
  mutating func readSockets() throws(PollFailure) -> SourceName {
    let now = MonotonicClock.now
    if policy.first(at: now) == .procfs {
      try readProcfs(at: now)
      statistics.polls[policy.choice == .procfs ? .success : .fallback, default: 0] += 1
      return use(.procfs, because: nil)
    }
    do throws(SockDiagError) {
      try readSockDiag(at: now)
      policy.sockDiagAnswered()
      statistics.polls[.success, default: 0] += 1
      return use(.sockDiag, because: nil)
    } catch {
      guard policy.sockDiagFailed(permanently: error.isPermanent, at: now) else {
        throw failed(error.description)
      }
      try readProcfs(at: now)
      statistics.polls[.fallback, default: 0] += 1
      return use(.procfs, because: error.description)
    }
  }

  private mutating func readSockDiag(at now: Int64) throws(SockDiagError) {
    do throws(SockDiagError) {
      try dump(at: now)
    } catch {
      guard error.isWorthAnotherTry else { throw error }
      try dump(at: now)
    }
  }

  private mutating func dump(at now: Int64) throws(SockDiagError) {
    let home = home
    home.tracker.begin(source: .sockDiag, at: now)
    do throws(SockDiagError) {
      try sockDiag.dump(deadline: now + Self.stepTimeout, into: &home.tracker)
    } catch {
      home.tracker.abandon()
      throw error
    }
  }

  private mutating func readProcfs(at now: Int64) throws(PollFailure) {
    let home = home
    home.tracker.begin(source: .procfs, at: now)
    do throws(SystemError) {
      statistics.procfsLinesSkipped += try procfs.read(
        deadline: .now + .milliseconds(Self.stepTimeout), into: &home.tracker)
    } catch {
      home.tracker.abandon()
      throw failed(error.description)
    }
  }

  private mutating func failed(_ reason: String) -> PollFailure {
    statistics.polls[.failure, default: 0] += 1
    if lastFailure != reason {
      logEvents.append(PollLogEvent("poll failed: \(reason)", isWarning: true))
      lastFailure = reason
    }
    return PollFailure(description: reason)
  }

  /// Tells of every change of the source in one line.
  private mutating func use(_ source: SourceName, because reason: String?) -> SourceName {
    lastFailure = nil
    guard source != self.source else { return source }
    let isFallback = source == .procfs && policy.choice == .auto
    var details = [(name: "source", value: source.rawValue)]
    if let reason { details.append((name: "reason", value: reason)) }
    logEvents.append(PollLogEvent("reading sockets", isWarning: isFallback, details))
    self.source = source
    return source
  }

  /// Those beside the daemon's own.
  var otherNamespaces: [WatchedNamespace] {
    switch namespaces {
    case .some(let namespaces): Array(namespaces.spaces.values)
    case .none: []
    }
  }

  /// Looks for other network namespaces, and dumps those in which something has happened.
  mutating func dumpNamespaces(listsSockets: Bool) -> [WatchedNamespace] {
    guard namespaces != nil else { return [] }
    namespaces?.refresh(settings: home.tracker.settings)
    let deadline = MonotonicClock.now + Self.stepTimeout
    let dumped = namespaces?.dump(deadline: deadline, listsSockets: listsSockets) ?? []
    for (problem, reason) in namespaces?.takeProblems() ?? [:] {
      logOnce(problem.rawValue, reason)
    }
    return dumped
  }

  /// Lets go of processes that have ended, and takes new names.
  mutating func refreshOwners() {
    let changes = owners.beginPoll()
    let gone = changes.gone.map(Owner.init)
    let home = home
    home.tracker.disown(gone)
    for process in changes.renamed { home.tracker.rename(Owner(process)) }
    for space in otherNamespaces {
      if space.box.tracker.disown(gone) { space.wake() }
      for process in changes.renamed { space.box.tracker.rename(Owner(process)) }
    }
    cgroups.beginPoll()
  }

  /// Finds who holds what is new in a namespace.
  /// - Parameter hints: processes that likely hold it, beside those that hold sockets already.
  /// - Returns: the units of the cgroups of sockets that nobody holds.
  mutating func findOwners(
    of box: TrackerBox, hints: [Int32], deadline: ContinuousClock.Instant
  ) -> [UInt64: String] {
    box.tracker.endDump()
    let inodes = box.tracker.wantedInodes
    if !inodes.isEmpty {
      let boxes = [home] + otherNamespaces.map(\.box)
      do throws(SystemError) {
        let found = try owners.resolve(
          inodes, closed: box.tracker.closedInodes,
          hints: box.tracker.knownProcesses.map(\.pid) + hints, deadline: deadline
        ) {
          var open = InodeTable()
          for box in boxes { box.tracker.addOpenInodes(to: &open) }
          return open
        }
        let claimants = found.processes.map { box.tracker.claimant(Owner($0)) }
        for claim in found.claims {
          box.tracker.claim(inode: claim.inode, by: claimants[Int(claim.process)])
        }
        tellDenial(found)
        if !found.isComplete, .now < deadline {
          box.tracker.searchFailed()
        } else if !found.isComplete {
          logOnce(
            "owners of some sockets are not found yet",
            "the walk through /proc took longer than \(Self.stepTimeout / 1000) s")
        }
      } catch {
        box.tracker.searchFailed()
        logOnce("owners cannot be found", error.description)
      }
    }
    var units: [UInt64: String] = [:]
    for cgroup in box.tracker.wantedCgroups { units[cgroup] = cgroups.unit(of: cgroup) }
    return units
  }

  /// Says once what is missing to see whose sockets they are.
  private mutating func tellDenial(_ found: SocketOwnership) {
    var missing: [String] = []
    // PID 1 may be closed to all, even to root.
    if !found.unlistedProcesses.subtracting([1]).isEmpty { missing.append("CAP_DAC_READ_SEARCH") }
    if !found.unreadProcesses.subtracting([1]).isEmpty { missing.append("CAP_SYS_PTRACE") }
    if found.hidesProcesses {
      missing.append("sight of process 1: hidepid hides it from those without CAP_SYS_PTRACE")
    }
    guard !missing.isEmpty else { return }
    logOnce(
      "processes of other users cannot be looked into: their sockets are counted as unknown, by unit where the cgroup tells it",
      "missing " + missing.joined(separator: ", "))
  }

  mutating func logOnce(_ message: String, _ reason: String) {
    guard told.insert(message).inserted else { return }
    var notice = PollLogEvent(message, isWarning: true, [("reason", reason)])
    notice.limitsSight = true
    logEvents.append(notice)
  }
}

extension Owner {
  init(_ process: OwnerProcess) {
    self.init(
      pid: process.identity.pid, startTime: process.identity.startTime, name: process.name,
      unit: process.unit)
  }
}
