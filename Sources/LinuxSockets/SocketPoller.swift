import Glibc
package import SocketStates

/// Looks at the sockets of this network namespace and reports: the whole way from the kernel to the
/// report. All state belongs to the thread that calls.
package struct SocketPoller: ~Copyable {
  /// What a user may set.
  package struct Settings: Sendable {
    package var source = SourcePolicy.Choice.auto
    /// Where procfs is mounted.
    package var procfs = "/proc"
    /// Whether the kernel's destroy events are listened to.
    package var wantsDestroyEvents = true
    package var ledger = Ledger.Settings()
    /// The user's rules for process names; nil where none applies.
    package var rename: @Sendable (ProcessFacts) -> String? = { _ in nil }

    package init() {}
  }

  /// ms that a step of a poll may take before it is given up: sock_diag, procfs in its place, and
  /// owners all three are over before a watchdog of 30 s barks.
  static let stepTimeout: Int64 = 8_000

  /// New sockets whose owners' search leaves memory behind that is worth giving back.
  private static let many = 4096

  var policy: SourcePolicy
  var sockDiag = SockDiagSource()
  var procfs: ProcNetTCPReader
  var events: SockDiagEvents?
  var ledger: Ledger
  var owners: SocketOwners
  var cgroups: CgroupDirectory
  /// Units of the cgroups that this poll asked for.
  var units: [UInt64: String] = [:]
  var statistics = DaemonStatistics()
  var notices: [PollNotice] = []
  var source: SourceName?
  var lastFailure: String?
  /// What the operator has been told and need not be told again.
  var told: Set<String> = []
  private var mptcp = MPTCPSockets()
  private var mptcpSeen = TCPStateSet()
  private var stuckWatch = StuckWatch()
  private var hostCounters: HostCountersReader
  private var ownStatistics: ProcessStatisticsReader
  private let wantsDestroyEvents: Bool
  private let ephemeralPorts: EphemeralPortsReader
  private let descriptors: ProcessDescriptorsReader
  private var sequence: UInt64 = 0
  /// CPU time of the last poll, whether it succeeded or not, seconds.
  package private(set) var lastPollCPUSeconds = 0.0

  package init(_ settings: Settings) {
    let procfs = ProcFS(root: settings.procfs)
    policy = SourcePolicy(settings.source)
    self.procfs = ProcNetTCPReader(procfs: procfs)
    ledger = Ledger(settings: settings.ledger)
    owners = SocketOwners(procfs: procfs, rename: settings.rename)
    cgroups = CgroupDirectory(procfs: procfs)
    hostCounters = HostCountersReader(procfs: procfs)
    ownStatistics = ProcessStatisticsReader(procfs: procfs)
    ephemeralPorts = EphemeralPortsReader(procfs: procfs)
    descriptors = ProcessDescriptorsReader(procfs: procfs)
    wantsDestroyEvents = settings.wantsDestroyEvents && settings.source != .procfs
    listen()
  }

  /// Opens the socket for destroy events where it is wanted and not open.
  private mutating func listen() {
    guard wantsDestroyEvents, events == nil else { return }
    let failure =
      "destroy events are off: connections shorter than a poll are not counted one by one"
    do throws(SystemError) {
      let opened = try SockDiagEvents()
      eventDescriptor = opened.descriptor
      events = consume opened
      statistics.destroyEvents = statistics.destroyEvents ?? 0
      statistics.destroyEventsLost = statistics.destroyEventsLost ?? 0
      if told.remove(failure) != nil { notices.append(PollNotice("destroy events are on again")) }
    } catch {
      tell(once: failure, error.description)
    }
  }

  /// The descriptor at which destroy events arrive; nil where they are off.
  package private(set) var eventDescriptor: Int32?

  /// What happened that the operator should know, since the last call.
  package mutating func takeNotices() -> [PollNotice] {
    defer { notices = [] }
    return notices
  }

  /// Takes new settings; the source, procfs and events stay as they were at the start.
  package mutating func apply(_ settings: Settings) {
    ledger.settings = settings.ledger
    owners.rename = settings.rename
  }

  /// Reads the destroy events that are there.
  package mutating func drainEvents() {
    guard events != nil else { return }
    do throws(SystemError) {
      if let drained = try events?.drain(into: &ledger) {
        statistics.destroyEvents? += UInt64(drained.events)
        statistics.destroyEventsLost? += UInt64(drained.overruns)
      }
    } catch {
      events = nil
      eventDescriptor = nil
      // What the kernel announces until there is another socket is lost.
      statistics.destroyEventsLost? += 1
      notices.append(
        PollNotice("destroy events ended", isWarning: true, [("reason", error.description)]))
      listen()
    }
  }

  /// Looks once.
  /// - Parameter listsSockets: whether the report has every socket one by one.
  /// - Throws: where no source answered; then nothing of this poll is published.
  package mutating func poll(listsSockets: Bool = false) throws(PollFailure) -> Report {
    ledger.listsSockets = listsSockets
    let start = ContinuousClock.now
    let cpu = MonotonicClock.threadCPU
    defer {
      lastPollCPUSeconds = Double(MonotonicClock.threadCPU - cpu) / 1e9
      statistics.pollCPUSeconds += lastPollCPUSeconds
    }
    // Before the sockets, so that what it counts is in them or in an event: see RetransmitLaw.
    let host = try? hostCounters.read()
    ledger.ephemeralPorts = ephemeralPorts.read().map(EphemeralPortRange.init)
    listen()
    drainEvents()
    let source = try readSockets()
    let hasMuchNew = ledger.newcomers >= Self.many
    findOwners()
    ledger.finish(
      retransSegs: source == .sockDiag ? host?.segmentsRetransmitted : nil, units: units)
    if hasMuchNew { ReturnedMemory.trimHeap() }
    statistics.pollDuration.observe((ContinuousClock.now - start) / .seconds(1))
    sequence += 1
    var report = ledger.report(sequence: sequence, time: WallClock.now, source: source)
    report.host = host
    countMPTCP(into: &report)
    report.descriptors = descriptors.read(ledger.closeWaitProcesses)
    nameDescriptors(of: &report.suspects)
    report.daemon = statistics
    report.daemon.process = try? ownStatistics.read()
    notices += stuckWatch.events(of: report).map(PollNotice.init(stuck:))
    return report
  }

  private mutating func countMPTCP(into report: inout Report) {
    guard policy.choice != .procfs, let counts = mptcp.read() else { return }
    for state in TCPState.allCases where counts[state] > 0 {
      mptcpSeen.formUnion(TCPStateSet(state))
    }
    report.mptcp = counts
    report.mptcpSeen = mptcpSeen
  }

  private func nameDescriptors(of suspects: inout [Suspect]) {
    for index in suspects.indices where suspects[index].socket.inode != 0 {
      suspects[index].socket.descriptor = owners.descriptor(
        of: suspects[index].socket.inode, in: suspects[index].socket.pid)
    }
  }
}

extension SockDiagEvents {
  /// Datagrams that one drain reads at most: an event flood must not keep a poll from beginning.
  private static let drainLimit = 100_000

  fileprivate mutating func drain(into ledger: inout Ledger) throws(SystemError) -> Drained {
    try drain(limit: Self.drainLimit) { ledger.absorb(destroyed: $0) }
  }
}

extension EphemeralPortRange {
  fileprivate init(_ ports: EphemeralPorts) {
    self.init(ports: ports.low...ports.high, available: ports.available)
  }
}
