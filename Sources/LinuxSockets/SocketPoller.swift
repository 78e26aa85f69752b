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

  /// ms that a dump may take before it is given up.
  private static let dumpTimeout: Int64 = 30_000

  private var policy: SourcePolicy
  private var sockDiag = SockDiagSource()
  private var procfs: ProcNetTCPReader
  private var events: SockDiagEvents?
  private var ledger: Ledger
  private var owners: SocketOwners
  private var cgroups: CgroupDirectory
  private var hostCounters: HostCountersReader
  private var ownStatistics: ProcessStatisticsReader
  private let ephemeralPorts: EphemeralPortsReader
  private let descriptors: ProcessDescriptorsReader
  private var statistics = DaemonStatistics()
  private var notices: [PollNotice] = []
  private var source: SourceName?
  private var hasToldDenial = false
  private var sequence: UInt64 = 0

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
    if settings.wantsDestroyEvents, settings.source != .procfs { listen() }
  }

  /// The descriptor at which destroy events arrive; nil where they are off.
  package var eventDescriptor: Int32? { events?.descriptor }

  /// What happened that the operator should know, since the last call.
  package mutating func takeNotices() -> [PollNotice] {
    defer { notices = [] }
    return notices
  }

  /// Takes new settings; the source, procfs and events stay as they were at the start.
  package mutating func apply(_ settings: Settings) {
    ledger.settings = settings.ledger
    owners.setRename(settings.rename)
  }

  /// Reads the destroy events that are there.
  package mutating func drainEvents() { receiveEvents(limit: 10_000) }

  /// Looks once.
  /// - Throws: where no source answered; then nothing of this poll is published.
  package mutating func poll() throws(PollFailure) -> Report {
    let start = ContinuousClock.now
    let cpu = MonotonicClock.threadCPU
    defer { statistics.pollCPUSeconds += Double(MonotonicClock.threadCPU - cpu) / 1e9 }
    // Before the sockets, so that what it counts is in them or in an event: see RetransmitLaw.
    let host = try? hostCounters.read()
    ledger.ephemeralPorts = ephemeralPorts.read()?.range
    receiveEvents(limit: 1_000_000)
    let source = try readSockets()
    findOwners()
    statistics.pollDuration.observe((ContinuousClock.now - start) / .seconds(1))
    sequence += 1
    return report(source, host)
  }
}
