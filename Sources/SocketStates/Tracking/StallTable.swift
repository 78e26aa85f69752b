/// Since when sockets make no progress: of those alone that have something to read or to send and do not go on.
struct StallTable {
  /// What is remembered of such a socket from one poll to the next.
  struct Progress: BitwiseCopyable {
    /// The socket's, since another may have its entry meanwhile.
    var tupleHash: UInt64
    var reason: Stall
    /// Bytes that were read, or acknowledged, when they were last looked at.
    var bytes: UInt64
    /// Monotonic ms of the last progress.
    var since: Int64
    /// Whether it may be older than anybody watched.
    var isAtLeast: Bool
    /// When it was first looked at, and how many bytes there were; nil without counters.
    var first: (time: Int64, bytes: UInt64)?
    /// ms; the longest time without progress that was followed by progress.
    var longestPause: Int64 = 0
    /// Bytes of the last progress.
    var lastStep: UInt64 = 0
    /// Whether the last poll that has read it counted it as stalled, and as overdue.
    var isStalled = false
    var isOverdue = false

    /// ms that it may go on without progress because of what it did before. A reader that makes progress is slow, and
    /// does not hang: it has as long as it took before. One that keeps to a rate may have read for long in advance, as
    /// curl --limit-rate does.
    func pauseAllowed(_ patience: Int64) -> Int64 {
      guard reason == .localReader else { return 0 }
      let ahead = Int64(clamping: lastStep / Thresholds.leastReadingRate) * 1000
      return max(min(2 * longestPause, 10 * patience), min(ahead, 3 * patience))
    }

    /// Bytes a second since it was first looked at; nil if nothing moved.
    func rate(at now: Int64) -> UInt64? {
      guard let first, bytes > first.bytes, now > first.time else { return nil }
      return (bytes - first.bytes).multipliedReportingOverflow(by: 1000).partialValue
        / UInt64(now - first.time)
    }
  }

  private var before: [UInt32: Progress] = [:]
  private var current: [UInt32: Progress] = [:]

  /// What this poll has found of a socket.
  subscript(index: UInt32) -> Progress? {
    get { current[index] }
    set { current[index] = newValue }
  }

  /// What the poll before has found.
  var previous: [UInt32: Progress] { before }

  /// Ends a poll. Who has no queue any more is not remembered.
  mutating func endPoll() {
    swap(&before, &current)
    current.removeAll(keepingCapacity: !before.isEmpty)
  }

  /// Gives up a poll that was not whole.
  mutating func abandonPoll() { current.removeAll() }

  /// Compares a socket with the poll before, and writes into its sample what it is stalled on.
  /// - Parameters:
  ///   - reason: its ``SocketRow/pendingReason``.
  ///   - isPreexisting: whether nobody had looked before.
  ///   - patience: ms after which a stall is overdue.
  /// - Returns: whether something was read since.
  mutating func follow(
    _ row: SocketRow, _ reason: Stall, _ index: UInt32, tupleHash: UInt64, at now: Int64,
    isPreexisting: Bool, patience: Int64, _ sample: inout SocketSample
  ) -> Bool {
    let bytes = row.progress(reason)
    var progress = Progress(
      tupleHash: tupleHash, reason: reason, bytes: bytes,
      since: now - row.stalledAtLeast(reason, isPreexisting: isPreexisting),
      isAtLeast: isPreexisting, first: row.hasInfo ? (now, bytes) : nil)
    // Of one whose beginning nobody saw it is not known when it read.
    if !isPreexisting, row.hasInfo { progress.lastStep = bytes }
    // Unread bytes may have come just now; a timer has run out already.
    var isStalled = reason != .localReader
    var isRead = false
    if let known = before[index], known.tupleHash == tupleHash, known.reason == reason {
      progress = known
      progress.bytes = bytes
      isStalled = Int64(bitPattern: bytes &- known.bytes) <= 0
      if !isStalled {
        progress.longestPause = max(known.longestPause, now - known.since)
        progress.lastStep = bytes &- known.bytes
        progress.since = now
        progress.isAtLeast = false
        // A timer that still runs, or runs again, waits for more.
        if reason == .localReader { isRead = true } else { isStalled = true }
      }
    }
    let age = now - progress.since
    progress.isStalled = isStalled
    progress.isOverdue = isStalled && age >= max(patience, progress.pauseAllowed(patience))
    current[index] = progress
    guard isStalled else { return isRead }
    sample.stall = reason
    sample.stalledFor = UInt32(clamping: age)
    sample.isStalledAtLeast = progress.isAtLeast
    sample.isStallOverdue = progress.isOverdue
    return false
  }
}

extension SocketRow {
  /// What the socket waits for; it may have made progress all the same. Bytes that have arrived on a connection
  /// that nobody has accepted, or has any more, have no reader.
  @inline(__always)
  var pendingReason: Stall? {
    guard state.isConnected else { return nil }
    // One probe may just be on its way; whatever answers begins to count anew (tcp_ack(), net/ipv4/tcp_input.c).
    let isUnanswered = retransmits > 1
    if timer == .zeroWindowProbe {
      if isUnanswered { return .retransmission }
      if hasClosedWindow { return .peerWindow }
    }
    if timer == .retransmission, retransmits > 0 { return .retransmission }
    let fin: UInt32 = state.hasPeerFIN ? 1 : 0
    if receiveQueue > fin && inode != 0 { return .localReader }
    return timer == .keepalive && isUnanswered ? .retransmission : nil
  }

  /// Whether the peer's window keeps the next segment back. The same timer runs where this side does: with TCP_CORK, or
  /// where a segment could not be handed on (tcp_check_probe_timer(), include/net/tcp.h). A kernel that does not tell the
  /// window is taken to mean the peer's.
  private var hasClosedWindow: Bool {
    info.sendWindow == 0 || info.sendWindow < min(info.sendMSS, sendQueue)
  }

  /// Bytes that were read, or that the peer has acknowledged. Without counters only what a queue falls by tells:
  /// then it is the queue's length below zero.
  fileprivate func progress(_ reason: Stall) -> UInt64 {
    if reason == .localReader {
      return (hasInfo ? info.bytesReceived : 0) &- UInt64(receiveQueue)
    }
    return hasInfo ? info.bytesAcked : 0 &- UInt64(sendQueue)
  }

  /// ms that a stall that is seen for the first time has lasted at least.
  fileprivate func stalledAtLeast(_ reason: Stall, isPreexisting: Bool) -> Int64 {
    switch reason {
    case .peerWindow: 0
    // The timer doubles with every retransmission: those before took all of this one but its first part. So they did
    // where it always takes as long.
    case .retransmission: Int64(expires) - Int64(expires) >> Int64(min(retransmits, 31))
    // If nothing was ever read, that is so since the last byte came, and longer.
    case .localReader:
      isPreexisting && hasInfo && info.bytesReceived == UInt64(receiveQueue)
        ? Int64(info.lastDataReceived) : 0
    }
  }
}
