import Testing

@testable import SocketStates

/// When unfinished handshakes are a finding.
@Suite struct SynFloodTests {
  private func findings(
    opening: UInt32, limit: UInt64 = 128, queue: UInt64 = 0, drops: UInt64 = 0, cookies: UInt64 = 0,
    overflows: UInt64? = nil, unrepeated: UInt32 = 0, deferred: UInt32 = 0,
    hostDeferred: UInt64? = nil
  ) -> [Finding] {
    func report(_ time: Double, drops: UInt64, cookies: UInt64) -> Report {
      var group = GroupReport(
        labels: GroupLabels(process: "nginx", unit: "", direction: .inbound, port: 80),
        statesSeen: [.init(.synRecv)], counters: GroupCounters())
      group.gauges.sockets[.synRecv] = opening
      group.gauges.unrepeatedHandshakes = unrepeated
      group.gauges.deferredHandshakes = deferred
      group.gauges.acceptQueueLimit = limit
      group.gauges.acceptQueue = AcceptQueue(length: queue, limit: limit)
      group.counters?.listenDrops = drops
      var host = HostCounters()
      host.synCookies[.sent] = cookies
      host.listenOverflows = overflows
      host.deferredHandshakes = hostDeferred
      var namespace = NamespaceReport(netns: "", host: host)
      namespace.groups = [group]
      return Report(sequence: 1, time: time, source: .sockDiag, namespaces: [namespace])
    }
    var report = report(60, drops: drops, cookies: cookies)
    report.baseline = CounterBaseline(
      SynFloodTests.report(report, before: 0), isFirst: false)
    return Diagnosis.findings(in: report)
  }

  /// The same with nothing counted.
  private static func report(_ report: Report, before time: Double) -> Report {
    var report = report
    report.time = time
    report.groups[0].counters = GroupCounters()
    report.namespaces[0].host = HostCounters()
    return report
  }

  @Test func `a queue of handshakes that is full is a fault, with cookies and drops as evidence`()
    throws
  {
    let found = findings(opening: 129, drops: 7, cookies: 13_598)
    #expect(found.map(\.kind) == [.synFlood])
    let finding = try #require(found.first)
    #expect(finding.severity == .fault)
    #expect(finding.responsible == .network)
    guard case .handshakes(129, limit: 128) = finding.evidence[0],
      case .synCookies(13_598, within: .last(60_000)) = finding.evidence[1],
      case .listenDrops(7, _) = finding.evidence[2]
    else {
      Issue.record("\(finding.evidence)")
      return
    }
  }

  @Test func `half full is a notice, less and few are none`() {
    #expect(findings(opening: 70).map(\.severity) == [.notice])
    #expect(findings(opening: 60).isEmpty)
    #expect(findings(opening: 15, limit: 16).isEmpty)
  }

  @Test func `where connections cannot be accepted, handshakes cannot be finished`() {
    #expect(findings(opening: 129, queue: 129).map(\.kind) == [.acceptQueue])
  }

  @Test func `a flood that is just over is a notice, and no fault of the listener`() {
    let over = findings(opening: 0, drops: 9, cookies: 4_065, overflows: 0)
    #expect(over.map(\.kind) == [.synFlood])
    #expect(over.map(\.severity) == [.notice])
    let full = findings(opening: 0, drops: 9, cookies: 4_065, overflows: 9)
    #expect(full.map(\.kind) == [.listenDrops])
  }

  @Test func `cookies alone, and drops without a flood, say nothing of it`() {
    #expect(findings(opening: 3, cookies: 100).isEmpty)
    #expect(findings(opening: 3, drops: 7).map(\.kind) == [.listenDrops])
  }

  @Test func `handshakes that are complete and wait for data are none of a flood`() {
    #expect(findings(opening: 129, unrepeated: 129, deferred: 129).isEmpty)
    #expect(
      findings(opening: 129, cookies: 1, unrepeated: 100, deferred: 20).map(\.severity) == [.fault])
    // Before a second is over, that the kernel counts as many tells it.
    #expect(findings(opening: 129, cookies: 1, unrepeated: 129, hostDeferred: 129).isEmpty)
    for hostDeferred in [9, nil] as [UInt64?] {
      #expect(
        findings(opening: 129, cookies: 1, unrepeated: 129, hostDeferred: hostDeferred)
          .map(\.severity) == [.fault])
      // They may have come after it was asked. A flood overflows the queue, or goes on.
      #expect(findings(opening: 129, unrepeated: 129, hostDeferred: hostDeferred).isEmpty)
    }
    #expect(findings(opening: 129, unrepeated: 2, hostDeferred: 999).map(\.severity) == [.fault])
  }

  @Test func `where they fill the queue, what is dropped is the listener's`() {
    let found = findings(
      opening: 120, drops: 7, cookies: 9, overflows: 0, unrepeated: 120, deferred: 120)
    #expect(found.map(\.kind) == [.listenDrops])
    #expect(
      found[0].evidence.contains {
        if case .deferredHandshakes(120, limit: 128) = $0 { true } else { false }
      })
  }

  /// (SYN-ACKs sent again, ms to the next, ms since the first poll with it) → (unrepeated, deferred)
  @Test(
    arguments: [
      (0, 900, 0, 1, 0), (0, 1000, 900, 1, 0), (0, 1900, 0, 1, 1), (0, 300, 2500, 1, 1),
      (1, 1900, 0, 0, 0), (2, 3000, 5000, 0, 0),
    ] as [(UInt8, UInt32, Int64, UInt32, UInt32)])
  func `a SYN-ACK that is not sent again is answered`(
    repeated: UInt8, expires: UInt32, age: Int64, unrepeated: UInt32, deferred: UInt32
  ) {
    var polls = ScriptedPolls()
    let rows = [
      SocketRow.listener(80, cookie: 1, inode: 10),
      SocketRow.connection(80, 40_000, .synRecv, cookie: 2) {
        $0.retransmits = repeated
        $0.expires = expires
      },
    ]
    _ = polls.poll(rows)
    let report = polls.poll(rows, after: age)
    let gauges = report.groups.first { $0.gauges.sockets[.synRecv] > 0 }?.gauges
    #expect(gauges?.unrepeatedHandshakes == unrepeated)
    #expect(gauges?.deferredHandshakes == deferred)
  }
}
