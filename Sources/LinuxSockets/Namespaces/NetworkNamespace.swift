import SocketStates

/// A network namespace that is watched: the daemon's own, or another one.
///
/// No descriptor of a namespace is among it: a namespace ends whenever its last process does.
final class NetworkNamespace {
  /// The label `netns`: empty for the daemon's own.
  let name: String
  /// The names by which it may be chosen: ``name``, and the containers and units of its first processes.
  let names: [String]
  /// Where it is found; nil for the daemon's own, which need not be entered.
  var found: FoundNamespace?
  /// Polls in which a better name is looked for.
  var nameChecks = 3
  /// `SO_NETNS_COOKIE` of the dump before; 0 if the kernel does not say.
  var cookie: UInt64 = 0
  /// Its id in the daemon's namespace, by which destroy events are told apart; nil if it could not
  /// be given one.
  var id: Int32?
  var schedule = DumpSchedule()
  /// Who changes it takes the namespace into a local first: built with the thread sanitizer,
  /// accesses through another object's `self` break the compiler (Swift 6.3).
  var tracker: SocketTracker
  /// What is read beside the sockets, before them.
  var host: HostCounters?
  var mptcp: StateCounts?
  /// The same: what may be only bound.
  var unhashed = UnhashedSockets()
  var boundSockets = BoundSocketSchedule()
  private var wholePolls = WholePollSchedule()
  /// When the last dump began, monotonic ms, and the CPU time that it took, ns.
  private var lastDump: (time: Int64, cpu: Int64) = (0, 0)
  /// Whether the last dump left out what light polls do not read.
  private(set) var isLight = false
  /// What the last dump has found, until it is attributed.
  private var pending: PendingSockets?
  /// Sockets that the last dump has shown for the first time.
  private(set) var newcomers = 0
  /// The last report; nil before the first dump.
  private(set) var report: NamespaceReport?

  /// - Parameters:
  ///   - found: nil for the daemon's own.
  ///   - resets: shared by all of them.
  ///   - recorder: remembers the connections that have ended; nil if nothing does.
  init(
    _ found: FoundNamespace? = nil, names: [String] = [""], settings: SocketTracker.Settings,
    resets: ResetPairing = ResetPairing(), recorder: FlightRecorder? = nil
  ) {
    self.found = found
    self.names = names
    name = names[0]
    tracker = SocketTracker(settings: settings, netns: name, resets: resets)
    tracker.recorder = recorder
  }

  /// Reads its sockets.
  /// - Parameters:
  ///   - now: monotonic ms.
  ///   - states, dump: as of ``SocketTracker/update(from:at:states:listsSockets:dump:)``.
  func update<Failure: Error>(
    from source: SourceName, at now: Int64, states: TCPStateSet = .all, listsSockets: Bool,
    dump: ((Span<SocketRow>) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    let cpu = MonotonicClock.threadCPU
    let poll = try tracker.update(
      from: source, at: now, states: states, listsSockets: listsSockets, dump: dump)
    isLight = states != .all
    lastDump = (now, MonotonicClock.threadCPU - cpu)
    newcomers = poll.newcomers
    pending = consume poll
    schedule.dumped(at: now)
  }

  /// Names the devices that the sockets of the last dump are on: a device may be called otherwise now.
  func nameDevices(_ name: (UInt32) -> String?) {
    let names = tracker.devices.map { ($0, name($0)) }
    tracker.deviceNames = Dictionary(
      uniqueKeysWithValues: names.compactMap { index, name in name.map { (index, $0) } })
  }

  /// Counts what the last dump has found for its owners, and reports; nothing without a dump.
  /// - Parameters:
  ///   - resolve: looks for owners; asks again for what is still wanted when it has taken some time.
  ///   - unit, descriptor, ended: as of ``SocketTracker/attribute(_:to:host:mptcp:unit:descriptor:ended:)``.
  func attribute(
    resolve: (OwnerRequest, _ again: () -> OwnerRequest?) -> HolderTable, unit: (UInt64) -> String,
    descriptor: (UInt32, Int32) -> Int32?, ended: (UInt64, _ isThere: Bool) -> EndedSocket?
  ) {
    guard let poll = pending.take() else { return }
    let cpu = MonotonicClock.threadCPU
    var holders = HolderTable()
    if let request = tracker.request(for: poll) {
      holders = resolve(request) { tracker.request(for: poll) }
    }
    report = tracker.attribute(
      poll, to: holders, host: host, mptcp: mptcp, unit: unit, descriptor: descriptor,
      ended: ended)
    newcomers = 0
    wholePolls.polled(
      isLight: isLight, milliseconds: Double(lastDump.cpu) / 1e6,
      owners: Double(MonotonicClock.threadCPU - cpu) / 1e6, at: lastDump.time, host)
    // The other ends may come from another namespace.
    if tracker.hasUndecidedEnds { schedule.wake() }
  }

  /// The last report, whose list of sockets is not kept.
  func takeReport() -> NamespaceReport? {
    defer { report?.sockets = nil }
    return report
  }

  /// Forgets all sockets and counters: the inode is that of another namespace now. What was read for
  /// the poll that finds this out stays.
  func beginAnew() {
    let (ports, recorder) = (tracker.ephemeralPorts, tracker.recorder)
    tracker = SocketTracker(settings: tracker.settings, netns: name, resets: tracker.resets)
    tracker.ephemeralPorts = ports
    tracker.recorder = recorder
    report = nil
    id = nil
    wholePolls = WholePollSchedule()
    isLight = false
  }

  /// The states of the sockets that the dump is to have.
  func wantedStates(_ listsSockets: Bool, at now: Int64, _ budget: WholePollSchedule.Budget)
    -> TCPStateSet
  {
    let isWhole =
      listsSockets || !tracker.mayPollLightly
      || wholePolls.isDue(at: now, host, isOutdated: tracker.isOutdated, budget)
    return isWhole ? .all : .light
  }

  /// Whether the dump is to have the sockets that are only bound.
  func wantsBound(_ listsSockets: Bool, at now: Int64) -> Bool {
    let hasSome = report?.groups.contains { $0.gauges.onlyBound > 0 } ?? true
    return boundSockets.isDue(unhashed, at: now, ports: portCount) || hasSome || listsSockets
  }

  /// Whether many sockets may have been bound since a dump looked for them.
  func mayHaveMoreBound(_ sockets: UnhashedSockets) -> Bool {
    boundSockets.mayHaveMore(sockets, ports: portCount)
  }

  private var portCount: Int { tracker.ephemeralPorts?.available ?? 0 }

  /// Whether the last report has sockets that age, or data that nobody has read.
  var hasWaiting: Bool {
    report?.groups.contains { group in
      group.gauges.receiveQueue > 0 || group.gauges.closeWaitOldest != nil
        || group.gauges.closedOldest != nil
        || group.gauges.acceptQueueLength > 0
    } ?? false
  }
}
