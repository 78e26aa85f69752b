import Testing

@testable import SocketStates

/// Ports that bind(2) has taken, as `__inet_hash_connect()` treats them.
@Suite struct BoundPortTests {
  private static let loopback = Address(ipv4: 0x7f00_0001)

  private static func bound(
    _ port: UInt16, at address: Address = loopback, inode: UInt32 = 0
  ) -> SocketRow {
    .connection(port, 0, .close, cookie: UInt64(port), inode: inode) {
      $0.local.address = address
      $0.remote = Endpoint(address: .anyIPv4, port: 0)
    }
  }

  private static func polls(
    _ reserved: [ClosedRange<UInt16>] = []
  ) -> ScriptedPolls {
    var polls = ScriptedPolls()
    polls.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...40_099, reserved: reserved)
    return polls
  }

  private static func summary(_ report: Report) -> [String] {
    report.ephemeralPorts.map {
      "\($0.destination.map { "\($0.port)" } ?? "any") \($0.used)/\($0.limit) \($0.bound)"
    }.sorted()
  }

  @Test func `sockets that are only bound take their ports from every destination`() {
    var polls = Self.polls()
    let rows = (40_000..<40_090).map { Self.bound($0, inode: 7) }
    let other = SocketRow.connection(40_095, 80, cookie: 1, inode: 8)
    let report = polls.poll(
      rows + [other],
      holders: [7: [.process("bound.py", pid: 7)], 8: [.process("other.py", pid: 8)]])
    #expect(Self.summary(report) == ["80 91/100 90", "any 90/100 90"])
    #expect(report.counts(.close) == ["bound.py/outbound/other": 90])
    let findings = Diagnosis.findings(in: report)
    #expect(findings.map(\.kind) == [.ephemeralPorts])
    #expect(findings.map(\.severity) == [.fault])
    #expect(findings.map(\.labels.process) == ["bound.py"])
  }

  @Test func `what is only bound goes along when its process is renamed, and has nothing to send`()
  {
    var polls = Self.polls()
    // What disconnect leaves of its sequence numbers.
    let row = Self.bound(9000, inode: 7).with { $0.sendQueue = 65_466 }
    polls.poll([row], holders: [7: [.process("bound.py", pid: 7)]])
    polls.rename(.process("other.py", pid: 7))
    let report = polls.poll([row])
    #expect(report.counts(.close) == ["other.py/outbound/other": 1])
    #expect(report.groups.allSatisfy { $0.gauges.sendQueue == 0 })
  }

  @Test func `a port that several sockets or addresses share is one`() {
    var polls = Self.polls()
    let rows = [
      Self.bound(40_001), Self.bound(40_001, at: .anyIPv6).with { $0.cookie = 2 },
      Self.bound(40_001).with { $0.cookie = 3 }, Self.bound(40_002),
      // Not of the range.
      Self.bound(8080),
    ]
    #expect(Self.summary(polls.poll(rows)) == ["any 2/100 2"])
    #expect(polls.poll([]).ephemeralPorts.isEmpty)
  }

  @Test func `listeners in the range, and what they accepted, take their ports`() {
    var polls = Self.polls()
    let rows = [
      SocketRow.listener(40_010, cookie: 1), .connection(40_010, 50_000, cookie: 2),
      .connection(40_020, 80, cookie: 3),
    ]
    #expect(Self.summary(polls.poll(rows)) == ["80 2/100 1", "any 1/100 1"])
  }

  @Test func `listeners that fill the range are a fault of the process that has most of them`()
    throws
  {
    var polls = Self.polls()
    let rows = (40_000..<40_090).map { port in
      SocketRow.listener(port, cookie: UInt64(port), inode: UInt32(port))
    }
    let (many, few) = (Owner.process("many.py", pid: 7), Owner.process("few.py", pid: 8))
    let holders = Dictionary(
      uniqueKeysWithValues: rows.map { ($0.inode, [$0.inode % 10 == 0 ? few : many]) })
    let findings = Diagnosis.findings(in: polls.poll(rows, holders: holders))
    let finding = try #require(findings.first)
    #expect(findings.count == 1 && finding.severity == .fault)
    #expect(finding.labels.process == "many.py" && finding.labels.direction == .inbound)
    // A range without listeners that is spent otherwise blames none.
    #expect(Diagnosis.findings(in: polls.poll(Array(rows.prefix(40)))).isEmpty)
  }

  @Test func `a socket that was seen bound keeps its port from others once it is connected`() {
    var polls = Self.polls()
    polls.poll([Self.bound(40_001), Self.bound(40_002)])
    let connected = [40_001, 40_002].map { (port: UInt16) in
      SocketRow.connection(port, 80, cookie: UInt64(port))
    }
    let others = [SocketRow.connection(40_004, 81, cookie: 4), .connection(40_004, 80, cookie: 5)]
    #expect(
      Self.summary(polls.poll(connected + others)) == ["80 3/100 2", "81 3/100 2", "any 2/100 2"])
  }

  @Test func `a bound socket that begins to listen is a listener`() {
    var polls = Self.polls()
    polls.poll([Self.bound(40_001)])
    let report = polls.poll([.listener(40_001, cookie: 40_001)])
    #expect(report.counts(.listen) == ["unknown/inbound/40001": 1])
    #expect(report.counts(.close).isEmpty)
  }

  @Test func `reserved ports are neither used nor available`() {
    var polls = Self.polls([40_000...40_031])
    let rows = (40_000..<40_040).map { SocketRow.connection($0, 80, cookie: UInt64($0)) }
    #expect(Self.summary(polls.poll(rows)) == ["80 8/68 0"])
    #expect(Self.summary(polls.poll([Self.bound(40_001)])) == [])
  }

  /// Four destinations with a quarter of the ports each; the step between ports, and whether they share.
  @Test(arguments: [(1, 25, false, true), (2, 12, false, false), (2, 25, true, false)])
  func `ports that no two destinations share were taken by bind before connect`(
    step: Int, each: Int, isShared: Bool, isDeduced: Bool
  ) throws {
    var polls = Self.polls()
    let rows = (0..<4).flatMap { destination in
      (0..<each).map { index in
        let place = isShared ? index * step : (destination * each + index) * step
        return SocketRow.connection(
          UInt16(40_000 + place % 100), UInt16(80 + destination),
          cookie: UInt64(1 + destination * 100 + index), inode: 7)
      }
    }
    let report = polls.poll(rows, holders: [7: [.process("bound.py", pid: 7)]])
    let used = isDeduced ? 100 : each
    #expect(
      report.ephemeralPorts.filter { $0.destination != nil }.map(\.used) == [
        used, used, used, used,
      ])
    let any = report.ephemeralPorts.filter { $0.destination == nil }
    #expect(any.map(\.isDeduced) == (isDeduced ? [true] : []))
    let findings = Diagnosis.findings(in: report)
    #expect(findings.filter { $0.severity > .normal }.count == (isDeduced ? 1 : 0))
  }

  @Test func `TIME-WAIT of nobody is likely that of the only process seen to connect there`() throws
  {
    var polls = Self.polls()
    let nopool = SocketRow.connection(40_000, 6379, cookie: 1, inode: 7)
    polls.poll([nopool], holders: [7: [.process("nopool.py", pid: 7)]])
    let rest = (40_001..<40_096).map {
      SocketRow.connection($0, 6379, .timeWait, cookie: UInt64($0))
    }
    let report = polls.poll(rest)
    // The counts stay as they are known.
    #expect(report.counts(.timeWait) == ["unknown/outbound/6379": 95])
    let findings = Diagnosis.findings(in: report)
    #expect(findings.map(\.labels.process) == ["nopool.py"])
    let finding = try #require(findings.first)
    #expect(
      finding.evidence.contains {
        if case .ownerless(95, isLikelyOwn: true) = $0 { true } else { false }
      })
  }

  @Test func `of two processes neither is likely`() throws {
    var polls = Self.polls()
    let seen = [
      SocketRow.connection(40_000, 6379, cookie: 1, inode: 7),
      SocketRow.connection(40_001, 6379, cookie: 2, inode: 8),
    ]
    polls.poll(
      seen, holders: [7: [.process("one.py", pid: 7)], 8: [.process("two.py", pid: 8)]])
    let rest = (40_002..<40_096).map {
      SocketRow.connection($0, 6379, .timeWait, cookie: UInt64($0))
    }
    let findings = Diagnosis.findings(in: polls.poll(seen + rest))
    #expect(Set(findings.map(\.labels.process)) == ["one.py", "two.py"])
    for finding in findings {
      #expect(
        finding.evidence.contains {
          if case .ownerless(94, isLikelyOwn: false) = $0 { true } else { false }
        })
    }
  }
}
