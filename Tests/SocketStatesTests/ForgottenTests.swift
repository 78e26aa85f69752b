import Testing

@testable import SocketStates

/// Sockets that TCP has forgotten, while a process still holds them.
@Suite struct ForgottenTests {
  private static let server = Owner.process("server.py", pid: 100)
  private let holders: [UInt32: [Owner]] = [10: [server], 11: [server], 12: [server]]
  private let listener = SocketRow.listener(80, cookie: 1, inode: 10)

  private func row(
    _ state: TCPState = .closeWait, inode: UInt32 = 11, cookie: UInt64 = 2, remote: UInt16 = 40_000
  ) -> SocketRow {
    .connection(80, remote, state, cookie: cookie, inode: inode) {
      $0.info.lastAckReceived = 90_000
      $0.info.bytesReceived = 7
    }
  }

  private func polls(_ rows: [SocketRow], from source: SourceName = .sockDiag) -> ScriptedPolls {
    var polls = ScriptedPolls()
    polls.source = source
    polls.keepsDescriptors = true
    polls.poll([listener] + rows, holders: holders)
    polls.poll([listener] + rows)
    return polls
  }

  private func counts(_ report: Report, _ state: TCPState) -> UInt32 {
    report.group("server.py", .inbound, 80)?.gauges.sockets[state] ?? 0
  }

  @Test(
    arguments: [TCPState.closeWait, .established, .finWait2, .lastAck],
    [SourceName.sockDiag, .procfs])
  func `one that no dump has any more is CLOSE for as long as its descriptor is open`(
    state: TCPState, source: SourceName
  ) {
    var polls = polls([row(state)], from: source)
    // One dump may just have missed it.
    let first = polls.poll([listener])
    #expect(counts(first, state) == 1 && counts(first, .close) == 0)
    for age in 2...300 {
      let report = polls.poll([listener])
      #expect(counts(report, state) == 0 && counts(report, .close) == 1)
      #expect(report.trackedSockets == 2)
      let gauges = report.group("server.py", .inbound, 80)?.gauges
      #expect(gauges?.closedOldest == Int64(age) * 5_000)
      #expect(gauges?.stuckClosed == (age >= 12 ? 1 : 0))
      #expect(report.namespaces[0].unclosedOwners == [Self.server])
    }
    polls.keepsDescriptors = false
    let end = polls.poll([listener])
    #expect(counts(end, .close) == 0 && end.trackedSockets == 1)
    for _ in 0..<4 { polls.poll([listener]) }
    #expect(
      !polls.asked.contains(11) && polls.tracker.forgotten.isEmpty && polls.tracker.table.count == 1
    )
  }

  @Test(arguments: [SourceName.sockDiag, .procfs])
  func `what shutdown() leaves is CLOSE while the rest goes through TIME-WAIT and after`(
    source: SourceName
  ) {
    var polls = polls([row(.established)], from: source)
    let rest = row(.timeWait).with { $0.inode = 0 }
    for _ in 0..<20 {
      let report = polls.poll([listener, rest])
      #expect(counts(report, .timeWait) == 1 && counts(report, .close) == 1)
      #expect(report.trackedSockets == 3)
    }
    for _ in 0..<20 { #expect(counts(polls.poll([listener]), .close) == 1) }
    let old = polls.poll([listener], after: 60_000)
    #expect(old.group("server.py", .inbound, 80)?.gauges.stuckClosed == 1)
    polls.keepsDescriptors = false
    #expect(counts(polls.poll([listener]), .close) == 0)
    #expect(polls.tracker.table.count == 1 && polls.tracker.adopted.isEmpty)
  }

  @Test(arguments: [true, false], [SourceName.sockDiag, .procfs])
  func `what was closed before TIME-WAIT is only that`(hasEvent: Bool, source: SourceName) {
    var polls = polls([row(.established)], from: source)
    polls.keepsDescriptors = false
    if hasEvent, source == .sockDiag { polls.tracker.absorb(destroyed: row().destroyed()) }
    for _ in 0..<3 {
      let report = polls.poll([listener, row(.timeWait).with { $0.inode = 0 }])
      #expect(counts(report, .timeWait) == 1 && counts(report, .close) == 0)
      #expect(report.trackedSockets == 2 && polls.tracker.forgotten.isEmpty)
    }
  }

  @Test func `a socket that only a descriptor tells of is CLOSE, and no fault by itself`() {
    var polls = polls([])
    polls.tracker.adopt(12, of: Self.server)
    polls.tracker.adopt(13, of: .process("client", pid: 7))
    let holders = [13: [Owner.process("client", pid: 7)]] as [UInt32: [Owner]]
    for _ in 0..<30 {
      var report = polls.poll([listener], holders: holders)
      #expect(
        report.counts(.close) == ["server.py/inbound/other": 1, "client/outbound/other": 1])
      let gauges = report.group("client", .outbound, nil)?.gauges
      #expect(gauges?.closedUnseen == 1 && gauges?.stuckClosed == 0)
      var diagnostics = Diagnostics()
      _ = diagnostics.diagnose(&report, at: polls.now, linger: 0)
      #expect(report.findings.map(\.severity) == [.notice, .notice])
    }
    // It is in a table now: it listens.
    let report = polls.poll([listener, .listener(81, cookie: 9, inode: 13)])
    #expect(report.counts(.close) == ["server.py/inbound/other": 1])
    #expect(report.group("client", .inbound, 81)?.gauges.sockets[.listen] == 1)
    polls.tracker.disown([Self.server])
    #expect(polls.poll([listener], holders: [12: []]).counts(.close).isEmpty)
    #expect(polls.tracker.adopted.isEmpty)
  }

  @Test func `a destroy event ends it at once`() {
    var polls = polls([row()])
    for _ in 0..<3 { polls.poll([listener]) }
    polls.tracker.absorb(destroyed: row().destroyed())
    #expect(counts(polls.poll([listener]), .close) == 0)
    #expect(polls.tracker.table.count == 1)
  }

  @Test func `the end of its process ends it`() {
    var polls = polls([row()])
    for _ in 0..<3 { polls.poll([listener]) }
    polls.tracker.disown([Self.server])
    let report = polls.poll([listener], holders: [11: []])
    #expect(report.counts(.close).isEmpty)
    for _ in 0..<4 { polls.poll([listener]) }
    #expect(polls.tracker.table.count == 1)
  }

  @Test func `a new holder keeps it`() {
    var polls = polls([row()])
    polls.poll([listener])
    polls.poll([listener])
    let report = polls.poll([listener], holders: [11: [.process("sleep", pid: 200)]])
    #expect(report.counts(.close) == ["sleep/inbound/80": 1])
  }

  @Test
  func `one that a dump has again is what it was, as old as it was, and nothing counts twice`() {
    var polls = polls([row(.established)])
    let before = polls.poll([listener, row(.established).with { $0.info.bytesReceived = 9 }])
    for _ in 0..<5 { polls.poll([listener]) }
    let since = polls.tracker.forgotten.values.first?.since
    let report = polls.poll([listener, row(.established).with { $0.info.bytesReceived = 9 }])
    #expect(counts(report, .established) == 1 && counts(report, .close) == 0)
    #expect(
      report.group("server.py", .inbound, 80)?.counters?.receivedBytes
        == before.group("server.py", .inbound, 80)?.counters?.receivedBytes)
    #expect(polls.tracker.forgotten.isEmpty)
    #expect(polls.tracker.table.entries.contains { $0.cookie == 2 && $0.since == since })
  }

  @Test func `the same endpoints again are another connection, also on procfs`() {
    var polls = polls([row()], from: .procfs)
    for _ in 0..<3 { polls.poll([listener]) }
    for _ in 0..<3 {
      let report = polls.poll([listener, row(.established, inode: 12)])
      #expect(counts(report, .established) == 1 && counts(report, .close) == 1)
    }
  }

  @Test func `what was closed is not there any more, with or without an event`() {
    var polls = polls([row(.established)])
    polls.keepsDescriptors = false
    let report = polls.poll([listener])
    #expect(report.trackedSockets == 1 && counts(report, .established) == 0)
    polls.poll([listener])
    #expect(polls.tracker.table.count == 1)
  }

  @Test func `orphans, listeners and sockets of nobody are not kept`() {
    var polls = polls([row(inode: 0), row(inode: 13, cookie: 3, remote: 40_001)])
    for _ in 0..<3 { polls.poll([]) }
    #expect(polls.poll([]).counts(.close).isEmpty)
    #expect(polls.tracker.table.count == 0)
  }

  @Test
  func `of very many a part is looked at in each poll, and the others are counted as last known`() {
    let count = Int(SocketTracker.checkLimit) * 2
    let rows = (0..<count).map { row(inode: 100 + UInt32($0), cookie: 100 + UInt64($0)) }
    var polls = ScriptedPolls()
    polls.keepsDescriptors = true
    let holders = Dictionary(uniqueKeysWithValues: rows.map { ($0.inode, [Self.server]) })
    polls.poll([listener] + rows, holders: holders.merging(self.holders) { one, _ in one })
    for _ in 0..<4 { polls.poll([listener]) }
    let report = polls.poll([listener])
    #expect(counts(report, .close) == UInt32(count))
    #expect(polls.asked.count <= Int(SocketTracker.checkLimit))
    polls.keepsDescriptors = false
    for _ in 0..<12 { polls.poll([listener]) }
    #expect(polls.tracker.table.count == 1)
  }

  @Test func `the log says what became of stuck sockets, and the finding lasts`() throws {
    var polls = polls([row()])
    var diagnostics = Diagnostics()
    func events(_ report: Report) -> [FindingLog.Event] {
      var report = report
      return diagnostics.diagnose(&report, at: polls.now, linger: 0)
    }
    #expect(events(polls.poll([listener, row()])).map(\.count) == [1])
    #expect(events(polls.poll([listener])).isEmpty)
    let ended = events(polls.poll([listener]))
    #expect(ended.map(\.count) == [0] && ended.map(\.closed) == [1])
    var report = polls.poll([listener])
    _ = diagnostics.diagnose(&report, at: polls.now, linger: 0)
    let finding = try #require(report.findings.first { $0.kind == .closedHeld })
    #expect(finding.severity == .notice && finding.count == 1 && finding.sockets.count == 1)
    #expect(finding.sockets[0].pid == 100 && finding.pid == 100)
    let stuck = events(polls.poll([listener], after: 60_000))
    #expect(stuck.map(\.count) == [1] && stuck.map(\.isClosed) == [true])
    polls.keepsDescriptors = false
    #expect(events(polls.poll([listener])).map(\.closed) == [0])
  }
}
