import Testing

@testable import SocketStates

/// Budget, `other`, linger and zeros.
@Suite struct GroupBudgetTests {
  private func outbound(_ index: Int) -> SocketRow {
    .connection(
      40_000, UInt16(index + 1), cookie: UInt64(index + 1), inode: UInt32(index + 1))
  }

  @Test func `past the budget groups are counted in other and the sums stay true`() {
    var polls = ScriptedPolls { $0.groups = 10 }
    let rows = (0..<10_000).map(outbound)
    let report = polls.poll(rows)
    #expect(report.exposedGroups.count == 11)
    #expect(report.groupsRefused == 9_990)
    #expect(report.exposed("other", .outbound, nil)?.gauges.sockets[.established] == 9_990)
    #expect(report.exposedGroups.reduce(0) { $0 + $1.gauges.sockets.total } == 10_000)
    #expect(polls.poll(rows).groupsRefused == 9_990)
    // Four times as many are known, and what is past that is bounded too.
    #expect(report.groups.count == 41)
    #expect(report.group("other", .outbound, nil)?.gauges.sockets[.established] == 9_960)
    #expect(report.groups.reduce(0) { $0 + $1.gauges.sockets.total } == 10_000)
  }

  /// Rows of connections that have moved so many bytes, and of a service.
  private func moving(_ count: Int, bytes: UInt64) -> [SocketRow] {
    (0..<count).map { index in
      outbound(index).with {
        $0.info.bytesReceived = bytes
        $0.info.bytesSent = 2 * bytes
        $0.info.dataSegmentsOut = UInt32(bytes)
        $0.info.rtt = 100
      }
    }
  }

  @Test func `no counter falls and every sum stays while groups come out of other`() throws {
    var polls = ScriptedPolls {
      $0.groups = 10
      $0.linger = 20_000
    }
    let service = SocketRow.listener(8080, cookie: 9_000, inode: 9_000)
    let holders = [9_000: [Owner.process("service", pid: 8)]] as [UInt32: [Owner]]
    polls.poll(moving(10, bytes: 0), holders: holders)
    var last: [GroupLabels: GroupCounters] = [:]
    var rows = moving(30, bytes: 0) + [service]
    func check(_ report: Report) throws {
      for group in report.exposedGroups {
        let counters = try #require(group.counters)
        let before = last[group.labels] ?? GroupCounters()
        #expect(counters.receivedBytes >= before.receivedBytes, "\(group.labels)")
        #expect(counters.sentSegments >= before.sentSegments, "\(group.labels)")
        #expect(counters.rtt.count >= before.rtt.count, "\(group.labels)")
        last[group.labels] = counters
      }
    }
    for bytes in 1...5 as ClosedRange<UInt64> {
      rows = moving(30, bytes: bytes) + [service]
      let report = polls.poll(rows)
      try check(report)
      // All that has ever been counted is in the series that scrapers have.
      #expect(
        report.exposedGroups.reduce(0) { $0 + ($1.counters?.receivedBytes ?? 0) } == bytes * 30)
      #expect(report.group("service", .inbound, 8080)?.isExposed == false)
      #expect(report.exposed("service", .inbound, 8080) == nil)
      #expect(report.exposed("other", .inbound, nil)?.gauges.sockets[.listen] == 1)
      #expect(report.group("unknown", .outbound, 25)?.counters?.receivedBytes == bytes)
      #expect(report.group("other", .outbound, nil) == nil)
    }
    // Ten make room: the service comes first, and counts what comes.
    for index in 0..<10 {
      polls.tracker.absorb(destroyed: moving(30, bytes: 5)[index].destroyed())
    }
    for bytes in 6...12 as ClosedRange<UInt64> {
      rows = Array(moving(30, bytes: bytes)[10...]) + [service]
      let report = polls.poll(rows)
      try check(report)
      if bytes > 7 {
        #expect(report.exposed("service", .inbound, 8080)?.gauges.sockets[.listen] == 1)
        #expect(report.exposedGroups.count <= 12)
      }
    }
    #expect(last.keys.count { $0.port ?? 0 > 10 && $0.process == "unknown" } == 9)
    let sum = last.values.reduce(0) { $0 + $1.receivedBytes }
    #expect(sum == 10 * 5 + 20 * 12)
  }

  @Test func `what is found in a group past the budget is told of it, and exposed as other`() {
    var polls = ScriptedPolls { $0.groups = 10 }
    let rows = (0..<10).map(outbound)
    polls.poll(rows)
    let full = SocketRow.listener(8080, cookie: 9_000, inode: 9_000, queue: 200)
    var report = polls.poll(
      rows + [full], holders: [9_000: [Owner.process("service", pid: 8)]])
    var diagnostics = Diagnostics()
    _ = diagnostics.diagnose(&report, at: polls.now, linger: 0)
    #expect(report.findings.first?.labels.process == "service")
    #expect(report.findingSeries.map(\.labels.process) == ["other"])
    #expect(report.findingSeries.allSatisfy { $0.labels.isOther && $0.stands })
  }

  @Test func `a scan of ports leaves the next service its place`() {
    var polls = ScriptedPolls { $0.groups = 100 }
    polls.poll([])
    for port in 1...4_000 as ClosedRange<UInt16> {
      polls.tracker.absorb(
        destroyed: SocketRow.connection(40_000, port, cookie: UInt64(port)).destroyed {
          $0.info.segmentsOut = 1
          $0.info.segmentsIn = 1
        })
    }
    let report = polls.poll(
      [.listener(8080, cookie: 9_000, inode: 9)], holders: [9: [.process("service", pid: 7)]])
    #expect(report.exposed("service", .inbound, 8080) != nil)
    #expect(report.groups.count <= 14)
    let refused = report.groups.reduce(0) { $0 + ($1.counters?.connectFailures[.refused] ?? 0) }
    #expect(refused == 4_000)
  }

  @Test func `what was put into other comes out once there is room`() {
    var polls = ScriptedPolls {
      $0.groups = 10
      $0.linger = 5_000
    }
    let held = { (row: SocketRow) in (row.inode, [Owner.process("client", pid: 7)]) }
    let rows = (0..<10).map(outbound)
    polls.poll(rows, holders: Dictionary(uniqueKeysWithValues: rows.map(held)))
    let service = SocketRow.listener(8080, cookie: 9_000, inode: 9_000)
    let holders = [9_000: [Owner.process("service", pid: 8)]] as [UInt32: [Owner]]
    let before = polls.poll(rows + [service], holders: holders)
    #expect(before.exposed("service", .inbound, 8080) == nil)
    for _ in 0..<3 { polls.poll([service]) }
    #expect(polls.poll([service]).exposed("service", .inbound, 8080)?.gauges.sockets[.listen] == 1)
  }

  @Test func `an empty group stays at zero, then goes`() {
    var polls = ScriptedPolls { $0.linger = 60_000 }
    polls.poll([outbound(0)])
    for _ in 0..<12 {
      let report = polls.poll([])
      let group = report.group("unknown", .outbound, 1)
      #expect(group?.gauges.sockets[.established] == 0)
      #expect(group?.statesSeen.contains(.established) == true)
      #expect(group?.statesSeen.contains(.closeWait) == false)
    }
    polls.poll([], after: 30_000)
    #expect(polls.poll([], after: 30_000).groups.isEmpty)
  }

  @Test func `10,000 short groups come and go within the budget`() {
    var polls = ScriptedPolls {
      $0.groups = 100
      $0.linger = 10_000
    }
    for round in 0..<100 {
      let rows = (0..<100).map { index in
        SocketRow.connection(
          40_000, UInt16(round * 100 + index + 1), cookie: UInt64(round * 100 + index + 1))
      }
      let report = polls.poll(rows)
      #expect(report.exposedGroups.count <= 101 && report.groups.count <= 401)
      #expect(report.exposedGroups.reduce(0) { $0 + $1.gauges.sockets.total } == 100)
    }
    polls.poll([], after: 20_000)
    polls.poll([], after: 20_000)
    #expect(polls.poll([], after: 20_000).groups.isEmpty)
  }

  /// The listener of one process of a name of its own.
  private func listener(_ number: Int) -> SocketRow {
    .listener(UInt16(number + 1), cookie: UInt64(number + 1), inode: UInt32(number + 1))
  }

  private func holder(_ number: Int, unit: String) -> [UInt32: [Owner]] {
    [UInt32(number + 1): [.process("p\(number)", pid: Int32(number + 1), unit: unit)]]
  }

  @Test func `past the budget an empty group makes room after a fifth of its linger`() {
    var polls = ScriptedPolls { $0.groups = 10 }
    polls.poll((0..<10).map(outbound))
    // The destroyed sockets leave at once.
    for index in 0..<10 { polls.tracker.absorb(destroyed: outbound(index).destroyed()) }
    polls.poll([])
    #expect(polls.poll([outbound(10)]).exposed("other", .outbound, nil) != nil)
    let report = polls.poll([outbound(11)], after: 180_000)
    #expect(report.exposed("unknown", .outbound, 12)?.gauges.sockets[.established] == 1)
    #expect(report.exposedGroups.filter { $0.labels.process == "unknown" }.count == 10)
  }

  @Test func `a unit with many empty groups makes room for one with few, at once`() {
    var polls = ScriptedPolls { $0.groups = 20 }
    var holders = holder(0, unit: "shop.service")
    for index in 1..<20 { holders.merge(holder(index, unit: "session-1.scope")) { $1 } }
    polls.poll((0..<20).map(listener), holders: holders)
    for index in 1..<20 { polls.tracker.absorb(destroyed: listener(index).destroyed()) }
    polls.poll([listener(0)])
    holders = holder(100, unit: "new.service")
    holders.merge(holder(200, unit: "session-1.scope")) { $1 }
    let report = polls.poll([listener(0), listener(200), listener(100)], holders: holders)
    #expect(report.exposed("p0", .inbound, 1)?.gauges.sockets[.listen] == 1)
    #expect(report.exposed("p100", .inbound, 101)?.gauges.sockets[.listen] == 1)
    // Nobody makes room at once for the unit that has the most itself.
    #expect(report.exposed("p200", .inbound, 201) == nil)
    #expect(report.exposed("other", .inbound, nil)?.gauges.sockets[.listen] == 1)
    #expect(report.exposedGroups.count == 21)
  }

  @Test func `ever new names renew no more series than the budget in a fifth of the linger`() {
    var polls = ScriptedPolls { $0.groups = 50 }
    let shop = Owner.process("shop", pid: 1)
    var names: Set<String> = []
    for round in 1...180 {
      var rows = [SocketRow.listener(80, cookie: 1, inode: 1)]
      var holders: [UInt32: [Owner]] = [1: [shop]]
      for index in 0..<10 {
        let number = round * 10 + index
        rows.append(listener(number))
        holders.merge(holder(number, unit: "")) { $1 }
        polls.tracker.absorb(destroyed: listener(number - 10).destroyed())
      }
      let report = polls.poll(rows, holders: holders, after: 1_000)
      #expect(report.exposedGroups.count <= 51)
      #expect(report.exposed("shop", .inbound, 80)?.gauges.sockets[.listen] == 1)
      #expect(report.exposedGroups.reduce(0) { $0 + $1.gauges.sockets.total } >= 11)
      names.formUnion(report.exposedGroups.map(\.labels.process))
    }
    #expect(names.count <= 2 * 50 + 2)
    // Who is real and new gets a place when the first have been empty for long enough.
    let late = Owner.process("late", pid: 2)
    let report = polls.poll(
      [.listener(80, cookie: 1, inode: 1), .listener(81, cookie: 2, inode: 2)],
      holders: [2: [late]], after: 180_000)
    #expect(report.exposed("late", .inbound, 81)?.gauges.sockets[.listen] == 1)
  }

  @Test func `a state is exposed from the first time that it is seen`() {
    var polls = ScriptedPolls()
    polls.poll([outbound(0)])
    let closing = outbound(0).with { $0.state = .closeWait }
    #expect(polls.poll([closing]).groups[0].statesSeen.contains(.closeWait))
    let report = polls.poll([outbound(0).with { $0.state = .lastAck }])
    #expect(report.groups[0].gauges.sockets[.closeWait] == 0)
    #expect(report.groups[0].statesSeen.contains(.closeWait))
  }
}
