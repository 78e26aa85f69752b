import Glibc
package import SocketStates

/// Polls the network namespaces and reports: all that is between the kernel and the report. All state
/// belongs to the thread that calls.
package struct SocketPoller: ~Copyable {
  /// What a user may set.
  package struct Settings: Sendable {
    package var source = SourceChoice.auto
    /// Where procfs is mounted.
    package var procfs = "/proc"
    /// Which other network namespaces are watched; nil: none.
    package var namespaces: NamespaceChoice?
    /// Whether the kernel's destroy events are listened to.
    package var wantsDestroyEvents = true
    /// Under which directory the host's files are that name its containers; nil if no names are wanted.
    package var containerRoot: String? = "/"
    /// Where sockstated-bpf has pinned the kernel's counters; nil if they are not wanted.
    package var kernelCounters: String?
    package var tracker = SocketTracker.Settings()
    /// What polls may cost; unlimited, and every poll reads every socket.
    package var budget = WholePollSchedule.Budget.unlimited
    /// How many connections that have ended are remembered.
    package var endedKept = 10_000
    /// Which endings are logged.
    package var endedLogged = FlightRecorder.LogChoice.none
    /// The user's rules for process names; nil if none applies.
    package var rename: @Sendable (ProcessFacts) -> String? = { _ in nil }

    package init() {}
  }

  /// ms that a step of a poll may take before it is given up: sock_diag, procfs in its place, other
  /// namespaces and owners all four are over before a watchdog of 30 s barks.
  private static let stepTimeout: Int64 = 7_000

  /// Datagrams that one drain reads at most: an event flood must not keep a poll from beginning.
  private static let eventLimit = 100_000

  /// Established connections whose owners take long enough to find that their number is told before.
  private static let veryMany = 100_000

  /// New sockets whose owners' search leaves memory behind that is worth giving back.
  private static let many = 4096

  /// The daemon's own network namespace, which need not be entered.
  private let own: NetworkNamespace
  /// The others; nil if they are not watched.
  private var others: NamespaceWatcher?
  private(set) var sockets: SocketReader
  private var reader: NamespaceReader
  private var events: DestroyEvents?
  private var kernelCounters: KernelCounterPoller?
  private var resolver: OwnerResolver
  /// Whether they came from the kernel at the last poll.
  private var ownersComeFromKernel = false
  private var cgroups: CgroupDirectory
  private var containers = ContainerNameCache()
  private var containerRoot: String?
  private var log = PollLog()
  private var diagnostics = Diagnostics()
  private let resets: ResetPairing
  private let recorder: FlightRecorder
  private var ownStatistics: ProcessStatisticsReader
  private var descriptors: ProcessDescriptorsReader
  private var conditions: ProcessConditionReader
  private let mayAskSockDiag: Bool
  private let wantsDestroyEvents: Bool
  private var trackerSettings: SocketTracker.Settings
  private var budget: WholePollSchedule.Budget
  private var sequence: UInt64 = 0
  /// What each report has of the daemon itself.
  package var statistics = DaemonStatistics()
  /// CPU time of the last poll, whether it succeeded or not, seconds.
  package private(set) var lastPollCPUSeconds = 0.0
  /// Whether the last poll left out established connections in any network namespace.
  package private(set) var lastPollWasLight = false
  /// Network namespaces that the last poll has dumped.
  private var lastDumped = 1
  /// The descriptor at which destroy events arrive; nil if they are off.
  package private(set) var eventDescriptor: Int32?

  package init(_ settings: Settings) {
    let procfs = ProcFS(root: settings.procfs)
    recorder = FlightRecorder(keep: settings.endedKept, log: settings.endedLogged)
    resets = ResetPairing(spansNamespaces: settings.namespaces != nil)
    own = NetworkNamespace(settings: settings.tracker, resets: resets, recorder: recorder)
    sockets = SocketReader(settings.source, procfs: procfs, timeout: Self.stepTimeout)
    reader = NamespaceReader(procfs: procfs)
    resolver = OwnerResolver(
      procfs: procfs, rename: settings.rename,
      kernelCounters: settings.source == .procfs ? nil : settings.kernelCounters)
    cgroups = CgroupDirectory(procfs: procfs)
    containerRoot = settings.containerRoot
    ownStatistics = ProcessStatisticsReader(procfs: procfs)
    descriptors = ProcessDescriptorsReader(procfs: procfs)
    conditions = ProcessConditionReader(procfs: procfs)
    trackerSettings = settings.tracker
    budget = settings.budget
    mayAskSockDiag = settings.source != .procfs
    wantsDestroyEvents = settings.wantsDestroyEvents && mayAskSockDiag
    if mayAskSockDiag, let directory = settings.kernelCounters {
      kernelCounters = KernelCounterPoller(directory: directory, procfs: procfs)
    }
    if let choice = settings.namespaces { watchNamespaces(choice, procfs) }
    listen()
  }

  private mutating func watchNamespaces(_ choice: NamespaceChoice, _ procfs: ProcFS) {
    let message = "other network namespaces are not watched"
    guard mayAskSockDiag else {
      return log.once(message, "the source procfs shows the daemon's own only")
    }
    do throws(SystemError) {
      others = try NamespaceWatcher(
        procfs: procfs, choice: choice, resets: resets, recorder: recorder)
    } catch {
      log.once(message, error.description)
    }
  }

  /// What happened that the operator should know, since the last call.
  package mutating func takeLogEvents() -> [PollLogEvent] {
    log.take() + recorder.takeLogEvents(containers.names)
  }

  /// Takes new settings; the source, procfs and events stay as they were at the start.
  package mutating func apply(_ settings: Settings) {
    trackerSettings = settings.tracker
    budget = settings.budget
    containerRoot = settings.containerRoot
    recorder.apply(keep: settings.endedKept, log: settings.endedLogged)
    let own = own
    own.tracker.settings = settings.tracker
    if let choice = settings.namespaces { others?.choice = choice }
    resolver.rename = settings.rename
  }

  /// Polls once.
  /// - Parameter listsSockets: whether the report has every socket one by one.
  /// - Throws: if no source answered; then nothing of this poll is published.
  package mutating func poll(listsSockets: Bool = false) throws(PollFailure) -> Report {
    let start = ContinuousClock.now
    let cpu = MonotonicClock.threadCPU
    defer {
      lastPollCPUSeconds = Double(MonotonicClock.threadCPU - cpu) / 1e9
      statistics.pollCPUSeconds += lastPollCPUSeconds
    }
    recorder.clockOffset = Int64(WallClock.now * 1000) - MonotonicClock.now
    // Before the sockets, so that what it counts is in them or in an event: see RetransmitReconciler.
    reader.read(into: own, countsMPTCP: mayAskSockDiag)
    listen()
    drainEvents()
    let share = budget.divided(by: lastDumped)
    let source = try sockets.read(
      into: own, listsSockets: listsSockets, share, &statistics, &log)
    let dumped = [own] + dumpOthers(listsSockets: listsSockets, share)
    lastDumped = dumped.count
    let watched = watched
    lastPollWasLight = watched.contains { $0.isLight }
    refreshOwners(watched)
    // What has ended since the dump has no descriptor that could be found.
    drainEvents()
    kernelCounters?.count(in: watched, &resolver, &cgroups, &statistics, &log)
    let hasMuchNew = dumped.contains { $0.newcomers >= Self.many }
    let deadline = ContinuousClock.now + .milliseconds(Self.stepTimeout)
    for namespace in dumped { attribute(namespace, watched, deadline: deadline) }
    sayWhereOwnersComeFrom()
    let kernelCounts = kernelCounters?.isOn ?? false
    // What was announced before the first reading is counted by now.
    for namespace in watched { namespace.tracker.kernelCountsConnections = kernelCounts }
    statistics.eventSource =
      kernelCounts ? .kernelCounters : events == nil ? .none : .destroyEvents
    // Not in a command that looks once: it takes a second look to tell. A light poll leaves out others.
    if sequence > 0, !lastPollWasLight { adoptUnlisted(watched, deadline: deadline) }
    if hasMuchNew { HeapTrim.trimHeap() }
    statistics.pollDuration.observe((ContinuousClock.now - start) / .seconds(1))
    var report = assemble(watched, source)
    if listsSockets { report.ended = recorder.connections }
    report.lastBroken = recorder.lastBroken
    shareBudget(watched)
    nameContainers(of: &report)
    let events = diagnostics.diagnose(
      &report, at: MonotonicClock.now, linger: trackerSettings.linger,
      condition: { conditions.condition(of: $0) })
    for event in events { log.add(PollLogEvent(stuck: event, containers.names)) }
    return report
  }

  /// Counts the sockets of a host that has very many, before the first search for owners, which takes some microseconds
  /// for each descriptor. Nothing of it is kept: what the first poll sees is the base of all counters.
  /// - Returns: nil if there are fewer, or if no source answered, which the first poll tells.
  package mutating func reportBeforeOwners() -> Report? {
    let cpu = MonotonicClock.threadCPU
    defer { statistics.pollCPUSeconds += Double(MonotonicClock.threadCPU - cpu) / 1e9 }
    let namespace = NetworkNamespace(settings: trackerSettings)
    reader.read(into: namespace, countsMPTCP: mayAskSockDiag)
    guard let established = namespace.host?.established, established >= Self.veryMany else {
      return nil
    }
    var (statistics, log) = (statistics, PollLog())
    guard
      let source = try? sockets.read(
        into: namespace, listsSockets: false, .unlimited, &statistics, &log)
    else { return nil }
    namespace.attribute(
      resolve: { _, _ in HolderTable() }, unit: { _ in "" }, descriptor: { _, _ in nil },
      ended: { _, _ in nil })
    guard let counted = namespace.takeReport() else { return nil }
    return Report(
      sequence: 0, time: WallClock.now, source: source, namespaces: [counted],
      destinations: trackerSettings.destinations, daemon: statistics)
  }

  /// Every namespace, in the order of the report: the daemon's own, then the others by name.
  private var watched: [NetworkNamespace] {
    switch others {
    case .some(let others): [own] + others.all.sorted { $0.name < $1.name }
    case nil: [own]
    }
  }

  /// Finds the other network namespaces, and dumps those in which something has happened.
  private mutating func dumpOthers(
    listsSockets: Bool, _ share: WholePollSchedule.Budget
  ) -> [NetworkNamespace] {
    guard others != nil else { return [] }
    let own = own
    others?.refresh(settings: own.tracker.settings, &log)
    let deadline = MonotonicClock.now + Self.stepTimeout
    return others?.dump(&reader, deadline: deadline, listsSockets: listsSockets, share, &log) ?? []
  }

  private mutating func assemble(_ watched: [NetworkNamespace], _ source: SourceName) -> Report {
    let namespaces = watched.compactMap { $0.takeReport() }
    sequence += 1
    statistics.namespaces = watched.count
    // If there is no descriptor for it, what was read last stays: its counter does not go.
    if let process = try? ownStatistics.read() { statistics.process = process }
    return Report(
      sequence: sequence, time: WallClock.now, source: source, namespaces: namespaces,
      destinations: trackerSettings.destinations,
      descriptors: descriptors.read(
        namespaces.flatMap(\.unclosedOwners), others: namespaces.flatMap(\.owners)),
      formerlyRefused: others?.formerlyRefused ?? 0, daemon: statistics)
  }

  private mutating func nameContainers(of report: inout Report) {
    guard let containerRoot else {
      containers = ContainerNameCache()
      return
    }
    let labels = Set(report.groups.map(\.labels.unit)).union(report.groups.map(\.labels.netns))
    let denied = containers.update(labels, root: containerRoot, at: MonotonicClock.now)
    if let denied {
      log.once("names of containers are not visible", "cannot read \(denied): permission denied")
    }
    report.containers = containers.names
  }

  /// Shares the budget of groups out anew.
  private func shareBudget(_ watched: [NetworkNamespace]) {
    guard watched.count > 1 else { return }
    let shares = NamespaceBudget.shares(
      of: trackerSettings.groups, counts: watched.map { $0.tracker.groupCount })
    for (namespace, share) in zip(watched, shares) {
      var settings = trackerSettings
      settings.groups = share
      namespace.tracker.settings = settings
    }
  }
}

// MARK: - Destroy events

extension SocketPoller {
  /// Opens the socket for destroy events if it is wanted and not open.
  private mutating func listen() {
    guard wantsDestroyEvents, events == nil else { return }
    let failure =
      "destroy events are off: connections shorter than a poll are not counted one by one"
    do throws(SystemError) {
      let opened = try DestroyEvents(ofAllNamespaces: others != nil)
      eventDescriptor = opened.descriptor
      events = consume opened
      statistics.destroyEvents = statistics.destroyEvents ?? 0
      statistics.destroyEventsLost = statistics.destroyEventsLost ?? 0
      if log.forget(failure) { log.add(PollLogEvent("destroy events are on again")) }
    } catch {
      log.once(failure, error.description)
    }
  }

  /// Reads the destroy events that are there.
  package mutating func drainEvents() {
    guard events != nil else { return }
    do throws(SystemError) {
      let own = own
      let now = MonotonicClock.now
      let drained = try events?.drain(limit: Self.eventLimit) { row, namespace in
        if let namespace, others?.absorb(destroyed: row, of: namespace, at: now) == true { return }
        own.tracker.absorb(destroyed: row, at: now)
      }
      if let drained {
        if drained.events > 0 { kernelCounters?.noteEnds() }
        statistics.destroyEvents? += UInt64(drained.events)
        statistics.destroyEventsLost? += UInt64(drained.overruns)
        if drained.overruns > 0 { noteMissedEvents() }
      }
    } catch {
      events = nil
      eventDescriptor = nil
      // What the kernel announces until there is another socket is lost.
      statistics.destroyEventsLost? += 1
      noteMissedEvents()
      log.add(
        PollLogEvent("destroy events ended", isWarning: true, [("reason", error.description)]))
      listen()
    }
  }

  private func noteMissedEvents() {
    for namespace in watched { namespace.tracker.mayMissEvents = true }
  }
}

// MARK: - Owners

extension SocketPoller {
  /// Lets go of processes that have ended, and takes new names.
  private mutating func refreshOwners(_ watched: [NetworkNamespace]) {
    let changes = resolver.beginPoll()
    for namespace in watched {
      if namespace.tracker.disown(changes.gone) { namespace.schedule.wake() }
      namespace.tracker.doubt(changes.shrunk)
      for process in changes.renamed { namespace.tracker.rename(process) }
    }
    cgroups.beginPoll()
  }

  /// Finds the owners of what is new in a namespace, and has it report.
  private mutating func attribute(
    _ namespace: NetworkNamespace, _ watched: [NetworkNamespace],
    deadline: ContinuousClock.Instant
  ) {
    namespace.attribute(
      resolve: { request, again in
        resolve(
          request, again, hints: namespace.found?.members ?? [], watched, deadline: deadline)
      },
      unit: { cgroups.unit(of: $0) },
      descriptor: { inode, pid in resolver.descriptor(of: inode, in: pid) },
      ended: { kernelCounters?.endedSocket($0, isThere: $1, &resolver, &cgroups) })
  }

  /// Looks for owners.
  /// - Parameters:
  ///   - again: asks for what is still wanted.
  ///   - hints: processes that likely hold the sockets, beside those that hold some already.
  private mutating func resolve(
    _ request: OwnerRequest, _ again: () -> OwnerRequest?, hints: [Int32],
    _ watched: [NetworkNamespace], deadline: ContinuousClock.Instant
  ) -> HolderTable {
    do throws(SystemError) {
      var search = resolver.begin(request, hints: hints, deadline: deadline)
      if search.isOn {
        // Those that have ended meanwhile would be looked for in every process, in vain.
        drainEvents()
        resolver.keep(again(), of: request, in: &search)
      }
      var found = try resolver.finish(search, shared: request.shared) { Self.openInodes(watched) }
      sayDenial(found)
      sayAbsence(found, known: request.knownProcesses)
      if !found.isComplete, .now < deadline {
        found.holders.searchFailed = true
      } else if !found.isComplete {
        log.once(
          "owners of some sockets are not found yet",
          "the walk through /proc took longer than \(Self.stepTimeout / 1000) s")
      }
      found.holders.isComplete = found.isComplete
      return found.holders
    } catch {
      log.once("owners cannot be found", error.description)
      var none = HolderTable()
      none.searchFailed = true
      return none
    }
  }

  /// Takes in sockets that no dump has and that processes of the namespaces that are watched hold: each belongs to
  /// the namespace that its process is in now, if nothing tells where it was made.
  private mutating func adoptUnlisted(
    _ watched: [NetworkNamespace], deadline: ContinuousClock.Instant
  ) {
    let found = resolver.findUnlisted(deadline: deadline) { Self.openInodes(watched) }
    for socket in found {
      let namespace =
        if let netns = socket.netns {
          watched.first { ($0.found?.inode ?? kernelCounters?.home) == UInt64(netns) }
        } else if socket.isElsewhere {
          watched.first { $0.found?.members.contains(socket.holder.pid) ?? false }
        } else {
          own
        }
      namespace?.tracker.adopt(socket.inode, of: socket.holder)
      namespace?.schedule.wake()
    }
  }

  private static func openInodes(_ watched: [NetworkNamespace]) -> InodeTable {
    var open = InodeTable()
    for namespace in watched { namespace.tracker.addOpenInodes(to: &open) }
    return open
  }

  /// Says when the kernel begins to tell who holds which sockets, and when it does not any more.
  private mutating func sayWhereOwnersComeFrom() {
    let kernel = resolver.kernel
    let absence = "owners of sockets are looked for in /proc"
    if kernel.isOn, !ownersComeFromKernel {
      _ = log.forget(absence)
      log.add(
        PollLogEvent(
          "owners of sockets come from the kernel", [("directory", kernel.directory ?? "")]))
    } else if let failure = kernel.failure, ownersComeFromKernel || !failure.isAbsence {
      log.once(absence, failure.description, isWarning: false)
    }
    ownersComeFromKernel = kernel.isOn
  }

  /// Says once what is missing to see whose sockets they are.
  private mutating func sayDenial(_ found: OwnerSearch.Result) {
    var missing: [String] = []
    // PID 1 may be closed to all, even to root.
    if !found.unlistedProcesses.subtracting([1]).isEmpty { missing.append("CAP_DAC_READ_SEARCH") }
    if !found.unreadProcesses.subtracting([1]).isEmpty { missing.append("CAP_SYS_PTRACE") }
    if found.hidesProcesses {
      missing.append("sight of process 1: hidepid hides it from those without CAP_SYS_PTRACE")
    }
    guard !missing.isEmpty else { return }
    log.once(
      "cannot inspect other users' processes; their sockets are attributed to the cgroup's unit, or to \"unknown\"",
      "missing " + missing.joined(separator: ", "))
  }

  /// Says once if the sockets' processes must be elsewhere: none that is visible, but this one, holds any.
  private mutating func sayAbsence(_ found: OwnerSearch.Result, known: [Int32]) {
    let isDenied =
      found.hidesProcesses || !found.unlistedProcesses.isEmpty || !found.unreadProcesses.isEmpty
    guard found.unfound > 0, !isDenied,
      (known + found.holders.processes.map(\.pid)).allSatisfy({ $0 == getpid() })
    else { return }
    log.once(
      "no visible process holds any of the sockets",
      "their processes are most likely in another PID namespace; give this one the host's (hostPID: true, --pid=host)"
    )
  }
}
