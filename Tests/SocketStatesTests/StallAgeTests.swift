import Testing

@testable import SocketStates

/// Since when a connection makes no progress, and when that is a fault.
@Suite struct StallAgeTests {
  private static let client = Owner.process("client.py", pid: 200)
  private let holders: [UInt32: [Owner]] = [20: [client]]

  private func row(
    unread: UInt32 = 0, received: UInt64 = 0, inode: UInt32 = 20,
    _ change: (inout SocketRow) -> Void = { _ in }
  ) -> SocketRow {
    .connection(40_000, 80, cookie: 3, inode: inode) {
      $0.receiveQueue = unread
      $0.info.bytesReceived = received
      change(&$0)
    }
  }

  private func gauges(_ report: Report) -> GroupGauges? {
    report.group("client.py", .outbound, 80)?.gauges
  }

  private func severities(_ report: Report) -> [Finding.Severity] {
    Diagnosis.findings(in: report).filter { $0.kind == .unreadData }.map(\.severity)
  }

  @Test func `a reader that stops is a notice, and a fault after a minute`() throws {
    var polls = ScriptedPolls()
    polls.poll([row(received: 500)], holders: holders, after: 600_000)
    #expect(severities(polls.poll([row(unread: 100, received: 600)])).isEmpty)
    for second in stride(from: Int64(5), through: 120, by: 5) {
      let report = polls.poll([row(unread: 100, received: 600)])
      #expect(gauges(report)?.stalledFor[.localReader] == UInt64(second * 1000))
      #expect(severities(report) == [second < 60 ? .notice : .fault])
    }
    #expect(severities(polls.poll([row(unread: 50, received: 600)])).isEmpty)
  }

  @Test func `who reads none of what it has accepted hangs, however many wait to be accepted`()
    throws
  {
    var polls = ScriptedPolls()
    let hung = SocketRow.connection(80, 40_000, cookie: 3, inode: 20) {
      $0.receiveQueue = 100
      $0.info.bytesReceived = 100
      $0.info.lastDataReceived = 70_000
    }
    let waiting = (0..<6).map { number in
      SocketRow.connection(80, UInt16(41_000 + number), cookie: UInt64(10 + number)) {
        $0.receiveQueue = 30
        $0.info.bytesReceived = 30
      }
    }
    let rows =
      [.listener(80, cookie: 1, inode: 10, queue: 6, limit: 128), hung] + waiting
    polls.poll(rows, holders: [10: [Self.client], 20: [Self.client]])
    let report = polls.poll(rows)
    let finding = try #require(
      Diagnosis.findings(in: report).first { $0.kind == .unreadData })
    #expect(finding.severity == .fault)
    guard case .stalled(.localReader, 1, of: 1) = finding.evidence[0],
      case .receiveQueue(100) = finding.evidence[2]
    else {
      Issue.record("\(finding.evidence)")
      return
    }
  }

  @Test(arguments: [SourceName.sockDiag, .procfs])
  func `a reader that makes progress is no fault however slow`(source: SourceName) {
    var polls = ScriptedPolls()
    polls.source = source
    polls.listsSockets = true
    var rates: [UInt64] = []
    for poll in 0..<60 {
      // 1000 bytes every ten seconds; on procfs only a queue that falls tells.
      let read = UInt32(poll / 2) * 1000
      let report = polls.poll([row(unread: 100_000 - read, received: 100_000)], holders: holders)
      #expect(!severities(report).contains(.fault))
      rates += (report.sockets ?? []).compactMap(\.rate)
    }
    // 29 times in 295 seconds. Queues alone do not tell how much came meanwhile.
    #expect(rates.last == (source == .sockDiag ? 98 : nil))
  }

  @Test func `who still reads after the end of the stream has not left it open`() {
    var polls = ScriptedPolls { $0.stuckAfter = 60_000 }
    for poll in 0..<60 {
      let unread = UInt32(1_000_000 - poll / 4 * 10_000)
      let report = polls.poll(
        [row(unread: unread, received: 1_000_001) { $0.state = .closeWait }], holders: holders)
      #expect(gauges(report)?.stuck[.dataUnread] == 0)
    }
    for _ in 0..<14 {
      polls.poll([row(unread: 700_000, received: 1_000_001) { $0.state = .closeWait }])
    }
    let report = polls.poll([row(unread: 700_000, received: 1_000_001) { $0.state = .closeWait }])
    #expect(gauges(report)?.stuck[.dataUnread] == 1)
  }

  /// curl --limit-rate reads megabytes at once, and then nothing until that was not too fast.
  @Test(arguments: [(UInt32(1_000_000), Int64(60)), (5_000_000, 100), (1_000_000_000, 180)])
  func `who has read much at once has time until it reads again`(read: UInt32, overdue: Int64) {
    var polls = ScriptedPolls()
    polls.poll([row()], holders: holders)
    polls.poll([row(unread: 100, received: 200)], after: 1_000)
    let received = UInt64(read) + 200
    #expect(severities(polls.poll([row(unread: 100, received: received)], after: 1_000)).isEmpty)
    for second in stride(from: Int64(5), through: 200, by: 5) {
      let report = polls.poll([row(unread: 100, received: received)])
      #expect(severities(report) == [second < overdue ? .notice : .fault])
    }
  }

  @Test func `who pauses for long and reads again has as long the next time`() {
    var polls = ScriptedPolls()
    var last: [Finding.Severity] = []
    for poll in 0..<60 {
      let read = UInt32(poll / 18) * 1000
      last = severities(
        polls.poll([row(unread: 100_000 - read, received: 100_000)], holders: holders))
      if poll > 18 { #expect(last != [.fault]) }
    }
  }

  @Test func `what nobody saw begin is told as a lower bound`() throws {
    var polls = ScriptedPolls()
    polls.listsSockets = true
    let never = row(unread: 100, received: 100) { $0.info.lastDataReceived = 70_000 }
    polls.poll([never], holders: holders)
    let report = polls.poll([never])
    let socket = try #require(report.sockets?.first)
    #expect(socket.stalledFor == 75_000)
    #expect(socket.isStalledAtLeast)
    #expect(severities(report) == [.fault])
    let finding = try #require(Diagnosis.findings(in: report).first)
    #expect(
      finding.evidence.contains {
        if case .oldest(75_000, isAtLeast: true) = $0 { true } else { false }
      })
  }

  @Test func `if some was read before, nothing is known of how long that is ago`() {
    var polls = ScriptedPolls()
    let some = row(unread: 100, received: 900) { $0.info.lastDataReceived = 70_000 }
    polls.poll([some], holders: holders)
    #expect(gauges(polls.poll([some]))?.stalledFor[.localReader] == 5_000)
  }

  @Test func `a timer that has backed off tells how long at least nothing was acknowledged`() {
    var polls = ScriptedPolls()
    let dead = row {
      $0.timer = .retransmission
      $0.retransmits = 3
      $0.expires = 8_000
      $0.sendQueue = 10
    }
    #expect(gauges(polls.poll([dead], holders: holders))?.stalledFor[.retransmission] == 7_000)
    let later = polls.poll([dead])
    #expect(gauges(later)?.stalledFor[.retransmission] == 12_000)
    #expect(Diagnosis.findings(in: later).map(\.severity) == [.notice])
    let fault = polls.poll([dead], after: 50_000)
    #expect(Diagnosis.findings(in: fault).map(\.severity) == [.fault])
  }

  @Test func `a window that opens now and then begins anew each time`() {
    var polls = ScriptedPolls()
    for poll in 0..<30 {
      let report = polls.poll(
        [
          row {
            $0.timer = .zeroWindowProbe
            $0.sendQueue = 10
            $0.info.bytesAcked = UInt64(poll / 2)
          }
        ], holders: holders)
      #expect(gauges(report)?.stalled[.peerWindow] == 1)
      #expect(gauges(report)?.stallsOverdue[.peerWindow] == 0)
    }
  }

  @Test func `what nobody has accepted has no reader`() {
    var polls = ScriptedPolls()
    for _ in 0..<3 {
      let report = polls.poll([
        .listener(80, cookie: 1, inode: 10),
        .connection(80, 40_000, cookie: 2) { $0.receiveQueue = 100 },
      ])
      #expect(report.groups.allSatisfy { $0.gauges.stalled[.localReader] == 0 })
    }
  }

  @Test func `a dump that breaks off forgets no stall, and another socket does not inherit one`() {
    var polls = ScriptedPolls()
    let stalled = row(unread: 100, received: 600)
    polls.poll([row(received: 500)], holders: holders)
    polls.poll([stalled])
    polls.poll([stalled])
    polls.brokenPoll([stalled])
    #expect(gauges(polls.poll([stalled]))?.stalledFor[.localReader] == 15_000)
    polls.tracker.absorb(destroyed: stalled.destroyed())
    let other = SocketRow.connection(40_001, 80, cookie: 4, inode: 20) { $0.receiveQueue = 100 }
    polls.poll([other], holders: holders)
    #expect(gauges(polls.poll([other]))?.stalledFor[.localReader] == 5_000)
  }

  /// Segments with payload between two polls, and retransmissions of them, with the bytes of these.
  @Test(arguments: [
    (UInt32(33), UInt32(157), UInt64(0), UInt64(0)), (33, 7, 700, 7), (33, 157, 100, 33),
  ])
  func `what is sent again is counted of what was sent: a SYN is no data segment`(
    sent: UInt32, again: UInt32, bytes: UInt64, counted: UInt64
  ) {
    var polls = ScriptedPolls()
    polls.poll([row { $0.info.hasBytesSent = true }], holders: holders)
    let report = polls.poll([
      row {
        $0.info.hasBytesSent = true
        $0.info.dataSegmentsOut = sent
        $0.info.totalRetransmits = again
        $0.info.bytesSent = 5000
        $0.info.bytesRetransmitted = bytes
      }
    ])
    let counters = report.group("client.py", .outbound, 80)?.counters
    #expect(counters?.retransmittedSegments == UInt64(again))
    #expect(counters?.retransmittedDataSegments == counted)
  }

  /// A slow reader acknowledges late; a tail loss probe repeats the segment, and its duplicate SACK says so.
  @Test(arguments: [(UInt32(9), false), (6, true), (10, true), (200, true)])
  func `what the peer had already was not lost`(duplicates: UInt32, isLoss: Bool) {
    var polls = ScriptedPolls()
    polls.poll([row { $0.info.hasBytesSent = true }], holders: holders)
    let report = polls.poll([
      row {
        $0.info.hasBytesSent = true
        $0.info.dataSegmentsOut = 50
        $0.info.totalRetransmits = 9
        $0.info.dsackDuplicates = duplicates
        $0.info.bytesSent = 5000
        $0.info.bytesRetransmitted = 900
      }
    ])
    let counters = report.group("client.py", .outbound, 80)?.counters
    // More duplicates than retransmissions are the path's own.
    #expect(counters?.spuriousRetransmissions == UInt64(duplicates > 9 ? 0 : duplicates))
    #expect(counters?.hasLoss == isLoss)
  }

  @Test func `once a path was seen to duplicate, no retransmission is taken for spurious any more`()
  {
    var polls = ScriptedPolls()
    polls.poll([row { $0.info.hasBytesSent = true }], holders: holders)
    var counted: [UInt64?] = []
    for (again, duplicates) in [(UInt32(4), UInt32(3)), (9, 12), (20, 15), (30, 31)] {
      let report = polls.poll([
        row {
          $0.info.hasBytesSent = true
          $0.info.dataSegmentsOut = 100
          $0.info.totalRetransmits = again
          $0.info.dsackDuplicates = duplicates
        }
      ])
      counted.append(
        report.group("client.py", .outbound, 80)?.counters?.spuriousRetransmissions)
    }
    #expect(counted == [3, 3, 3, 3])
  }

  @Test(arguments: [
    (UInt32(12), UInt32(5), Finding.Severity.fault, UInt64(20)), (12, 11, .notice, 20),
    (2, 11, .notice, 20), (1, 5, .fault, 0),
  ])
  func `segments that overtake each other are told beside what is lost`(
    reorderings: UInt32, duplicates: UInt32, severity: Finding.Severity, reordered: UInt64
  ) throws {
    var polls = ScriptedPolls()
    let before = polls.poll([row { $0.info.hasBytesSent = true }], holders: holders)
    var report = polls.poll([
      row {
        $0.info.hasBytesSent = true
        $0.info.dataSegmentsOut = 100
        $0.info.totalRetransmits = 20
        $0.info.dsackDuplicates = duplicates
        $0.info.reorderings = reorderings
        $0.info.bytesSent = 5000
        $0.info.bytesRetransmitted = 900
      }
    ])
    report.baseline = CounterBaseline(before, isFirst: false)
    let finding = try #require(Diagnosis.findings(in: report).first { $0.kind == .loss })
    #expect(finding.severity == severity)
    guard case .retransmitted(20, of: 100, _, reordered: reordered, _) = finding.evidence.first
    else {
      Issue.record("\(finding.evidence)")
      return
    }
  }
}
