import Testing

@testable import SocketStates

/// When unfinished handshakes are a finding.
@Suite struct SynFloodTests {
  private func findings(
    opening: UInt32, limit: UInt64 = 128, queue: UInt64 = 0, drops: UInt64 = 0, cookies: UInt64 = 0,
    overflows: UInt64? = nil
  ) -> [Finding] {
    func report(_ time: Double, drops: UInt64, cookies: UInt64) -> Report {
      var group = GroupReport(
        labels: GroupLabels(process: "nginx", unit: "", direction: .inbound, port: 80),
        statesSeen: [.init(.synRecv)], counters: GroupCounters())
      group.gauges.sockets[.synRecv] = opening
      group.gauges.acceptQueueLimit = limit
      group.gauges.acceptQueue = AcceptQueue(length: queue, limit: limit)
      group.counters?.listenDrops = drops
      var host = HostCounters()
      host.synCookies[.sent] = cookies
      host.listenOverflows = overflows
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
}
