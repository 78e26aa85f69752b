import Testing

@testable import SocketStates

/// Polls that leave out established connections.
@Suite struct LightPollTests {
  private static let server = Owner.process("nginx", pid: 7)
  private static let client = Owner.process("curl", pid: 8)
  private static let listener = SocketRow.listener(80, cookie: 1, inode: 10)

  private static func inbound(
    _ cookie: UInt64, _ state: TCPState = .established,
    _ change: (inout SocketRow) -> Void = { _ in }
  ) -> SocketRow {
    .connection(80, UInt16(40_000 + cookie), state, cookie: cookie, inode: UInt32(10 + cookie)) {
      $0.info.bytesReceived = 1
      change(&$0)
    }
  }

  /// Polls once, in which two connections to nginx are established.
  private static func begun(_ extra: [SocketRow] = []) -> ScriptedPolls {
    var polls = ScriptedPolls()
    var holders: [UInt32: [Owner]] = [10: [server]]
    for inode in 11...30 { holders[UInt32(inode)] = [server] }
    for inode in 31...40 { holders[UInt32(inode)] = [client] }
    polls.host.established = 2
    polls.poll([listener, inbound(2), inbound(3)] + extra, holders: holders)
    polls.isLight = true
    return polls
  }

  @Test func `an established connection that is not read stays what it was`() throws {
    var polls = Self.begun()
    for _ in 1...120 {
      let report = polls.poll([Self.listener, Self.inbound(2), Self.inbound(3)])
      #expect(report.counts(.established) == ["nginx/inbound/80": 2])
      #expect(report.trackedSockets == 3)
      expect(polls.asked.isEmpty)
    }
    polls.isLight = false
    let report = polls.poll([Self.listener, Self.inbound(2), Self.inbound(3)])
    #expect(report.counts(.established) == ["nginx/inbound/80": 2])
    let counters = try #require(report.group("nginx", .inbound, 80)?.counters)
    #expect(counters.opened == 0 && counters.allEnded == 0)
  }

  @Test func `the age of what is shown is told, and the correction of the next whole poll`() {
    var polls = Self.begun()
    polls.poll([Self.listener])
    let report = polls.poll([Self.listener])
    #expect(report.fullPollAge == 10_000)
    polls.isLight = false
    let whole = polls.poll([Self.listener, Self.inbound(2), Self.inbound(3), Self.inbound(4)])
    #expect(whole.fullPollAge == 0 && whole.fullPollCorrection == 1)
  }

  @Test
  func `a connection that was established and waits for close moves at once, with its queues`()
    throws
  {
    var polls = Self.begun([Self.inbound(4) { $0.receiveQueue = 100 }])
    polls.host.established = 2
    let rows = [
      Self.listener, Self.inbound(2), Self.inbound(3),
      Self.inbound(4, .closeWait) { $0.receiveQueue = 101 },
    ]
    let report = polls.poll(rows)
    #expect(report.counts(.established) == ["nginx/inbound/80": 2])
    #expect(report.counts(.closeWait) == ["nginx/inbound/80": 1])
    let gauges = try #require(report.group("nginx", .inbound, 80)?.gauges)
    #expect(gauges.receiveQueue == 101)
    #expect(report.trackedSockets == 4)
    for _ in 1...20 { polls.poll(rows) }
    let stuck = try #require(polls.poll(rows).stuckSockets.first)
    #expect(stuck.labels.process == "nginx" && stuck.age >= 100_000)
  }

  @Test func `an event ends a connection between whole polls`() throws {
    var polls = Self.begun()
    polls.host.established = 1
    polls.tracker.absorb(destroyed: Self.inbound(2) { $0.info.bytesReceived = 50 }.destroyed())
    let report = polls.poll([Self.listener, Self.inbound(3)])
    #expect(report.counts(.established) == ["nginx/inbound/80": 1])
    let counters = try #require(report.group("nginx", .inbound, 80)?.counters)
    #expect(counters.allEnded == 1 && counters.receivedBytes == 49)
    expect(polls.known == 2)
  }

  @Test func `connections that were replaced by as many are as many`() {
    var polls = Self.begun()
    polls.tracker.absorb(destroyed: Self.inbound(2).destroyed())
    let report = polls.poll([Self.listener, Self.inbound(3), Self.inbound(4)])
    #expect(report.counts(.established) == ["nginx/inbound/80": 2])
  }

  @Test(arguments: [true, false])
  func `what waits for close is not established, whether CurrEstab counts it or not`(counts: Bool) {
    var polls = Self.begun()
    polls.isLight = false
    polls.host.established = counts ? 3 : 2
    polls.poll([Self.listener, Self.inbound(2), Self.inbound(3), Self.inbound(4, .closeWait)])
    polls.isLight = true
    polls.host.established = counts ? 3 : 1
    let report = polls.poll([
      Self.listener, Self.inbound(2), Self.inbound(3, .closeWait), Self.inbound(4, .closeWait),
    ])
    #expect(report.counts(.established) == ["nginx/inbound/80": 1])
    #expect(report.counts(.closeWait) == ["nginx/inbound/80": 2])
  }

  @Test func `what an event ended goes on in TIME-WAIT, with its owner`() {
    var polls = Self.begun()
    polls.tracker.absorb(destroyed: Self.inbound(2).destroyed())
    let rest = Self.inbound(2, .timeWait) { $0.inode = 0 }
    let report = polls.poll([Self.listener, Self.inbound(3), rest])
    #expect(report.counts(.timeWait) == ["nginx/inbound/80": 1])
  }

  @Test func `an attempt that a light poll misses is established, and has not failed`() throws {
    let attempt = SocketRow.connection(40_900, 443, .synSent, cookie: 20, inode: 31) {
      $0.info.totalRetransmits = 1
    }
    var polls = Self.begun([attempt])
    polls.keepsDescriptors = true
    let connected = attempt.with {
      $0.state = .established
      $0.info.bytesAcked = 1
    }
    for _ in 1...10 {
      let report = polls.poll([Self.listener, connected])
      #expect(report.counts(.synSent).isEmpty && report.counts(.close).isEmpty)
      #expect(report.destinations.isEmpty)
      expect(polls.asked.isEmpty)
    }
    polls.isLight = false
    let report = polls.poll([Self.listener, connected])
    #expect(report.counts(.established)["curl/outbound/443"] == 1)
    let counters = try #require(report.group("curl", .outbound, 443)?.counters)
    #expect(counters.opened == 1)
    #expect(ConnectFailure.allCases.allSatisfy { counters.connectFailures[$0] == 0 })
  }

  @Test func `an attempt that a light poll misses and that failed is counted by its event`() throws
  {
    let attempt = SocketRow.connection(40_900, 443, .synSent, cookie: 20, inode: 31) {
      $0.info.totalRetransmits = 1
      $0.info.segmentsOut = 2
    }
    var polls = Self.begun([attempt])
    polls.poll([Self.listener])
    polls.tracker.absorb(destroyed: attempt.destroyed())
    let counters = try #require(
      polls.poll([Self.listener]).group("curl", .outbound, 443)?.counters)
    #expect(counters.connectFailures[.unanswered] == 1 && counters.opened == 0)
    expect(polls.lapsed == 0)
  }

  @Test func `a whole poll that misses an attempt looks for it as ever`() throws {
    let attempt = SocketRow.connection(40_900, 443, .synSent, cookie: 20, inode: 31) {
      $0.info.totalRetransmits = 2
    }
    var polls = Self.begun([attempt])
    polls.poll([Self.listener])
    polls.isLight = false
    polls.poll([Self.listener])
    let report = polls.poll([Self.listener])
    #expect(report.group("curl", .outbound, 443)?.counters?.connectFailures[.unanswered] == 1)
    #expect(report.destinations.isEmpty)
  }

  @Test func `a connection that is reset while its process holds it is found by light polls`() {
    let waiting = Self.inbound(4, .closeWait)
    var polls = Self.begun([waiting])
    polls.keepsDescriptors = true
    for _ in 1...3 { polls.poll([Self.listener]) }
    let report = polls.poll([Self.listener])
    #expect(report.counts(.close) == ["nginx/inbound/80": 1])
    #expect(report.counts(.established) == ["nginx/inbound/80": 2])
  }

  @Test func `a stall of an established connection stands between whole polls, with its age`()
    throws
  {
    let unread = Self.inbound(4) { $0.receiveQueue = 500 }
    var polls = ScriptedPolls()
    polls.poll([Self.listener, unread], holders: [10: [Self.server], 14: [Self.server]])
    polls.poll([Self.listener, unread])
    polls.isLight = true
    for _ in 1...20 {
      let report = polls.poll([Self.listener, unread])
      let gauges = try #require(report.group("nginx", .inbound, 80)?.gauges)
      #expect(gauges.stalled[.localReader] == 1 && gauges.receiveQueue == 500)
      #expect(report.waitingSockets.count == 1)
    }
    polls.isLight = false
    let report = polls.poll([Self.listener, unread])
    let gauges = try #require(report.group("nginx", .inbound, 80)?.gauges)
    #expect(gauges.stallsOverdue[.localReader] == 1)
    #expect(gauges.stalledFor[.localReader] >= 100_000)
  }

  @Test func `a stalled connection that ends is no stall in the next light poll`() throws {
    let unread = Self.inbound(4) { $0.receiveQueue = 500 }
    var polls = ScriptedPolls()
    polls.poll([Self.listener, unread], holders: [10: [Self.server], 14: [Self.server]])
    polls.poll([Self.listener, unread])
    polls.isLight = true
    polls.tracker.absorb(destroyed: unread.destroyed())
    let report = polls.poll([Self.listener])
    let gauges = try #require(report.group("nginx", .inbound, 80)?.gauges)
    #expect(gauges.stalled[.localReader] == 0 && gauges.receiveQueue == 0)
    #expect(report.waitingSockets.isEmpty)
  }

  @Test func `retransmissions that no poll has read yet are not unknown`() {
    var polls = ScriptedPolls()
    func row(_ retransmits: UInt32) -> SocketRow {
      Self.inbound(4) { $0.info.totalRetransmits = retransmits }
    }
    polls.poll([Self.listener, row(0)], holders: [14: [Self.server]], retransSegs: 100)
    polls.isLight = true
    for step in 1...5 {
      polls.poll([Self.listener, row(UInt32(step))], retransSegs: 100 + UInt64(step))
    }
    polls.isLight = false
    polls.poll([Self.listener, row(5)], retransSegs: 105)
    let report = polls.poll([Self.listener, row(5)], retransSegs: 105)
    #expect(report.retransmits == 5)
    #expect(report.group("unknown", .inbound, nil) == nil)
  }

  @Test func `what is closed while no owner is looked for is told with the next search`() {
    var polls = ScriptedPolls()
    let rows = (1...3).map {
      SocketRow.connection(UInt16(40_000 + $0), 80, cookie: UInt64($0), inode: UInt32($0))
    }
    polls.poll(rows)
    polls.isLight = true
    for row in rows.dropLast() {
      var last = row
      last.state = .close
      polls.tracker.absorb(destroyed: last, at: polls.now)
      polls.poll(rows)
      #expect(polls.asked.isEmpty)
    }
    polls.isLight = false
    let new = SocketRow.connection(40_001, 80, cookie: 9, inode: 9)
    let request = polls.tracker.request(for: polls.update([rows[2], new], after: 5_000))
    #expect(request?.closedInodes.sorted() == [1, 2])
  }

  @Test func `a light poll needs a whole one before it, by sock_diag`() {
    var polls = ScriptedPolls()
    expect(!polls.mayPollLightly)
    polls.poll([Self.listener])
    expect(polls.mayPollLightly)
    polls.brokenPoll([Self.listener])
    expect(!polls.mayPollLightly)
    polls.source = .procfs
    polls.poll([Self.listener])
    expect(!polls.mayPollLightly)
  }

  @Test func `a name that has changed makes a whole poll worth while`() {
    var polls = Self.begun()
    expect(!polls.isOutdated)
    polls.rename(.process("apache", pid: 7))
    expect(polls.isOutdated)
    polls.isLight = false
    let report = polls.poll([Self.listener, Self.inbound(2), Self.inbound(3)])
    expect(!polls.isOutdated)
    #expect(report.counts(.established) == ["apache/inbound/80": 2])
  }
}

extension GroupCounters {
  fileprivate var allEnded: UInt64 { ConnectionEnd.allCases.reduce(0) { $0 + ended[$1] } }
}

extension ScriptedPolls {
  fileprivate var mayPollLightly: Bool { tracker.mayPollLightly }
  fileprivate var isOutdated: Bool { tracker.isOutdated }
  fileprivate var known: Int { tracker.table.count }
  fileprivate var lapsed: Int { tracker.unread.lapsed.count }
}

/// For what cannot be copied into `#expect`.
private func expect(_ holds: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(holds, sourceLocation: sourceLocation)
}
