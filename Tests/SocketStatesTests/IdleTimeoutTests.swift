import Testing

@testable import SocketStates

/// Silences after which connections break, and when they are an idle timeout.
@Suite struct IdleTimeoutTests {
  private static let client = Owner.process("api.js", pid: 200)
  private static let far = Endpoint(address: Address(ipv4: 0x0a02_0009), port: 5432)

  /// A connection that broke: a request was sent `sent` ms before its end, `silence` ms after the last answer.
  private static func broken(_ number: Int, silence: UInt32, sent: UInt32, unanswered: Bool = true)
    -> SocketRow
  {
    .connection(UInt16(40_000 + number), 5432, cookie: UInt64(100 + number)) {
      $0.remote = far
      $0.info.hasBytesSent = true
      $0.info.segmentsIn = 3
      $0.info.segmentsOut = 3
      $0.info.bytesSent = 100
      $0.info.bytesAcked = unanswered ? 51 : 101
      $0.info.bytesReceived = 500
      $0.info.lastDataSent = unanswered ? sent : silence + 1
      $0.info.lastDataReceived = unanswered ? silence + sent : silence
    }.destroyed()
  }

  private func report(_ rows: [SocketRow], later: Int64 = 5_000) -> Report {
    var polls = ScriptedPolls { $0.linger = 3_600_000 }
    polls.poll([], holders: [:])
    for row in rows { polls.tracker.absorb(destroyed: row, at: polls.now + 1) }
    polls.poll([])
    var report = polls.poll([], after: later)
    var diagnostics = Diagnostics()
    _ = diagnostics.diagnose(&report, at: polls.now, linger: 0)
    return report
  }

  private func finding(_ rows: [SocketRow], later: Int64 = 5_000) -> Finding? {
    report(rows, later: later).findings.first { $0.kind == .idleTimeout }
  }

  @Test func `ten that broke after the same silence are an idle timeout`() throws {
    let rows = (0..<12).map {
      Self.broken($0, silence: 350_000 + UInt32($0) * 100, sent: 20, unanswered: $0 < 7)
    }
    let found = try #require(finding(rows))
    #expect(found.severity == .fault)
    guard case .idleCluster(let cluster) = found.evidence[0] else {
      Issue.record("no cluster")
      return
    }
    #expect(cluster.count == 12 && cluster.all == 12 && cluster.inFlight == 7)
    #expect(abs(cluster.idle - 350_550) <= 1)
    guard case .peers(let peers) = found.evidence[1] else {
      Issue.record("no peers")
      return
    }
    #expect(peers.total == 12 && peers.peers.map(\.count) == [12])
    #expect(peers.peers[0].address == Self.far.address)
  }

  @Test func `without requests in flight it is a notice`() {
    let rows = (0..<12).map { Self.broken($0, silence: 60_000, sent: 0, unanswered: false) }
    #expect(finding(rows)?.severity == .notice)
  }

  @Test func `nine, or as many that are spread, are none`() {
    #expect(finding((0..<9).map { Self.broken($0, silence: 5_000, sent: 9) }) == nil)
    #expect(
      finding((0..<40).map { Self.broken($0, silence: 1_000 + UInt32($0 * $0) * 400, sent: 9) })
        == nil)
    // Half of them are not alike.
    let alike = (0..<10).map { Self.broken($0, silence: 5_000, sent: 9) }
    let others = (10..<21).map {
      Self.broken($0, silence: UInt32($0 - 8) * UInt32($0 - 8) * 5_000, sent: 9)
    }
    #expect(finding(alike + others) == nil)
    #expect(finding(alike + others.dropLast()) != nil)
  }

  /// (waited for an answer, ms between two ends) → whether that is a timeout.
  @Test(arguments: [(true, Int64(10), false), (true, 60_000, true), (false, 10, true)])
  func `who waits for many answers and loses them at once has met no timeout`(
    waited: Bool, apart: Int64, isTimeout: Bool
  ) {
    var endings = IdleEndings()
    for number in 0..<14 {
      endings.note(
        silence: 19_700, isUnanswered: true, waitedForAnswer: waited, at: Int64(number) * apart)
    }
    #expect((endings.cluster(at: 14 * apart) != nil) == isTimeout)
  }

  @Test(arguments: [true, false])
  func `a request that has arrived waits, one that was answered or lost does not`(
    isInitiator: Bool
  ) {
    var row = Self.broken(1, silence: 0, sent: 0)
    row.info.bytesAcked = row.info.bytesSent + (isInitiator ? 1 : 0)
    (row.info.lastDataSent, row.info.lastDataReceived) =
      isInitiator ? (19_700, 40_000) : (40_000, 19_700)
    #expect(row.waitedForAnswer(isInitiator: isInitiator))
    #expect(row.isEndedByKeepAlive(.timedOut, isInitiator: isInitiator))
    #expect(!row.isEndedByKeepAlive(.aborted, isInitiator: isInitiator))
    row.info.bytesAcked -= 1
    #expect(!row.waitedForAnswer(isInitiator: isInitiator))
    #expect(!row.isEndedByKeepAlive(.timedOut, isInitiator: isInitiator))
    row.info.bytesAcked += 1
    swap(&row.info.lastDataSent, &row.info.lastDataReceived)
    #expect(!row.waitedForAnswer(isInitiator: isInitiator))
  }

  @Test func `answers that are cut off at once are no silence`() {
    #expect(finding((0..<40).map { Self.broken($0, silence: 300, sent: 5) }) == nil)
  }

  @Test func `it is over half an hour after the last`() {
    let rows = (0..<12).map { Self.broken($0, silence: 5_000, sent: 9) }
    #expect(finding(rows, later: 1_790_000) != nil)
    #expect(finding(rows, later: 1_800_000) == nil)
  }

  @Test func `a flood does not make it grow`() {
    var endings = IdleEndings()
    for number in 0..<1000 {
      endings.note(silence: 5_000 + UInt32(number % 7), isUnanswered: true, at: Int64(number))
    }
    #expect(endings.cluster(at: 1000)?.all == 64)
  }

  @Test func `what was sent again is no newer than its first time`() {
    var row = Self.broken(1, silence: 60_000, sent: 15_000)
    row.info.lastDataSent = 3_000
    row.info.retransmissionTimeout = 14_800
    #expect(row.silence(isInitiator: true) == 60_000)
  }

  /// A client's pool that resets what it does not need, as haproxy's does: nothing is lost thereby.
  @Test func `a server whose last answer has arrived has nothing in flight`() {
    var row = Self.broken(1, silence: 5_000, sent: 4_000)
    row.info.bytesAcked = row.info.bytesSent
    #expect(!row.isUnanswered(isInitiator: false))
    #expect(row.silence(isInitiator: false) == 4_000)
    row.info.bytesAcked -= 1
    #expect(row.isUnanswered(isInitiator: false))
    #expect(row.silence(isInitiator: false) == 5_000)
  }

  /// (ms that connections were silent and went on, events that end them) → whether that is a timeout.
  @Test(arguments: [
    (UInt32(5_500), 1, false), (5_500, 2, false), (5_500, 3, true), (2_000, 1, true),
    (2_000, 2, true), (0, 1, true),
  ])
  func `a pool that uses connections that seldom anyway loses them by a restart, not a timeout`(
    survived: UInt32, events: Int, isTimeout: Bool
  ) {
    var polls = ScriptedPolls { $0.linger = 3_600_000 }
    func open(silence: UInt32, answers: UInt64) -> [SocketRow] {
      (0..<12).map { number in
        Self.broken(number, silence: silence, sent: 0, unanswered: false).with {
          $0.state = .established
          $0.inode = UInt32(100 + number)
          $0.info.bytesReceived = 500 * answers
        }
      }
    }
    let holders = Dictionary(
      uniqueKeysWithValues: (0..<12).map { (UInt32(100 + $0), [Self.client]) })
    polls.poll([], holders: holders)
    polls.poll(open(silence: 100, answers: 1))
    polls.poll(open(silence: survived, answers: 1))
    polls.poll(open(silence: 900, answers: 2))
    for event in 0..<events {
      for number in event * 12 / events..<(event + 1) * 12 / events {
        polls.tracker.absorb(
          destroyed: Self.broken(number, silence: 6_000 + UInt32(number), sent: 9),
          at: polls.now + Int64(number) * 10)
      }
      polls.poll(
        Array(open(silence: 900, answers: 2).dropFirst((event + 1) * 12 / events)), after: 7_000)
    }
    polls.poll([])
    var report = polls.poll([])
    var diagnostics = Diagnostics()
    _ = diagnostics.diagnose(&report, at: polls.now, linger: 0)
    #expect(report.findings.contains { $0.kind == .idleTimeout } == isTimeout)
  }

  @Test func `a connection that nobody uses leaves the place in which it is watched`() {
    var silences = SurvivedSilences()
    var now: Int64 = 10_000_000
    silences.look(at: 4, silence: 1_790_000, received: 1_790_000, now: now)
    now += 20_000
    silences.look(at: 4, silence: 1_810_000, received: 1_810_000, now: now)
    silences.look(at: 8, silence: 4_000, received: 4_000, now: now)
    silences.look(at: 4, silence: 1_810_000, received: 1_810_000, now: now)
    now += 5_000
    silences.look(at: 8, silence: 100, received: 100, now: now)
    #expect(silences.longest(at: now, within: 60_000) == 4_000)
    #expect(silences.longest(at: now + 120_001, within: 60_000) == 0)
  }

  @Test func `the silence before resets and aborts is counted`() {
    let counters = report((0..<3).map { Self.broken($0, silence: 7_000, sent: 9) }).groups
      .compactMap(\.counters).first { $0.endedTotal > 0 }
    #expect(counters?.resetSilence.count == 3)
    #expect(counters?.resetSilence.sum == 21_000)
  }
}

/// The peers with which something goes wrong.
@Suite struct PeerTallyTests {
  private func address(_ number: Int) -> Address { Address(ipv4: UInt32(number)) }

  @Test func `the five worst are told, the worst first`() throws {
    var tally = PeerTally()
    for number in 1...7 { tally.note(address(number), UInt64(number), at: 100_000) }
    let worst = try #require(tally.worst(of: .failures, at: 100_000))
    #expect(worst.total == 28)
    #expect(worst.peers.map(\.count) == [7, 6, 5, 4, 3])
    #expect(worst.peers[0].address == address(7))
  }

  @Test func `a flood of peers leaves those that come often, never with too many`() throws {
    var tally = PeerTally()
    for number in 0..<10_000 {
      tally.note(address(number % 4 == 0 ? 1 : number + 10), at: 100_000)
    }
    let worst = try #require(tally.worst(of: .endings, at: 100_000))
    #expect(worst.total == 10_000)
    #expect(worst.peers.first?.address == address(1))
    #expect(worst.peers[0].count <= 2_500 && worst.peers[0].count > 1_500)
  }

  @Test func `trouble is forgotten after two minutes`() {
    var tally = PeerTally()
    tally.note(address(1), at: 100_000)
    tally.note(address(2), at: 170_000)
    #expect(tally.worst(of: .endings, at: 215_000)?.total == 2)
    #expect(tally.worst(of: .endings, at: 225_000)?.total == 1)
    #expect(tally.worst(of: .endings, at: 400_000) == nil)
  }
}

/// The time that sockets wait for retransmission timers.
@Suite struct RetransmissionTimeoutTests {
  private func row(_ waited: UInt32, _ state: TCPState = .established) -> SocketRow {
    .connection(40_000, 80, state, cookie: 3, inode: 20) {
      $0.info.hasBytesSent = true
      $0.info.bytesAcked = 1
      $0.info.segmentsIn = 1
      $0.info.retransmissionTimeout = waited
    }
  }

  private func waited(_ report: Report) -> UInt64 {
    report.groups.reduce(0) { $0 + ($1.counters?.retransmissionTimeout ?? 0) }
  }

  @Test func `it counts from the first report, to the end`() {
    var polls = ScriptedPolls()
    polls.poll([row(500)], holders: [20: [.process("p", pid: 1)]])
    #expect(waited(polls.poll([row(700)])) == 200)
    #expect(waited(polls.poll([row(700)])) == 200)
    polls.tracker.absorb(destroyed: row(1_700).destroyed())
    #expect(waited(polls.poll([])) == 1_200)
  }

  @Test func `of a new one all counts, also if no poll has seen it`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.poll([row(300)], holders: [20: [.process("p", pid: 1)]])
    #expect(waited(polls.poll([row(400)])) == 400)
    polls.tracker.absorb(destroyed: row(50).destroyed { $0.cookie = 9 })
    #expect(waited(polls.poll([row(400)])) == 450)
  }
}
