import Testing

@testable import SocketStates

/// What follows from what: one cause is one fault.
@Suite struct CauseGraphTests {
  private static let proxy = Owner.process("nginx", pid: 200)
  private static let backend = Owner.process("php-fpm", pid: 100)
  private static let sink = Owner.process("sink.py", pid: 300)
  private let holders: [UInt32: [Owner]] = [
    10: [backend], 11: [backend], 12: [backend], 20: [proxy], 21: [proxy], 30: [sink], 31: [sink],
  ]

  /// `php-fpm accept_queue fault`, with what it follows from behind a `<`.
  private func told(_ findings: [Finding]) -> [String] {
    findings.map { finding in
      "\(finding.labels.process) \(finding.kind.label) \(finding.severity.label)"
        + (finding.follows.map { " < \($0.labels.process) \($0.kind.label)" } ?? "")
    }
  }

  private func findings(
    _ rows: [SocketRow], after: Int64 = 100_000, lists: Bool = false,
    _ change: (inout Report) -> Void = { _ in }
  ) -> [Finding] {
    var polls = ScriptedPolls()
    polls.listsSockets = lists
    polls.poll(rows, holders: holders)
    var report = polls.poll(rows, after: after)
    change(&report)
    return Diagnosis.findings(in: report)
  }

  private let full = SocketRow.listener(9000, cookie: 1, inode: 10, queue: 6, limit: 5)
  private let waiting = SocketRow.connection(40_000, 9000, .synSent, cookie: 2, inode: 20)
  private let given = SocketRow.connection(9000, 40_001, .closeWait, cookie: 3) {
    $0.receiveQueue = 90
    $0.info.lastAckReceived = 300_000
  }

  @Test func `a full listener is one fault, and what waits for it follows`() {
    #expect(
      told(findings([full, waiting, given])) == [
        "php-fpm accept_queue fault", "php-fpm close_wait notice < php-fpm accept_queue",
        "nginx connects_unanswered notice < php-fpm accept_queue",
      ])
  }

  @Test func `workers that read nothing are the cause of the full listener`() {
    let worker = SocketRow.connection(9000, 40_002, cookie: 4, inode: 11) { $0.receiveQueue = 80 }
    #expect(
      told(findings([full, waiting, given, worker])) == [
        "php-fpm unread_data fault", "php-fpm accept_queue notice < php-fpm unread_data",
        "php-fpm close_wait notice < php-fpm accept_queue",
        "nginx connects_unanswered notice < php-fpm accept_queue",
      ])
  }

  @Test func `a process without descriptors does not accept, and a leak is why`() {
    let leaked = (0..<3).map { index in
      SocketRow.connection(
        9000, 41_000 + UInt16(index), .closeWait, cookie: 50 + UInt64(index), inode: 12
      ) { $0.info.lastAckReceived = 90_000 }
    }
    let found = findings([full, given] + leaked) {
      $0.descriptors = [DescriptorReport(process: "php-fpm", unit: "", open: 8, limit: 8)]
    }
    #expect(
      told(found) == [
        "php-fpm close_wait fault", "php-fpm descriptors notice < php-fpm close_wait",
        "php-fpm accept_queue notice < php-fpm descriptors",
        "php-fpm close_wait notice < php-fpm accept_queue",
      ])
  }

  @Test func `a full listener of this host is to blame also if no attempt is left to be seen`() {
    let established = SocketRow.connection(40_005, 9000, cookie: 5, inode: 21)
    var polls = ScriptedPolls()
    polls.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...49_999)
    let before = polls.poll([full, established], holders: holders)
    let failed = SocketRow.connection(40_006, 9000, .synSent, cookie: 6, inode: 20)
    polls.poll([full, established, failed], holders: holders, after: 100)
    polls.tracker.absorb(
      destroyed: failed.with {
        $0.info.segmentsOut = 3
        $0.info.totalRetransmits = 2
      }.destroyed())
    let report = polls.poll([full, established])
    #expect(
      told(report.findings(since: before)) == [
        "php-fpm accept_queue fault", "nginx connects_unanswered notice < php-fpm accept_queue",
      ])
  }

  /// client 40_010 → 9000 of php-fpm, which passes on to 7000 of sink.py.
  private func relay(to sink: Address = Address(ipv4: 0x7f00_0001)) -> [SocketRow] {
    let shut = { (row: inout SocketRow) in
      row.timer = .zeroWindowProbe
      row.sendQueue = 1000
    }
    return [
      .listener(9000, cookie: 1, inode: 10), .listener(7000, cookie: 9, inode: 30),
      .connection(40_010, 9000, cookie: 2, inode: 20, shut),
      .connection(9000, 40_010, cookie: 3, inode: 11) { $0.receiveQueue = 100 },
      .connection(40_020, 7000, cookie: 4, inode: 12) {
        shut(&$0)
        $0.remote.address = sink
        $0.local.address = sink
      },
      .connection(7000, 40_020, cookie: 5, inode: 31) {
        $0.receiveQueue = 100
        $0.remote.address = sink
        $0.local.address = sink
      },
    ]
  }

  @Test(arguments: [false, true])
  func `who only passes a jam on follows from the one that does not read`(lists: Bool) {
    #expect(
      told(findings(relay(), lists: lists)) == [
        "sink.py unread_data fault", "php-fpm peer_not_reading notice < sink.py unread_data",
        "php-fpm unread_data notice < php-fpm peer_not_reading",
        "nginx peer_not_reading notice < php-fpm unread_data",
      ])
  }

  @Test func `who does not read because its own connects get no answer follows from these`() {
    let client = SocketRow.connection(8000, 40_010, cookie: 7, inode: 21) { $0.receiveQueue = 100 }
    let own = SocketRow.listener(8000, cookie: 8, inode: 20)
    #expect(
      told(findings([full, own, client, waiting])) == [
        "php-fpm accept_queue fault", "nginx connects_unanswered notice < php-fpm accept_queue",
        "nginx unread_data notice < nginx connects_unanswered",
      ])
  }

  @Test func `a jam that a far peer makes is no fault of this host`() {
    let rows = relay(to: Address(ipv4: 0xc000_0209)).filter { $0.cookie != 5 && $0.cookie != 9 }
      .map { row in
        row.with { if $0.cookie == 4 { $0.local.address = Address(ipv4: 0xc000_0201) } }
      }
    let found = findings(rows)
    #expect(found.allSatisfy { $0.severity == .notice })
    #expect(
      told(found).first { $0.hasPrefix("php-fpm unread_data") }
        == "php-fpm unread_data notice < php-fpm peer_not_reading")
  }

  @Test func `two that wait for each other are cut, and stay a fault`() {
    let shut = { (row: inout SocketRow) in
      row.timer = .zeroWindowProbe
      row.sendQueue = 1000
    }
    let found = findings([
      .listener(9000, cookie: 1, inode: 10), .listener(7000, cookie: 2, inode: 30),
      .connection(40_010, 9000, cookie: 3, inode: 31, shut),
      .connection(9000, 40_010, cookie: 4, inode: 11) { $0.receiveQueue = 100 },
      .connection(40_020, 7000, cookie: 5, inode: 12, shut),
      .connection(7000, 40_020, cookie: 6, inode: 31) { $0.receiveQueue = 100 },
    ])
    #expect(found.count == 4)
    #expect(found.count { $0.severity == .fault } == 1)
    #expect(found.count { $0.follows == nil } == 1)
  }

  @Test func `one process apart from the others of its name has its own sockets only`() throws {
    var polls = ScriptedPolls()
    polls.listsSockets = true
    let other = Owner.process("php-fpm", pid: 101)
    let rows: [SocketRow] = [
      .listener(9000, cookie: 1, inode: 10),
      .connection(9000, 40_001, .closeWait, cookie: 2, inode: 11) {
        $0.info.lastAckReceived = 90_000
      },
      .connection(9000, 40_002, cookie: 3, inode: 12),
      .connection(9000, 40_003, cookie: 4, inode: 13) { $0.receiveQueue = 7 },
    ]
    let holders: [UInt32: [Owner]] = [
      10: [Self.backend], 11: [Self.backend], 12: [other], 13: [other],
    ]
    polls.poll(rows, holders: holders)
    let report = polls.poll(rows, after: 100_000)
    #expect(report.groups.count == 1)
    let apart = report.singlingOut(101)
    let own = try #require(apart.groups.first { $0.labels.pid == 101 })
    #expect(own.gauges.sockets.total == 2)
    #expect(own.gauges.sockets[.closeWait] == 0)
    #expect(apart.findings.filter { $0.labels.pid == 101 }.map(\.kind) == [.unreadData])
    #expect(apart.findings.filter { $0.labels.pid == nil }.map(\.kind) == [.closeWait(.notClosed)])
    #expect(apart.groups.first { $0.labels.pid == nil }?.gauges.sockets.total == 2)
  }
}
