import Glibc
package import SocketStates

/// Looks at the sockets of this network namespace and reports: the whole way from the kernel to the
/// report. All state belongs to the thread that calls.
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
    package var tracker = SocketTracker.Settings()
    /// The user's rules for process names; nil where none applies.
    package var rename: @Sendable (ProcessFacts) -> String? = { _ in nil }

    package init() {}
  }

  /// ms that a step of a poll may take before it is given up: sock_diag, procfs in its place, other
  /// namespaces and owners all four are over before a watchdog of 30 s barks.
  static let stepTimeout: Int64 = 7_000

  /// Datagrams that one drain reads at most: an event flood must not keep a poll from beginning.
  private static let eventLimit = 100_000

  /// New sockets whose owners' search leaves memory behind that is worth giving back.
  private static let many = 4096

  var policy: SourcePolicy
  var sockDiag = SockDiagSource()
  var procfs: ProcNetTCPReader
  var events: DestroyEvents?
  /// The daemon's own network namespace. Who changes its tracker takes it into a local first: built with
  /// the thread sanitizer, accesses through `self` break the compiler (Swift 6.3).
  let home: TrackerBox
  /// The others; nil where they are not watched.
  var namespaces: WatchedNamespaces?
  var owners: SocketOwners
  var cgroups: CgroupDirectory
  var statistics = DaemonStatistics()
  var logEvents: [PollLogEvent] = []
  var source: SourceName?
  var lastFailure: String?
  /// What the operator has been told and need not be told again.
  var told: Set<String> = []
  private var mptcp: MPTCPSockets
  private var mptcpSeen = TCPStateSet()
  private var findingLog = FindingLog()
  private var hostCounters: HostCountersReader
  private var ownStatistics: ProcessStatisticsReader
  private let wantsDestroyEvents: Bool
  private var trackerSettings: SocketTracker.Settings
  private let ephemeralPorts: EphemeralPortsReader
  private let descriptors: ProcessDescriptorsReader
  private var sequence: UInt64 = 0
  /// CPU time of the last poll, whether it succeeded or not, seconds.
  package private(set) var lastPollCPUSeconds = 0.0

  package init(_ settings: Settings) {
    let procfs = ProcFS(root: settings.procfs)
    policy = SourcePolicy(settings.source)
    self.procfs = ProcNetTCPReader(procfs: procfs)
    home = TrackerBox(SocketTracker(settings: settings.tracker))
    trackerSettings = settings.tracker
    owners = SocketOwners(procfs: procfs, rename: settings.rename)
    cgroups = CgroupDirectory(procfs: procfs)
    hostCounters = HostCountersReader(procfs: procfs)
    ownStatistics = ProcessStatisticsReader(procfs: procfs)
    ephemeralPorts = EphemeralPortsReader(procfs: procfs)
    mptcp = MPTCPSockets(procfs: procfs)
    descriptors = ProcessDescriptorsReader(procfs: procfs)
    wantsDestroyEvents = settings.wantsDestroyEvents && settings.source != .procfs
    if let choice = settings.namespaces { watchNamespaces(choice, settings) }
    listen()
  }

  private mutating func watchNamespaces(_ choice: NamespaceChoice, _ settings: Settings) {
    let message = "other network namespaces are not watched"
    guard settings.source != .procfs else {
      return logOnce(message, "the source procfs shows the daemon's own only")
    }
    do throws(SystemError) {
      namespaces = try WatchedNamespaces(
        procfs: ProcFS(root: settings.procfs), choice: choice)
    } catch {
      logOnce(message, error.description)
    }
  }

  /// Opens the socket for destroy events where it is wanted and not open.
  private mutating func listen() {
    guard wantsDestroyEvents, events == nil else { return }
    let failure =
      "destroy events are off: connections shorter than a poll are not counted one by one"
    do throws(SystemError) {
      let opened = try DestroyEvents(ofAllNamespaces: namespaces != nil)
      eventDescriptor = opened.descriptor
      events = consume opened
      statistics.destroyEvents = statistics.destroyEvents ?? 0
      statistics.destroyEventsLost = statistics.destroyEventsLost ?? 0
      if told.remove(failure) != nil {
        logEvents.append(PollLogEvent("destroy events are on again"))
      }
    } catch {
      logOnce(failure, error.description)
    }
  }

  /// The descriptor at which destroy events arrive; nil where they are off.
  package private(set) var eventDescriptor: Int32?

  /// What happened that the operator should know, since the last call.
  package mutating func takeLogEvents() -> [PollLogEvent] {
    defer { logEvents = [] }
    return logEvents
  }

  /// Takes new settings; the source, procfs and events stay as they were at the start.
  package mutating func apply(_ settings: Settings) {
    trackerSettings = settings.tracker
    let home = home
    home.tracker.settings = settings.tracker
    if let choice = settings.namespaces { namespaces?.choice = choice }
    owners.rename = settings.rename
  }

  /// Reads the destroy events that are there.
  package mutating func drainEvents() {
    guard events != nil else { return }
    do throws(SystemError) {
      let home = home
      let drained = try events?.drain(limit: Self.eventLimit) { row, namespace in
        if let namespace, namespaces?.absorb(destroyed: row, of: namespace) == true { return }
        home.tracker.absorb(destroyed: row)
      }
      if let drained {
        statistics.destroyEvents? += UInt64(drained.events)
        statistics.destroyEventsLost? += UInt64(drained.overruns)
      }
    } catch {
      events = nil
      eventDescriptor = nil
      // What the kernel announces until there is another socket is lost.
      statistics.destroyEventsLost? += 1
      logEvents.append(
        PollLogEvent("destroy events ended", isWarning: true, [("reason", error.description)]))
      listen()
    }
  }

  /// Looks once.
  /// - Parameter listsSockets: whether the report has every socket one by one.
  /// - Throws: where no source answered; then nothing of this poll is published.
  package mutating func poll(listsSockets: Bool = false) throws(PollFailure) -> Report {
    let home = home
    home.tracker.listsSockets = listsSockets
    let start = ContinuousClock.now
    let cpu = MonotonicClock.threadCPU
    defer {
      lastPollCPUSeconds = Double(MonotonicClock.threadCPU - cpu) / 1e9
      statistics.pollCPUSeconds += lastPollCPUSeconds
    }
    // Before the sockets, so that what it counts is in them or in an event: see RetransmitReconciler.
    let host = try? hostCounters.read()
    home.tracker.ephemeralPorts = ephemeralPorts.read().map(EphemeralPortRange.init)
    listen()
    drainEvents()
    let source = try readSockets()
    var hasMuchNew = home.tracker.newcomers >= Self.many
    let others = dumpNamespaces(listsSockets: listsSockets)
    refreshOwners()
    // What has ended since the dump has no descriptor that could be found.
    drainEvents()
    let deadline = ContinuousClock.now + .milliseconds(Self.stepTimeout)
    let units = findOwners(of: home, hints: [], deadline: deadline)
    home.tracker.finish(
      retransSegs: source == .sockDiag ? host?.segmentsRetransmitted : nil, units: units)
    sequence += 1
    let time = WallClock.now
    for space in others {
      hasMuchNew = hasMuchNew || space.box.tracker.newcomers >= Self.many
      let units = findOwners(of: space.box, hints: space.found.members, deadline: deadline)
      space.finish(sequence: sequence, time: time, units: units)
    }
    if hasMuchNew { HeapTrim.trimHeap() }
    statistics.pollDuration.observe((ContinuousClock.now - start) / .seconds(1))
    var report = home.tracker.report(sequence: sequence, time: time, source: source)
    report.host = host
    var closeWaitProcesses = home.tracker.closeWaitProcesses
    add(to: &report, &closeWaitProcesses)
    report.descriptors = descriptors.read(closeWaitProcesses)
    countMPTCP(into: &report)
    nameDescriptors(of: &report.stuckSockets)
    // Without a descriptor for it, what was read last stays: its counter does not go.
    if let process = try? ownStatistics.read() { statistics.process = process }
    report.daemon = statistics
    logEvents += findingLog.events(of: report).map(PollLogEvent.init(stuck:))
    return report
  }

  /// Adds what is known of the other network namespaces, and shares the budget of groups out anew.
  private mutating func add(to report: inout Report, _ closeWaitProcesses: inout [Owner]) {
    guard namespaces != nil else { return }
    let spaces = otherNamespaces.sorted { $0.name < $1.name }
    for space in spaces {
      guard let last = space.report else { continue }
      report.add(last, of: space.name)
      space.report?.sockets = nil
      closeWaitProcesses += space.box.tracker.closeWaitProcesses
    }
    report.groupsRefused += namespaces?.formerlyRefused ?? 0
    report.endNamespaces(destinations: trackerSettings.destinations)
    statistics.namespaces = 1 + spaces.count
    let boxes = [home] + spaces.map(\.box)
    let shares = NamespaceBudget.shares(
      of: trackerSettings.groups, counts: boxes.map { $0.tracker.groupCount })
    for (box, share) in zip(boxes, shares) {
      var settings = trackerSettings
      settings.groups = share
      box.tracker.settings = settings
    }
  }

  private mutating func countMPTCP(into report: inout Report) {
    guard policy.choice != .procfs, let counts = mptcp.read() else { return }
    mptcpSeen.formUnion(counts.states)
    report.mptcp = counts
    report.mptcpSeen = mptcpSeen
  }

  private func nameDescriptors(of stuckSockets: inout [StuckSocket]) {
    for index in stuckSockets.indices where stuckSockets[index].socket.inode != 0 {
      stuckSockets[index].socket.descriptor = owners.descriptor(
        of: stuckSockets[index].socket.inode, in: stuckSockets[index].socket.pid)
    }
  }
}

extension EphemeralPortRange {
  init(_ ports: EphemeralPorts) {
    self.init(ports: ports.low...ports.high, available: ports.available)
  }
}
