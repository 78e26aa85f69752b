import SocketStates

/// Reads the sockets of the daemon's own network namespace: through sock_diag, or from procfs while
/// that does not work (``SourcePolicy``).
struct SocketReader: ~Copyable {
  private var policy: SourcePolicy
  private(set) var sockDiag = SockDiagSource()
  private var procfs: ProcNetTCPReader
  /// The source of the last poll.
  private var source: SourceName?
  private var lastFailure: String?
  /// ms that a source may take before it is given up.
  private let timeout: Int64

  init(_ choice: SourceChoice, procfs: ProcFS, timeout: Int64) {
    policy = SourcePolicy(choice)
    self.procfs = ProcNetTCPReader(procfs: procfs)
    self.timeout = timeout
  }

  /// Reads from the first source that answers.
  mutating func read(
    into namespace: NetworkNamespace, listsSockets: Bool, _ budget: WholePollSchedule.Budget,
    _ statistics: inout DaemonStatistics, _ log: inout PollLog
  ) throws(PollFailure) -> SourceName {
    let now = MonotonicClock.now
    var reason: String?
    var isWanted = true
    if policy.first(at: now) == .procfs {
      isWanted = policy.choice == .procfs
    } else {
      do throws(SockDiagError) {
        try readSockDiag(into: namespace, listsSockets, budget, at: now)
        policy.sockDiagAnswered()
        return use(.sockDiag, .success, because: nil, &statistics, &log)
      } catch {
        guard policy.sockDiagFailed(permanently: error.isPermanent, at: now) else {
          throw failed(error.description, &statistics, &log)
        }
        reason = error.description
        isWanted = false
      }
    }
    do throws(SystemError) {
      try readProcfs(into: namespace, listsSockets, at: now, &statistics)
    } catch {
      throw failed(error.description, &statistics, &log)
    }
    return use(.procfs, isWanted ? .success : .fallback, because: reason, &statistics, &log)
  }

  private mutating func readSockDiag(
    into namespace: NetworkNamespace, _ listsSockets: Bool, _ budget: WholePollSchedule.Budget,
    at now: Int64
  ) throws(SockDiagError) {
    do throws(SockDiagError) {
      try dump(into: namespace, listsSockets, budget, at: now)
    } catch {
      guard error.isWorthAnotherTry else { throw error }
      try dump(into: namespace, listsSockets, budget, at: now)
    }
  }

  private mutating func dump(
    into namespace: NetworkNamespace, _ listsSockets: Bool, _ budget: WholePollSchedule.Budget,
    at now: Int64
  ) throws(SockDiagError) {
    let deadline = now + timeout
    let states = namespace.wantedStates(listsSockets, at: now, budget)
    let withBound = states == .all && namespace.wantsBound(listsSockets, at: now)
    try namespace.update(from: .sockDiag, at: now, states: states, listsSockets: listsSockets) {
      body throws(SockDiagError) in
      try sockDiag.dump(
        deadline: deadline, states: withBound ? states.union(.boundInactive) : states, body)
    }
    if withBound { namespace.boundSockets.dumped(namespace.unhashed, at: now) }
    namespace.tracker.listenDrops = sockDiag.listenDrops(deadline: deadline)
    namespace.nameDevices { sockDiag.deviceName($0) }
  }

  private mutating func readProcfs(
    into namespace: NetworkNamespace, _ listsSockets: Bool, at now: Int64,
    _ statistics: inout DaemonStatistics
  ) throws(SystemError) {
    let deadline = ContinuousClock.now + .milliseconds(timeout)
    try namespace.update(from: .procfs, at: now, listsSockets: listsSockets) {
      body throws(SystemError) in
      statistics.procfsLinesSkipped += try procfs.read(deadline: deadline, body: body)
    }
  }

  private mutating func failed(
    _ reason: String, _ statistics: inout DaemonStatistics, _ log: inout PollLog
  ) -> PollFailure {
    statistics.polls[.failure, default: 0] += 1
    if lastFailure != reason {
      log.add(PollLogEvent("poll failed: \(reason)", isWarning: true))
      lastFailure = reason
    }
    return PollFailure(description: reason)
  }

  /// Says every change of the source in one line.
  private mutating func use(
    _ source: SourceName, _ result: PollResult, because reason: String?,
    _ statistics: inout DaemonStatistics, _ log: inout PollLog
  ) -> SourceName {
    statistics.polls[result, default: 0] += 1
    lastFailure = nil
    guard source != self.source else { return source }
    let isFallback = source == .procfs && policy.choice == .auto
    var details = [(name: "source", value: source.rawValue)]
    if let reason { details.append((name: "reason", value: reason)) }
    log.add(PollLogEvent("reading sockets", isWarning: isFallback, details))
    self.source = source
    return source
  }
}
