import Testing

@testable import SocketStates

/// How connections end, and when resets are a finding.
@Suite struct ResetTests {
  private static let server = Owner.process("server.py", pid: 100)
  private static let client = Owner.process("client.py", pid: 200)

  /// The end of a connection of which 100 bytes were sent and 50 received.
  private struct End: Sendable {
    var isInitiator: Bool
    /// Acknowledged, beyond the 100 bytes.
    var acked: Int
    var unread: UInt32 = 0
    var retries: UInt8 = 0
    var received: UInt64 = 50
    /// ms since payload was last sent.
    var sentAgo: UInt32 = 1000
    /// Written, and neither sent nor acknowledged.
    var queued: UInt32 = 0

    func row(_ port: UInt16) -> SocketRow {
      let (local, remote): (UInt16, UInt16) = isInitiator ? (port, 80) : (80, port)
      return .connection(local, remote, cookie: UInt64(port) + (isInitiator ? 1 << 32 : 0)) {
        $0.receiveQueue = unread
        $0.info.hasBytesSent = true
        $0.info.segmentsIn = 3
        $0.info.segmentsOut = 3
        $0.info.bytesSent = 120
        $0.info.bytesRetransmitted = 20
        $0.info.bytesAcked = UInt64(100 + acked)
        $0.info.bytesReceived = received
        $0.info.unansweredRetries = retries
        $0.info.lastDataSent = sentAgo
        $0.info.rtt = 40
        $0.sendQueue = queued
      }.destroyed()
    }
  }

  /// (end, how it ended, what was cut off)
  private static let ends: [(End, ConnectionEnd, SocketRow.CutOff)] = [
    (End(isInitiator: true, acked: 2), .closed, .nothing),
    (End(isInitiator: false, acked: 1), .closed, .nothing),
    (End(isInitiator: true, acked: 1), .aborted, .nothing),
    (End(isInitiator: false, acked: 0), .aborted, .nothing),
    (End(isInitiator: true, acked: -99), .aborted, .lost),
    (End(isInitiator: false, acked: -100), .aborted, .lost),
    (End(isInitiator: true, acked: -99, sentAgo: 0), .aborted, .lost),
    // The peer may keep an ACK back for 200 ms; what was sent again was missed.
    (End(isInitiator: false, acked: -100, sentAgo: 200), .aborted, .underWay),
    (End(isInitiator: false, acked: -100, sentAgo: 201), .aborted, .lost),
    (End(isInitiator: false, acked: -100, retries: 1, sentAgo: 0), .aborted, .lost),
    // More was written than is under way, beside a FIN.
    (End(isInitiator: false, acked: -100, sentAgo: 0, queued: 101), .aborted, .underWay),
    (End(isInitiator: false, acked: -100, sentAgo: 0, queued: 102), .aborted, .lost),
    (End(isInitiator: false, acked: 0, unread: 7), .aborted, .lost),
    // A FIN counts as one byte.
    (End(isInitiator: false, acked: 0, unread: 1), .aborted, .nothing),
    (End(isInitiator: true, acked: 1, received: 0), .aborted, .lost),
    (End(isInitiator: false, acked: -50, retries: 3), .timedOut, .nothing),
    // One answer to one retry is a reset.
    (End(isInitiator: true, acked: 1, retries: 1), .aborted, .nothing),
  ]

  @Test func `the last counters of a connection tell how it ended`() throws {
    for (end, how, cutOff) in Self.ends {
      let report = Self.report(of: [end], aborts: [:])
      let (process, direction): (String, Direction) =
        end.isInitiator ? ("unknown", .outbound) : ("server.py", .inbound)
      let counters = try #require(report.group(process, direction, 80)?.counters, "\(end)")
      for each in ConnectionEnd.allCases {
        #expect(counters.ended[each] == (each == how ? 1 : 0), "\(end)")
      }
      #expect(counters.cutOff == (cutOff == .lost ? 1 : 0), "\(end)")
      #expect(counters.cutOffUnderWay == (cutOff == .underWay ? 1 : 0), "\(end)")
    }
  }

  @Test func `a reset that this side chose is counted, though the kernel wipes the socket`() {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(40_001, 80, cookie: 3, inode: 20)
    polls.poll([row], holders: [20: [Self.client]])
    polls.tracker.absorb(
      destroyed: row.destroyed {
        $0.remote.port = 0
        $0.info = TCPInfo()
      })
    let counters = polls.poll([]).group("client.py", .outbound, 80)?.counters
    #expect(counters?.ended[.resetSent] == 1)
  }

  /// Polls before and after these ends, of unseen connections of a server on this host and of clients.
  private static func report(of ends: [End], aborts: [AbortReason: UInt64]) -> Report {
    var polls = ScriptedPolls()
    // Servers of elsewhere have no listener here.
    let isServer = ends.contains { !$0.isInitiator }
    let rows = isServer ? [SocketRow.listener(80, cookie: 1, inode: 10)] : []
    var before = polls.poll(rows, holders: [10: [server]])
    for (index, end) in ends.enumerated() {
      var row = end.row(UInt16(40_000 + index))
      // Beside a listener, only an address of elsewhere is a client's.
      if end.isInitiator, isServer {
        row.local.address = Address(ipv4: 0x0a00_0001)
        row.remote.address = row.local.address
      }
      polls.tracker.absorb(destroyed: row)
    }
    polls.host.aborts = aborts
    var report = polls.settle(rows)
    before.namespaces[0].host = HostCounters()
    report.time = before.time + 5
    report.baseline = CounterBaseline(before, isFirst: false)
    return report
  }

  private static func found(_ ends: [End], _ aborts: [AbortReason: UInt64] = [:]) -> [String] {
    Diagnosis.findings(in: report(of: ends, aborts: aborts)).compactMap { finding in
      guard case .connectionsReset(let side) = finding.kind else { return nil }
      return "\(finding.labels.direction.label) \(side) \(finding.severity.label)"
    }
  }

  private static let unread = End(isInitiator: false, acked: -70, unread: 4_000)
  private static let lost = End(isInitiator: true, acked: -90, unread: 70)
  private static let orderly = End(isInitiator: false, acked: 1)

  private static func times(_ count: Int, _ end: End) -> [End] {
    Array(repeating: end, count: count)
  }

  @Test func `a server that closes with unread data sends the resets`() throws {
    #expect(Self.found(Self.times(10, Self.unread), [.close: 10]) == ["inbound sent fault"])
    let report = Self.report(of: Self.times(10, Self.unread), aborts: [.close: 10])
    let finding = try #require(Diagnosis.findings(in: report).first)
    #expect(finding.responsible == .process)
    guard case .cutOff(let cutOff, _) = finding.evidence[0], cutOff.count == 10, cutOff.ended == 10,
      case .hostAborts(.close, 10, _) = finding.evidence[1]
    else {
      Issue.record("\(finding.evidence)")
      return
    }
  }

  @Test func `its clients on another host receive them, whatever they had not read`() {
    #expect(Self.found(Self.times(10, Self.lost)) == ["outbound received fault"])
  }

  @Test func `of two ends on one host the server's is taken for the sender, and is the one fault`()
  {
    let both = Self.times(10, Self.unread) + Self.times(10, Self.lost)
    #expect(
      Self.found(both, [.close: 10]) == ["inbound sent fault", "outbound received notice"])
  }

  @Test func `a server whose clients vanish receives them`() {
    let ends = Self.times(10, End(isInitiator: false, acked: -70))
    #expect(Self.found(ends, [.close: 10]) == ["inbound received fault"])
    #expect(Self.found(Self.times(10, Self.unread)) == ["inbound received fault"])
  }

  @Test func `few, or a small part, are none`() {
    #expect(Self.found(Self.times(4, Self.unread), [.close: 4]).isEmpty)
    let some = { Self.times($0, Self.unread) + Self.times(40, Self.orderly) }
    #expect(Self.found(some(4), [.close: 4]).isEmpty)
    #expect(Self.found(some(10), [.close: 10]) == ["inbound sent notice"])
  }

  @Test func `attempts that failed are a part of those that are over, and of nothing else`() {
    var polls = ScriptedPolls()
    let before = polls.poll([])
    for port in UInt16(40_000)..<40_006 {
      polls.tracker.absorb(destroyed: End(isInitiator: true, acked: 2).row(port))
    }
    for port in UInt16(41_000)..<41_002 {
      polls.tracker.absorb(
        destroyed: SocketRow.connection(port, 80, cookie: UInt64(port)) {
          $0.info.segmentsOut = 1
          $0.info.segmentsIn = 1
        }.destroyed())
    }
    // One that lives is not over.
    var report = polls.poll([.connection(42_000, 80, cookie: 9)])
    report.time = before.time + 5
    report.baseline = CounterBaseline(before, isFirst: false)
    let refused = Diagnosis.findings(in: report).first { $0.kind == .connectsRefused }
    guard case .connectFailures(.refused, 2, _) = refused?.evidence.first,
      case .attemptsOver(failed: 2, of: 8, _) = refused?.evidence.dropFirst().first
    else {
      Issue.record("\(String(describing: refused?.evidence))")
      return
    }
  }

  @Test func `what was under way at the reset may have arrived, and is at most a notice`() {
    let checks = Self.times(10, End(isInitiator: false, acked: -70, sentAgo: 2))
    #expect(Self.found(checks) == ["inbound received notice"])
    let lost = Self.times(10, End(isInitiator: false, acked: -70))
    #expect(Self.found(checks + lost + [lost[0]]) == ["inbound received fault"])
  }

  @Test func `a server whose clients on this host cut it off follows from them`() throws {
    let ends =
      Self.times(10, End(isInitiator: false, acked: -70)) + Self.times(10, Self.lost)
    #expect(Self.found(ends, [.close: 10]) == ["outbound sent fault", "inbound received notice"])
    let findings = Diagnosis.findings(in: Self.report(of: ends, aborts: [.close: 10]))
    let received = try #require(findings.first { $0.kind == .connectionsReset(.received) })
    #expect(received.follows?.kind == .connectionsReset(.sent))
    #expect(received.follows?.labels.direction == .outbound)
  }

  @Test func `the only known client of a port is likely the unknown one`() throws {
    var report = Self.report(of: Self.times(10, Self.lost), aborts: [.close: 10])
    let clients = { (report: Report) in
      Diagnosis.findings(in: report).flatMap(\.evidence).compactMap { evidence in
        if case .likelyClient(let name) = evidence { name } else { nil }
      }
    }
    #expect(clients(report).isEmpty)
    for (name, expected) in [("client.py", ["client.py"]), ("other.py", [])] {
      report.groups.append(
        GroupReport(
          labels: GroupLabels(process: name, unit: "", direction: .outbound, port: 80),
          statesSeen: []))
      #expect(clients(report) == expected)
    }
  }

  @Test func `health checks that end by a reset lose nothing`() {
    #expect(Self.found(Self.times(50, End(isInitiator: false, acked: 0))).isEmpty)
  }
}
