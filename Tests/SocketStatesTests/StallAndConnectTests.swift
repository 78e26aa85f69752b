import Testing

@testable import SocketStates

/// Who holds a connection up, and how connects fail.
@Suite struct StallAndConnectTests {
  static let client = Owner.process("client.py", pid: 200)
  private let holders: [UInt32: [Owner]] = [20: [client]]

  private func row(
    _ state: TCPState = .established, _ change: (inout SocketRow) -> Void = { _ in }
  ) -> SocketRow { .connection(40_000, 80, state, cookie: 3, inode: 20, change) }

  private func group(_ report: Report) -> GroupReport? { report.group("client.py", .outbound, 80) }

  @Test(arguments: [
    (SocketTimer.zeroWindowProbe, UInt8(0), Stall?.some(.peerWindow)),
    (.zeroWindowProbe, 1, .peerWindow),
    (.zeroWindowProbe, 2, .retransmission),
    (.retransmission, 1, .retransmission),
    (.retransmission, 0, nil),
    (.keepalive, 1, nil),
    (.keepalive, 2, .retransmission),
    (.off, 0, nil),
  ])
  func `timers tell a stall`(timer: SocketTimer, retransmits: UInt8, stall: Stall?) {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [
        row {
          $0.timer = timer
          $0.retransmits = retransmits
        }
      ], holders: holders)
    for each in Stall.allCases {
      #expect(group(report)?.gauges.stalled[each] == (each == stall ? 1 : 0))
    }
  }

  /// (the peer's window, what is unsent) → what it waits for.
  @Test(arguments: [
    (UInt32(65_536), UInt32(100), Stall?.none),  // TCP_CORK
    (1_448, 90_000, nil),
    (1_447, 90_000, .peerWindow),
    (99, 100, .peerWindow),
    (0, 100, .peerWindow),
  ])
  func `a window with room for the next segment keeps nothing back`(
    window: UInt32, unsent: UInt32, stall: Stall?
  ) {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [
        row {
          $0.timer = .zeroWindowProbe
          $0.sendQueue = unsent
          $0.info.sendMSS = 1_448
          $0.info.sendWindow = window
        }
      ], holders: holders)
    #expect(group(report)?.gauges.stalled[.peerWindow] == (stall == nil ? 0 : 1))
    #expect(group(report)?.gauges.stalled[.retransmission] == 0)
  }

  @Test func `a reader that hangs is told before keep-alive probes in vain`() {
    var polls = ScriptedPolls()
    let hanging = row {
      $0.timer = .keepalive
      $0.retransmits = 5
      $0.receiveQueue = 10
    }
    polls.poll([hanging], holders: holders)
    let report = polls.poll([hanging])
    #expect(group(report)?.gauges.stalled[.localReader] == 1)
    #expect(group(report)?.gauges.stalled[.retransmission] == 0)
  }

  @Test func `a SYN-SENT that backs off is no stalled connection`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [
        row(.synSent) {
          $0.timer = .retransmission
          $0.retransmits = 3
        }
      ], holders: holders)
    #expect(group(report)?.gauges.stalled[.retransmission] == 0)
  }

  /// (unread before, unread now, received in between) → whether the local reader is to blame.
  static let readers: [(UInt32, UInt32, UInt64, Bool)] = [
    (0, 100, 100, false),  // new data
    (100, 100, 0, true),  // nothing moves
    (100, 300, 200, true),  // more came, nothing was read
    (100, 300, 900, false),  // it reads, but slower than data come
    (100, 50, 0, false),  // it reads
    (100, 0, 0, false),
  ]

  @Test(arguments: readers)
  func `the local reader stalls when it reads nothing`(
    before: UInt32, now: UInt32, received: UInt64, isStalled: Bool
  ) {
    var polls = ScriptedPolls()
    polls.poll([row { $0.receiveQueue = before }], holders: holders)
    let report = polls.poll(
      [
        row {
          $0.receiveQueue = now
          $0.info.bytesReceived = received
        }
      ])
    #expect(group(report)?.gauges.stalled[.localReader] == (isStalled ? 1 : 0))
  }

  @Test func `an unread FIN is no unread byte`() {
    var polls = ScriptedPolls()
    polls.poll([row(.closeWait) { $0.receiveQueue = 1 }], holders: holders)
    let report = polls.poll([row(.closeWait) { $0.receiveQueue = 1 }])
    #expect(group(report)?.gauges.stalled[.localReader] == 0)
  }

  @Test func `the longest-waiting connect`() {
    var polls = ScriptedPolls()
    polls.poll([row(.synSent)], holders: holders)
    #expect(group(polls.poll([row(.synSent)]))?.gauges.synSentOldest == 5_000)
    #expect(group(polls.poll([row()]))?.gauges.synSentOldest == nil)
  }

  /// (retransmissions, segments in) of a connect that failed.
  static let failures: [(UInt32, UInt32, ConnectFailure)] = [
    (0, 1, .refused), (2, 1, .refused), (3, 0, .unanswered), (1, 0, .unanswered),
    (0, 0, .abandoned),
  ]

  @Test(arguments: failures)
  func `the final counters of a connect tell how it failed`(
    retransmits: UInt32, segmentsIn: UInt32, failure: ConnectFailure
  ) {
    var polls = ScriptedPolls()
    polls.poll([row(.synSent)], holders: holders)
    let end = row {
      $0.info.segmentsOut = 1 + retransmits
      $0.info.totalRetransmits = retransmits
      $0.info.segmentsIn = segmentsIn
    }.destroyed()
    polls.tracker.absorb(destroyed: end)
    let report = polls.poll([])
    for each in ConnectFailure.allCases {
      #expect(group(report)?.counters?.connectFailures[each] == (each == failure ? 1 : 0))
    }
  }

  @Test func `a connection that was up did not fail to connect`() {
    var polls = ScriptedPolls()
    polls.poll([row()], holders: holders)
    polls.tracker.absorb(
      destroyed: row {
        $0.info.segmentsOut = 5
        $0.info.segmentsIn = 5
      }.destroyed())
    let counters = group(polls.poll([]))?.counters
    #expect(ConnectFailure.allCases.allSatisfy { counters?.connectFailures[$0] == 0 })
  }

  @Test func `a connect that no poll saw is counted for its port`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.absorb(
      destroyed: row {
        $0.info.segmentsOut = 1
        $0.info.segmentsIn = 1
      }.destroyed())
    let report = polls.poll([])
    #expect(
      report.group("unknown", .outbound, 80)?.counters?.connectFailures[.refused] == 1)
  }

  @Test func `what the kernel has wiped is not guessed`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.absorb(
      destroyed: row {
        $0.remote = Endpoint(address: .anyIPv4, port: 0)
        // None ever came: the kernel counts from the host's start.
        $0.info.lastAckReceived = 90_000_000
      }.destroyed())
    polls.tracker.absorb(destroyed: row { $0.hasInfo = false }.destroyed())
    #expect(polls.poll([]).groups.isEmpty)
  }

  @Test func `a short connection is no failed connect`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.absorb(
      destroyed: row {
        $0.info.segmentsOut = 4
        $0.info.segmentsIn = 4
        $0.info.bytesAcked = 1
      }.destroyed())
    let counters = polls.poll([]).group("unknown", .outbound, 80)?.counters
    #expect(counters?.connectFailures[.refused] == 0)
  }

  @Test func `destinations with the most connects and closed connections`() {
    var polls = ScriptedPolls { $0.destinations = 2 }
    func rows(_ port: UInt16, _ state: TCPState, _ count: Int) -> [SocketRow] {
      (0..<count).map { index in
        let cookie = UInt64(port) * 100_000 + UInt64(index) + 1
        return SocketRow.connection(UInt16(40_000 + index), port, state, cookie: cookie)
      }
    }
    var all = rows(1, .synSent, 3)
    all += rows(2, .timeWait, 5)
    all += rows(3, .timeWait, 1)
    all += rows(4, .established, 50)
    let report = polls.poll(all)
    #expect(report.destinations.map(\.destination.port) == [2, 1])
    #expect(report.destinations.map(\.timeWait) == [5, 0])
    #expect(report.destinations.map(\.synSent) == [0, 3])
    polls.poll(rows(1, .established, 3))
    #expect(polls.poll(rows(1, .established, 3)).destinations.isEmpty)
  }

  @Test func `among equal destinations the choice is always the same`() {
    var polls = ScriptedPolls { $0.destinations = 3 }
    polls.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...40_999)
    let rows = (1...20).map { (port: UInt16) -> SocketRow in
      .connection(40_000 + port, port, .timeWait, cookie: UInt64(port))
    }
    for order in [rows, rows.reversed(), rows.shuffled()] {
      let report = polls.poll(order)
      #expect(report.destinations.map(\.destination.port) == [1, 2, 3])
      #expect(report.ephemeralPorts.map(\.destination?.port) == [1, 2, 3])
    }
  }

  @Test func `ephemeral ports in use, TIME-WAIT included, those outside the range not`() {
    var polls = ScriptedPolls()
    polls.tracker.ephemeralPorts = EphemeralPorts(
      ports: 40_000...40_999, reserved: [40_990...41_000])
    let rows = (0..<900).map { (index: UInt16) -> SocketRow in
      let state = index.isMultiple(of: 2) ? TCPState.established : .timeWait
      return .connection(40_000 + index, 80, state, cookie: UInt64(index) + 1)
    }
    let outside = SocketRow.connection(50_000, 80, cookie: 5_000)
    let report = polls.poll(rows + [outside])
    #expect(report.ephemeralPorts.count == 1)
    #expect(report.ephemeralPorts[0].used == 900)
    #expect(report.ephemeralPorts[0].limit == 990)
    polls.poll([outside])
    #expect(polls.poll([outside]).ephemeralPorts.isEmpty)
  }
}
