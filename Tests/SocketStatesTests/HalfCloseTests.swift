import Testing

@testable import SocketStates

/// CLOSE-WAIT on purpose and by a leak.
@Suite struct HalfCloseTests {
  private static let server = Owner.process("export.py", pid: 100)
  private static let client = Owner.process("client.py", pid: 200)
  private let holders: [UInt32: [Owner]] = [
    10: [server], 11: [server], 12: [server], 13: [server], 20: [client],
  ]
  private let listener = SocketRow.listener(80, cookie: 1, inode: 10)

  private func closeWait(_ change: (inout SocketRow) -> Void = { _ in }) -> SocketRow {
    .connection(80, 40_000, .closeWait, cookie: 2, inode: 11) {
      $0.info.lastAckReceived = 120_000
      change(&$0)
    }
  }

  private func peer(inode: UInt32, _ state: TCPState = .finWait2) -> SocketRow {
    .connection(40_000, 80, state, cookie: 3, inode: inode) {
      $0.info.lastAckReceived = 120_000
    }
  }

  private func findings(_ rows: [SocketRow], polls count: Int = 3) -> [Finding] {
    var polls = ScriptedPolls()
    polls.tracker.settings.finWait2After = 3_600_000
    var report = polls.poll(rows, holders: holders)
    for _ in 1..<count { report = polls.poll(rows) }
    return Diagnosis.findings(in: report)
  }

  @Test(arguments: [1, 3], [false, true])
  func `one whose peer waits on this host is half closed, and no leak`(
    polls: Int, isReversed: Bool
  ) throws {
    let rows = [listener, closeWait(), peer(inode: 20)]
    let found = findings(isReversed ? rows.reversed() : rows, polls: polls)
    #expect(found.map(\.kind) == [.halfClosed])
    #expect(found.map(\.severity) == [.notice])
    let finding = try #require(found.first)
    #expect(
      finding.evidence.contains { if case .peersWaiting(1) = $0 { true } else { false } })
  }

  @Test func `one whose peer is gone, or held by nobody, is a leak`() {
    for rows in [[listener, closeWait()], [listener, closeWait(), peer(inode: 0)]] {
      let found = findings(rows)
      #expect(found.map(\.kind) == [.closeWait(.notClosed)])
      #expect(found.map(\.severity) == [.fault])
    }
  }

  @Test func `a peer that waits is no excuse for data that are not read`() {
    let found = findings([listener, closeWait { $0.receiveQueue = 500 }, peer(inode: 20)])
    #expect(found.filter { $0.severity == .fault }.map(\.kind) == [.closeWait(.dataUnread)])
    // Both say that nothing is read: that is one fault.
    #expect(found.first { $0.kind == .unreadData }?.follows?.kind == .closeWait(.dataUnread))
  }

  @Test func `leaked ones beside one that is waited for are counted apart`() {
    let leaked = (0..<3).map { index in
      SocketRow.connection(
        80, 41_000 + UInt16(index), .closeWait, cookie: 50 + UInt64(index), inode: 12
      ) { $0.info.lastAckReceived = 90_000 }
    }
    let found = findings([listener, closeWait(), peer(inode: 20)] + leaked)
    #expect(found.map(\.kind) == [.closeWait(.notClosed), .halfClosed])
    #expect(found.map(\.count) == [3, 1])
  }

  @Test func `one side of a relay is likely half closed while the other side waits`() throws {
    // Its peers are elsewhere.
    let far = Address(ipv4: 0xc000_0209)
    let side = closeWait { $0.remote.address = far }
    let other = SocketRow.connection(40_010, 443, .finWait2, cookie: 6, inode: 13) {
      $0.remote.address = far
    }
    let found = findings([listener, side, other])
    #expect(found.map(\.kind) == [.halfClosed])
    #expect(
      try #require(found.first).evidence.contains {
        if case .waitsItself(1) = $0 { true } else { false }
      })
    #expect(findings([listener, side]).map(\.kind) == [.closeWait(.notClosed)])
  }

  @Test func `a number that grows from minute to minute is a leak, whoever waits`() {
    var diagnostics = Diagnostics()
    var last: [Finding.Severity] = []
    for minute in 0..<8 {
      var group = GroupReport(
        labels: GroupLabels(process: "export.py", unit: "", direction: .inbound, port: 80),
        statesSeen: TCPStateSet(.closeWait), counters: GroupCounters())
      let count = minute < 6 ? UInt64(3 + minute) : 8
      group.gauges.sockets[.closeWait] = UInt32(count)
      group.gauges.stuck[.notClosed] = count
      group.gauges.awaited[.notClosed] = count
      var namespace = NamespaceReport(netns: "")
      namespace.groups = [group]
      var report = Report(
        sequence: 1, time: Double(minute * 60), source: .sockDiag, namespaces: [namespace])
      _ = diagnostics.diagnose(&report, at: Int64(minute) * 60_000, linger: 0)
      last += report.findings.map(\.severity)
    }
    // Three steps in a row are known in the fifth minute, and at the end it stays.
    #expect(last == [.notice, .notice, .notice, .notice, .fault, .fault, .fault, .notice])
  }

  @Test func `keep-alive probes do not make one younger, if its peer knows better`() throws {
    var polls = ScriptedPolls()
    let probed = closeWait {
      $0.timer = .keepalive
      $0.info.lastAckReceived = 264
    }
    let alone = polls.poll([listener, probed], holders: holders)
    #expect(alone.groups.first?.gauges.closeWaitOldest == 264)
    #expect(alone.groups.first?.gauges.isCloseWaitAgeAtLeast == true)
    var others = ScriptedPolls()
    let both = others.poll([listener, probed, peer(inode: 20)], holders: holders)
    let gauges = try #require(both.group("export.py", .inbound, 80)?.gauges)
    #expect(gauges.closeWaitOldest == 120_000)
    #expect(gauges.isCloseWaitAgeAtLeast)
    // Without keep-alive the last acknowledgement was that of the end.
    var exact = ScriptedPolls()
    let plain = exact.poll([listener, closeWait()], holders: holders)
    #expect(plain.groups.first?.gauges.isCloseWaitAgeAtLeast == false)
  }
}
