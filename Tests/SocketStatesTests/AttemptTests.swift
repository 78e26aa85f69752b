import Testing

@testable import SocketStates

/// Connection attempts whose failure leaves nothing in the kernel: shutdown() before close(), a blocking connect().
@Suite struct AttemptTests {
  private let holders: [UInt32: [Owner]] = [20: [.process("client.py", pid: 200)]]

  private func attempt(
    _ port: UInt16 = 40_001, retransmits: UInt32, state: TCPState = .synSent
  ) -> SocketRow {
    .connection(port, 443, state, cookie: 3, inode: 20) {
      $0.info.segmentsOut = 1 + retransmits
      $0.info.totalRetransmits = retransmits
    }
  }

  /// The destroy event of a socket that was disconnected.
  private var wiped: SocketRow {
    attempt(retransmits: 0).destroyed {
      $0.remote.port = 0
      $0.info = TCPInfo()
    }
  }

  private func failures(_ report: Report) -> [UInt64] {
    let counters = report.groups.filter { $0.labels.direction == .outbound }.compactMap(\.counters)
    return ConnectFailure.allCases.map { failure in
      counters.reduce(0) { $0 + $1.connectFailures[failure] }
    }
  }

  private static let once: [UInt64] = [0, 1, 0, 0]
  private static let never: [UInt64] = [0, 0, 0, 0]

  @Test(arguments: [true, false])
  func
    `an attempt that was seen to repeat and is gone is unanswered, once, with its event or without`(
      hasEvent: Bool
    )
  {
    var polls = ScriptedPolls()
    polls.poll([attempt(retransmits: 1)], holders: holders)
    if hasEvent { polls.tracker.absorb(destroyed: wiped) }
    for _ in 0..<4 { polls.poll([]) }
    #expect(failures(polls.poll([])) == Self.once)
  }

  @Test func `evidence in the event counts, and what polls saw does not count again`() {
    var polls = ScriptedPolls()
    polls.poll([attempt(retransmits: 1)], holders: holders)
    polls.tracker.absorb(destroyed: attempt(retransmits: 2).destroyed())
    for _ in 0..<4 { polls.poll([]) }
    #expect(failures(polls.poll([])) == Self.once)
  }

  @Test func `an attempt that never repeated is not guessed`() {
    var polls = ScriptedPolls()
    polls.poll([attempt(retransmits: 0)], holders: holders)
    polls.tracker.absorb(destroyed: wiped)
    #expect(failures(polls.poll([])) == Self.never)
  }

  @Test func `one that was established in the end did not fail`() {
    var polls = ScriptedPolls()
    polls.poll([attempt(retransmits: 1)], holders: holders)
    polls.poll([attempt(retransmits: 1, state: .established)])
    polls.tracker.absorb(destroyed: wiped)
    for _ in 0..<4 { polls.poll([]) }
    #expect(failures(polls.poll([])) == Self.never)
  }

  @Test
  func
    `a socket that is held after its attempt has failed counts once, at its next attempt and at its end`()
  {
    var polls = ScriptedPolls()
    polls.keepsDescriptors = true
    polls.poll([attempt(retransmits: 1)], holders: holders)
    for _ in 0..<4 { polls.poll([]) }
    #expect(failures(polls.poll([])) == Self.once)
    polls.poll([attempt(40_002, retransmits: 0)])
    polls.poll([attempt(40_002, retransmits: 2)])
    #expect(failures(polls.poll([attempt(40_003, retransmits: 0)])) == [0, 2, 0, 0])
    polls.tracker.absorb(destroyed: wiped)
    polls.poll([])
    #expect(failures(polls.poll([])) == [0, 2, 0, 0])
  }

  /// (repeats, doublings, ms until the next) → ms that it has waited.
  private static let ages: [(UInt8, UInt8, UInt32, Int64)] = [
    (0, 0, 1000, 0), (0, 0, 400, 600), (3, 0, 1000, 3_000), (5, 1, 2000, 5_000),
    (8, 4, 16_000, 19_000), (8, 4, 2_000, 33_000),
    // Without linear timeouts.
    (4, 4, 16_000, 15_000), (6, 6, 1_000, 126_000),
  ]

  @Test func `an attempt is as old as its SYN, whoever was looking when it began`() {
    for (repeats, doublings, expires, age) in Self.ages {
      var polls = ScriptedPolls()
      let row = attempt(retransmits: UInt32(repeats)).with {
        $0.timer = .retransmission
        $0.retransmits = repeats
        $0.expires = expires
        $0.info.backoff = doublings
      }
      let report = polls.poll([row], holders: holders)
      #expect(report.group("client.py", .outbound, 443)?.gauges.synSentOldest == age)
    }
  }
}
