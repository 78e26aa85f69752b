/// When a network namespace that is not the daemon's own is dumped: in each poll while anything
/// moves in it, seldom if nothing does.
struct DumpSchedule {
  /// ms between checks of a namespace in which nothing moved.
  private static let quietCheck: Int64 = 30_000
  /// ms after which a namespace in which nothing moves is dumped all the same.
  private static let quietDump: Int64 = 600_000
  /// The same if sockets wait for their process, which may read without sending anything.
  private static let waitingDump: Int64 = 60_000
  /// Checks in a row at which nothing moved, and ms since something did, after which a namespace
  /// counts as quiet: what one dump leaves open, such as the retransmissions that no socket accounts
  /// for, the next ones settle.
  private static let quietAfter = (checks: 3, milliseconds: Int64(4_000))

  /// Whether a destroy event has come since the last dump.
  var hasEvents = false
  private var fingerprint: TrafficFingerprint?
  private var checksWithoutChange = 0
  private var lastChange: Int64 = 0
  /// Monotonic ms.
  private(set) var nextCheck: Int64 = 0
  private(set) var lastCheck: Int64 = 0
  private var lastDump: Int64?

  /// Takes what the kernel counts now.
  /// - Parameters:
  ///   - now: monotonic ms.
  ///   - hasWaiting: whether the last report has sockets that wait for their process.
  ///   - spread: a number of the namespace's own: not all are checked at the same time.
  /// - Returns: whether a dump is due.
  mutating func isDumpDue(
    _ fingerprint: TrafficFingerprint, at now: Int64, hasWaiting: Bool, spread: UInt64
  ) -> Bool {
    lastCheck = now
    let isSame = fingerprint == self.fingerprint
    self.fingerprint = fingerprint
    checksWithoutChange = isSame && !hasEvents ? checksWithoutChange + 1 : 0
    if checksWithoutChange == 0 { lastChange = now }
    let isQuiet =
      checksWithoutChange >= Self.quietAfter.checks
      && now - lastChange >= Self.quietAfter.milliseconds
    let pause = Self.quietCheck * 2 / 3 + Int64(spread % 16) * Self.quietCheck / 48
    nextCheck = isQuiet ? now + pause : now
    guard isQuiet, let lastDump else { return true }
    guard !fingerprint.isEmpty || hasWaiting else { return false }
    return now - lastDump >= (hasWaiting ? Self.waitingDump : Self.quietDump)
  }

  /// Takes note of a dump.
  mutating func dumped(at now: Int64) {
    lastDump = now
    hasEvents = false
  }

  /// Has it dumped in the next poll.
  mutating func wake() {
    nextCheck = 0
    fingerprint = nil
  }
}
