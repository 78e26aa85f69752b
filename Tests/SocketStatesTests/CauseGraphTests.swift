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
    polls.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...49_999)
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

  /// An end of a connection between port 5432 and a client that broke `silence` ms after the last answer, with a request
  /// in flight; or that was idle when it broke.
  private func broken(_ number: Int, silence: UInt32, atServer: Bool = false, isIdle: Bool = false)
    -> SocketRow
  {
    let client = UInt16(44_000 + number)
    return .connection(
      atServer ? 5432 : client, atServer ? client : 5432, cookie: UInt64(700 + number),
      inode: atServer ? 31 : 21
    ) {
      $0.info.hasBytesSent = true
      $0.info.segmentsIn = 3
      $0.info.segmentsOut = 3
      $0.info.bytesSent = 100
      $0.info.bytesReceived = 500
      $0.info.bytesAcked = (atServer ? 100 : 101) - (isIdle ? 0 : 50)
      $0.info.lastDataSent = isIdle ? silence : 9
      $0.info.lastDataReceived = silence
    }
  }

  /// The findings after these have ended.
  private func findings(after ends: [SocketRow]) -> [Finding] {
    var polls = ScriptedPolls()
    let rows = [
      SocketRow.listener(5432, cookie: 1, inode: 30),
      .connection(43_000, 5432, cookie: 5, inode: 21),
    ]
    let before = polls.poll(rows + ends, holders: holders)
    for end in ends { polls.tracker.absorb(destroyed: end.destroyed(), at: polls.now + 1) }
    for _ in 0..<2 { polls.poll(rows) }
    return polls.poll(rows).findings(since: before)
  }

  @Test func `resets that an idle timeout explains are no fault of their own`() {
    let ends = (0..<12).map { broken($0, silence: 60_000) }
    #expect(
      told(findings(after: ends)) == [
        "nginx idle_timeout fault", "nginx connections_reset notice < nginx idle_timeout",
      ])
    // As many, and more, that were cut off at once.
    let others = (20..<40).map { broken($0, silence: 300) }
    #expect(
      Set(told(findings(after: ends + others))) == [
        "nginx idle_timeout fault", "nginx connections_reset fault",
      ])
  }

  @Test func `both ends of what breaks when idle are one fault, the one of who uses them`() {
    let ends = (0..<12).map { broken($0, silence: 60_000) }
    func servers(_ silence: UInt32) -> [SocketRow] {
      (100..<112).map { broken($0, silence: silence, atServer: true, isIdle: true) }
    }
    #expect(
      told(findings(after: ends + servers(61_000))).contains(
        "sink.py idle_timeout notice < nginx idle_timeout"))
    #expect(
      told(findings(after: ends + servers(90_000))).contains("sink.py idle_timeout notice"))
  }

  @Test func `a full listener is one fault, and what waits for it follows`() {
    #expect(
      told(findings([full, waiting, given])) == [
        "php-fpm accept_queue fault", "php-fpm close_wait notice < php-fpm accept_queue",
        "nginx connects_unanswered notice < php-fpm accept_queue",
      ])
  }

  @Test(arguments: [true, false])
  func `who is connected to a full listener that has dropped the handshake waits for it`(
    isFull: Bool
  ) {
    let connected = SocketRow.connection(40_001, 9000, cookie: 2, inode: 20) {
      $0.timer = .retransmission
      $0.retransmits = 3
      $0.expires = 8_000
      $0.sendQueue = 10
    }
    let halfOpen = SocketRow.connection(9000, 40_001, .synRecv, cookie: 3)
    let listener = SocketRow.listener(9000, cookie: 1, inode: 10, queue: isFull ? 6 : 1, limit: 5)
    let found = told(findings([listener, connected, halfOpen]))
    #expect(found.contains("php-fpm accept_queue fault") == isFull, "\(found)")
    #expect(
      found.contains("nginx dead_path notice < php-fpm accept_queue") == isFull, "\(found)")
    #expect(found.contains("nginx dead_path fault") == !isFull, "\(found)")
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

  /// The sink takes some of what it has every minute and a half; the relay's client has closed.
  @Test(arguments: [(progress: true, severity: "notice"), (progress: false, severity: "fault")])
  func `a relay that waits for a slow reader, and the reader, are no fault while it reads`(
    progress: Bool, severity: String
  ) {
    var rows = relay()
    rows[3].state = .closeWait
    var polls = ScriptedPolls()
    polls.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...49_999)
    polls.poll(rows, holders: holders)
    if progress { rows[5].info.bytesReceived = 5_000 }
    polls.poll(rows, after: 95_000)
    let found = told(Diagnosis.findings(in: polls.poll(rows, after: 5_000)))
    #expect(found.first == "sink.py unread_data \(severity)", "\(found)")
    #expect(found.contains { $0.hasPrefix("php-fpm close_wait notice <") }, "\(found)")
    #expect(found.count { $0.contains(" fault") } == (progress ? 0 : 1), "\(found)")
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

  /// nginx at port 8000, with as many clients that went away. The end of every other one is unread.
  private func proxied(_ clients: Int, for age: UInt32 = 90_000) -> [SocketRow] {
    [.listener(8000, cookie: 100, inode: 20)]
      + (0..<clients).map { number in
        .connection(
          8000, 42_000 + UInt16(number), .closeWait, cookie: 101 + UInt64(number), inode: 21
        ) {
          $0.receiveQueue = UInt32(number % 2)
          $0.info.lastAckReceived = age
        }
      }
  }

  /// nginx's connections to port 9000 that php-fpm has not accepted, both ends.
  private func queued(_ count: Int) -> [SocketRow] {
    (0..<count).flatMap { number in
      let (port, cookie) = (43_000 + UInt16(number), 200 + 2 * UInt64(number))
      return [
        SocketRow.connection(port, 9000, cookie: cookie, inode: 21),
        .connection(9000, port, cookie: cookie + 1) { $0.receiveQueue = 90 },
      ]
    }
  }

  @Test(arguments: [false, true])
  func `a proxy that keeps its clients while a full listener of this host keeps it is no leaker`(
    lists: Bool
  ) {
    #expect(
      told(findings([full, waiting] + queued(3) + proxied(4), lists: lists)) == [
        "php-fpm accept_queue fault", "nginx close_wait notice < php-fpm accept_queue",
        "nginx close_wait notice < php-fpm accept_queue",
        "nginx connects_unanswered notice < php-fpm accept_queue",
      ])
  }

  @Test func `from the proxy to the workers that read nothing, there is one fault`() {
    let workers = [11, 12].map { (inode: UInt32) in
      SocketRow.connection(9000, 40_000 + UInt16(inode), cookie: UInt64(inode), inode: inode) {
        $0.receiveQueue = 80
      }
    }
    let found = findings([full, waiting] + workers + queued(3) + proxied(4))
    #expect(found.first.map { told([$0]) } == ["php-fpm unread_data fault"])
    #expect(found.filter { $0.follows == nil }.count == 1)
    #expect(found.count { $0.severity == .fault } == 1)
    #expect(
      found.filter { $0.labels.process == "nginx" }.allSatisfy {
        $0.responsible == .peer && $0.isPassedOn
      })
  }

  @Test func `one that reads nothing, with room in its queue, is what the proxy waits for too`() {
    let rows: [SocketRow] = [
      .listener(9000, cookie: 1, inode: 10),
      .connection(43_000, 9000, cookie: 200, inode: 21),
      .connection(9000, 43_000, cookie: 201, inode: 11) { $0.receiveQueue = 90 },
    ]
    #expect(
      told(findings(rows + proxied(1))) == [
        "php-fpm unread_data fault", "nginx close_wait notice < php-fpm unread_data",
      ])
  }

  @Test func `more that is not closed than waits for others is a leak, whatever waits`() {
    let found = told(findings([full, waiting] + queued(3) + proxied(10)))
    #expect(
      found.filter { $0.hasPrefix("nginx close_wait") } == [
        "nginx close_wait fault", "nginx close_wait notice < nginx close_wait",
      ])
  }

  @Test func `what is not closed for longer than others have been waited for is a leak`() {
    let far = waiting.with {
      $0.local.address = Address(ipv4: 0xc000_0201)
      $0.remote.address = Address(ipv4: 0xc000_0209)
    }
    #expect(
      told(findings([far] + proxied(1, for: 90_000))) == [
        "nginx connects_unanswered fault", "nginx close_wait notice < nginx connects_unanswered",
      ])
    #expect(
      Set(told(findings([far] + proxied(1, for: 900_000)))) == [
        "nginx connects_unanswered fault", "nginx close_wait fault",
      ])
  }

  @Test func `connections of the same side are no relay's: one that is not closed is a leak`() {
    let pooled = SocketRow.connection(43_000, 6379, .closeWait, cookie: 300, inode: 21) {
      $0.info.lastAckReceived = 90_000
    }
    #expect(told(findings([full, waiting, pooled])).contains("nginx close_wait fault"))
  }

  @Test func `a queue is full because all that was accepted waits for others`() {
    let own = SocketRow.listener(8000, cookie: 300, inode: 20, queue: 6, limit: 5)
    let clients = { (count: UInt16) in
      // Six of them are in the queue.
      (0..<6 + count).map { number in
        SocketRow.connection(
          8000, 42_000 + number, cookie: 301 + UInt64(number), inode: number < 6 ? 0 : 21)
      }
    }
    // The process does not say which of its connections waits for which.
    let all = findings([full, own, waiting] + clients(1))
    #expect(
      told(all) == [
        "php-fpm accept_queue fault", "nginx connects_unanswered notice < php-fpm accept_queue",
        "nginx accept_queue notice < nginx connects_unanswered",
      ])
    #expect(all.last?.responsible == .peer)
    let some = told(findings([full, own, waiting] + clients(8)))
    #expect(some.contains("nginx accept_queue fault"))
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
