import Testing

@testable import SocketStates

/// The age and cause of a CLOSE-WAIT, and what is told of it.
@Suite struct CloseWaitTests {
  static let server = Owner.process("server.js", pid: 100, unit: "web.service")
  private let holders: [UInt32: [Owner]] = [10: [server], 11: [server]]

  private func row(
    _ state: TCPState = .closeWait, unread: UInt32 = 0, inode: UInt32 = 11, sinceACK: UInt32 = 0,
    sent: UInt64 = 0, remote: UInt16 = 40_000, cookie: UInt64 = 2
  ) -> SocketRow {
    .connection(80, remote, state, cookie: cookie, inode: inode) {
      $0.receiveQueue = unread
      $0.info.lastAckReceived = sinceACK
      $0.info.bytesSent = sent
    }
  }

  private let listener = SocketRow.listener(80, cookie: 1, inode: 10)

  private func gauges(_ report: Report) -> GroupGauges? {
    report.group("server.js", .inbound, 80)?.gauges
  }

  @Test func `one that is older than the daemon has its true age at the first poll`() {
    var polls = ScriptedPolls()
    let report = polls.poll([listener, row(sinceACK: 10_000)], holders: holders)
    #expect(gauges(report)?.closeWaitOldest == 10_000)
    #expect(gauges(polls.poll([listener, row(sinceACK: 15_000)]))?.closeWaitOldest == 15_000)
  }

  @Test func `one that is seen to begin counts from the FIN, as the kernel dates it`() {
    var polls = ScriptedPolls()
    polls.poll([listener, row(.established)], holders: holders)
    let report = polls.poll([listener, row(sinceACK: 2_000)])
    #expect(gauges(report)?.closeWaitOldest == 2_000)
  }

  @Test func `without tcp_info the age counts from the last look before`() {
    var polls = ScriptedPolls()
    polls.source = .procfs
    polls.poll([listener, row(.established)], holders: holders)
    let report = polls.poll([listener, row()])
    #expect((0...5_000).contains(gauges(report)?.closeWaitOldest ?? -1))
    #expect(gauges(polls.poll([listener, row()]))?.closeWaitOldest ?? 0 >= 5_000)
  }

  @Test func `one that still sends is no leak: its age starts again`() {
    var polls = ScriptedPolls()
    polls.poll([listener, row(sinceACK: 90_000, sent: 10)], holders: holders)
    let report = polls.poll([listener, row(sent: 20)])
    #expect(gauges(report)?.closeWaitOldest == 0)
    #expect(gauges(report)?.stuckTotal == 0)
  }

  @Test func `one that only retransmits is as old as it is`() {
    var polls = ScriptedPolls()
    polls.poll([listener, row(sinceACK: 90_000, sent: 10)], holders: holders)
    let again = row(sent: 20).with { $0.info.bytesRetransmitted = 10 }
    #expect(gauges(polls.poll([listener, again]))?.closeWaitOldest == 95_000)
  }

  static let causes: [(UInt32, UInt32, CloseWaitCause)] = [
    (0, 11, .notClosed), (1, 11, .endUnread), (2, 11, .dataUnread), (4_096, 11, .dataUnread),
    (0, 0, .notAccepted), (1, 0, .notAccepted), (500, 0, .notAccepted),
  ]

  @Test(arguments: causes)
  func `the cause is told by what is unread and who holds it`(
    unread: UInt32, inode: UInt32, cause: CloseWaitCause
  ) {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [listener, row(unread: unread, inode: inode, sinceACK: 61_000)], holders: holders)
    #expect(gauges(report)?.stuck[cause] == 1)
    #expect(gauges(report)?.stuckTotal == 1)
  }

  @Test func `it is stuck from the age that the user sets`() {
    var polls = ScriptedPolls { $0.stuckAfter = 30_000 }
    polls.poll([listener, row(sinceACK: 24_000)], holders: holders)
    #expect(gauges(polls.poll([listener, row()]))?.stuckTotal == 0)
    #expect(gauges(polls.poll([listener, row()], after: 1_000))?.stuckTotal == 1)
  }

  @Test func `the oldest few of each group are told one by one`() {
    var polls = ScriptedPolls()
    let rows = (0..<100).map { (index: Int) -> SocketRow in
      row(
        sinceACK: 61_000 + UInt32(index) * 1_000, remote: UInt16(40_000 + index),
        cookie: UInt64(10 + index))
    }
    let report = polls.poll([listener] + rows, holders: holders)
    #expect(
      report.stuckSockets.map(\.remote.port) == [40_099, 40_098, 40_097, 40_096, 40_095])
    #expect(report.stuckSockets.allSatisfy { $0.pid == 100 && $0.cause == .notClosed })
    #expect(report.stuckSockets.first?.age == 160_000)
  }

  @Test func `the processes that have them are named, once each`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [listener, row(), row(cookie: 3), .connection(1, 2, cookie: 4, inode: 20)],
      holders: holders.merging([20: [.process("other", pid: 7)]]) { $1 })
    #expect(report.namespaces[0].unclosedOwners == [Self.server])
    #expect(polls.poll([listener]).namespaces[0].unclosedOwners.isEmpty)
  }

  @Test func `a line at the start, at each power of two, and at the end`() {
    var polls = ScriptedPolls()
    var diagnostics = Diagnostics()
    var told: [UInt64] = []
    for count in [0, 1, 1, 2, 3, 4, 7, 3, 4, 8, 100, 100, 0, 0, 5] {
      let rows = (0..<count).map { (index: Int) -> SocketRow in
        row(sinceACK: 100_000, remote: UInt16(40_000 + index), cookie: UInt64(10 + index))
      }
      var report = polls.poll([listener] + rows, holders: holders)
      let events = diagnostics.diagnose(&report, at: polls.now, linger: 0)
      told += events.map(\.count)
      for event in events where event.count > 0 {
        #expect(event.oldest.count == min(3, count))
        #expect(event.causes.map(\.cause) == [.notClosed])
        #expect(event.causeText == "not_closed")
      }
      for event in events where event.count == 0 { #expect(event.peak == 100) }
    }
    #expect(told == [1, 2, 4, 8, 100, 0, 5])
  }

  @Test func `a line has the number of each cause`() {
    let group = { (cause: CloseWaitCause, count: UInt64) in
      Finding(
        .closeWait(cause), .fault,
        of: GroupLabels(process: "half.py", unit: "", direction: .inbound, port: 80),
        [.sockets(.closeWait, count)])
    }
    var report = Report(sequence: 1, time: 0, source: .sockDiag, namespaces: [])
    report.findings = [group(.endUnread, 7), group(.notAccepted, 13)]
    var log = FindingLog()
    let events = log.events(of: report)
    #expect(events.map(\.count) == [20])
    #expect(events.map(\.causeText) == ["not_accepted:13,end_unread:7"])
  }
}
