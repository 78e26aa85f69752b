import SocketStates

/// What is remembered of one network namespace that is not the daemon's own. No descriptor is among
/// it: a namespace ends whenever its last process does.
final class WatchedNamespace {
  /// Milliseconds between looks at whether anything moves in a namespace in which nothing did.
  private static let quietCheck: Int64 = 30_000
  /// Milliseconds after which a namespace in which nothing moves is dumped all the same.
  private static let quietDump: Int64 = 600_000
  /// The same where sockets wait for their process, which may read without sending anything.
  private static let waitingDump: Int64 = 60_000
  /// Looks in a row at which nothing moved, and milliseconds since something did, after which a
  /// namespace counts as quiet: what one dump leaves open, such as the retransmissions that no socket
  /// accounts for, the next ones settle.
  private static let quietAfter = (looks: 3, milliseconds: Int64(4_000))

  var found: FoundNamespace
  /// The label `netns`.
  let name: String
  /// Polls in which a better name is looked for.
  var looksForName = 3
  /// The names by which it may be chosen: ``name``, and the containers and units of its first processes.
  let names: [String]
  /// `SO_NETNS_COOKIE` of the dump before; 0 where the kernel does not tell.
  var cookie: UInt64 = 0
  /// Its id in the daemon's namespace, by which destroy events are told apart; nil where it could
  /// not be given one.
  var id: Int32?
  let box: TrackerBox
  /// The last report; nil before the first dump.
  var report: Report?
  /// Whether a destroy event has come since the last dump.
  var hasEvents = false
  private var host: HostCounters?
  private var mptcp: StateCounts?
  private var mptcpSeen = TCPStateSet(rawValue: 0)
  private var activity: TrafficFingerprint?
  private var looksWithoutChange = 0
  private var lastChange: Int64 = 0
  /// Monotonic ms.
  private(set) var nextLook: Int64 = 0
  private(set) var lastLook: Int64 = 0
  private var lastDump: Int64?

  init(_ found: FoundNamespace, name: String, names: [String], settings: SocketTracker.Settings) {
    self.found = found
    self.name = name
    self.names = names
    box = TrackerBox(SocketTracker(settings: settings, netns: name))
  }

  /// Where its file may be found.
  func paths(_ procfs: ProcFS) -> [String] {
    found.members.prefix(3).map { procfs.path("\($0)/ns/net") }
      + (found.boundName.map { [NamespaceDirectory.boundDirectory + "/" + $0] } ?? [])
  }

  /// Takes what moves now.
  /// - Returns: whether a dump is due.
  func isDumpDue(_ activity: TrafficFingerprint, at now: Int64) -> Bool {
    lastLook = now
    let isSame = activity == self.activity
    self.activity = activity
    looksWithoutChange = isSame && !hasEvents ? looksWithoutChange + 1 : 0
    if looksWithoutChange == 0 { lastChange = now }
    let isQuiet =
      looksWithoutChange >= Self.quietAfter.looks
      && now - lastChange >= Self.quietAfter.milliseconds
    // Not all of them at the same time.
    let spread = Int64(found.inode % 16) * Self.quietCheck / 48
    nextLook = isQuiet ? now + Self.quietCheck * 2 / 3 + spread : now
    guard isQuiet, let lastDump else { return true }
    guard !activity.isEmpty else { return false }
    return now - lastDump >= (hasWaiting ? Self.waitingDump : Self.quietDump)
  }

  /// Whether the last report has sockets that age, or data that nobody has read.
  private var hasWaiting: Bool {
    report?.groups.contains { group in
      group.gauges.receiveQueue > 0 || group.gauges.closeWaitOldest != nil
        || group.gauges.acceptQueueLength > 0
    } ?? false
  }

  /// Whether no better name is looked for any more.
  var isNameSettled: Bool { looksForName <= 0 }

  /// Forgets all sockets and counters: the inode is that of another namespace now.
  func beginAnew() {
    box.tracker = SocketTracker(settings: box.tracker.settings, netns: name)
    report = nil
    id = nil
    mptcpSeen = []
  }

  /// Takes note of a dump, and of what else was read with it.
  func dumped(at now: Int64, host: HostCounters?, mptcp: StateCounts?) {
    lastDump = now
    hasEvents = false
    self.host = host
    self.mptcp = mptcp
    mptcpSeen.formUnion(mptcp?.states ?? [])
  }

  /// Ends the poll of its tracker.
  /// - Parameter units: of the cgroups that the tracker asked for.
  func finish(sequence: UInt64, time: Double, units: [UInt64: String]) {
    box.tracker.finish(retransSegs: host?.segmentsRetransmitted, units: units)
    var report = box.tracker.report(sequence: sequence, time: time, source: .sockDiag)
    report.host = host
    report.mptcp = mptcp
    report.mptcpSeen = mptcpSeen
    self.report = report
  }

  /// Has it looked at in the next poll.
  func wake() {
    nextLook = 0
    activity = nil
  }
}
