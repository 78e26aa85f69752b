import Testing

@testable import SocketStates

/// What the kernel counts itself, in place of destroy events.
@Suite struct KernelCounterTests {
  private let client = Owner.process("client.py", pid: 200)
  private let unseen = SocketRow.connection(40_001, 443, .synSent, cookie: 3, inode: 20) {
    $0.info.segmentsOut = 1
    $0.info.segmentsIn = 1
  }.destroyed()

  private func failures(_ report: Report, _ failure: ConnectFailure) -> [String: UInt64] {
    let groups = report.groups.filter { $0.counters?.connectFailures[failure] ?? 0 > 0 }
    return Dictionary(
      uniqueKeysWithValues: groups.map {
        ($0.labels.process, $0.counters?.connectFailures[failure] ?? 0)
      })
  }

  @Test
  func `a failure that the kernel counts is its process's, and its event does not count again`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.kernelCountsConnections = true
    polls.tracker.absorb(destroyed: unseen)
    polls.count(.failed(.refused), 1, owner: client, .outbound, port: 443)
    #expect(failures(polls.poll([]), .refused) == ["client.py": 1])
  }

  @Test func `without the kernel's counter the event counts`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.absorb(destroyed: unseen)
    #expect(failures(polls.poll([]), .refused) == ["unknown": 1])
  }

  @Test func `connections that the kernel counts are counted once, from it`() {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(40_001, 443, cookie: 3, inode: 20) { $0.info.bytesAcked = 1 }
    polls.poll([])
    polls.tracker.kernelCountsConnections = true
    polls.poll([row], holders: [20: [client]])
    var connections = KernelConnections()
    connections.opened = 1
    connections.ended[.resetReceived] = 1
    connections.lifetimes.observe(7)
    polls.count(.connections(connections), 1, owner: client, .outbound, port: 443)
    polls.tracker.absorb(destroyed: row.destroyed())
    let counters = polls.poll([]).group("client.py", .outbound, 443)?.counters
    #expect(counters?.opened == 1)
    #expect(counters?.endedTotal == 1 && counters?.ended[.resetReceived] == 1)
    #expect(counters?.lifetime.count == 1)
  }

  private func ended(
    _ how: ConnectionEnd?, _ direction: Direction = .outbound, retransmits: UInt32 = 0
  ) -> EndedSocket {
    var ended = EndedSocket(
      direction: direction, port: 443, how: how, state: .established, reason: .abortOnClose,
      retransmits: retransmits, unread: 40)
    ended.owner = client
    return ended
  }

  @Test func `what no poll has seen is its process's, by what the kernel keeps of its end`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.kernelCountsConnections = true
    polls.ended[3] = ended(.closed)
    let row = SocketRow.connection(40_001, 443, cookie: 3, inode: 20) {
      $0.info.bytesAcked = 2
      $0.info.bytesSent = 500
    }
    polls.tracker.absorb(destroyed: row.destroyed())
    let report = polls.poll([])
    #expect(report.group("client.py", .outbound, 443)?.counters?.sentBytes == 500)
    #expect(!report.groups.contains { $0.labels.process == "unknown" })
  }

  @Test func `the retransmits of an attempt whose socket was wiped are its process's`() {
    var polls = ScriptedPolls()
    polls.poll([], retransSegs: 0)
    polls.tracker.kernelCountsConnections = true
    polls.ended[3] = ended(nil, retransmits: 2)
    var row = unseen
    row.remote = Endpoint(address: .anyIPv6, port: 0)
    row.info = TCPInfo()
    polls.tracker.absorb(destroyed: row)
    for _ in 0..<3 { polls.poll([], retransSegs: 2) }
    let report = polls.poll([], retransSegs: 2)
    let counters = report.group("client.py", .outbound, 443)?.counters
    #expect(counters?.retransmittedSegments == 2)
    #expect(counters?.opened == 0 && counters?.endedTotal == 0)
    #expect(!report.groups.contains { $0.labels.process == "unknown" })
  }

  @Test func `those that polls have counted are not counted again when the socket was wiped`() {
    var polls = ScriptedPolls()
    polls.poll([], retransSegs: 0)
    polls.tracker.kernelCountsConnections = true
    let row = SocketRow.connection(40_001, 443, .synSent, cookie: 3, inode: 20) {
      $0.info.segmentsOut = 2
      $0.info.totalRetransmits = 1
    }
    polls.poll([row], holders: [20: [client]], retransSegs: 1)
    polls.ended[3] = ended(nil, retransmits: 3)
    var wiped = unseen
    wiped.remote = Endpoint(address: .anyIPv6, port: 0)
    wiped.info = TCPInfo()
    polls.tracker.absorb(destroyed: wiped)
    for _ in 0..<3 { polls.poll([], retransSegs: 3) }
    let report = polls.poll([], retransSegs: 3)
    #expect(report.group("client.py", .outbound, 443)?.counters?.retransmittedSegments == 3)
    #expect(!report.groups.contains { $0.labels.process == "unknown" })
  }

  /// Sent bytes of a connection that was reset by its own side, of which a poll has seen so many, or none.
  @Test(arguments: [nil, 500] as [UInt64?])
  func `what a connection has sent before its socket was wiped is its process's, once`(
    seen: UInt64?
  ) {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.kernelCountsConnections = true
    var row = SocketRow.connection(40_001, 443, cookie: 3, inode: 20) {
      $0.info.bytesAcked = 1
      $0.info.bytesSent = seen ?? 0
      $0.info.dataSegmentsOut = seen == nil ? 0 : 1
    }
    if seen != nil { polls.poll([row], holders: [20: [client]]) }
    var end = ended(.resetSent)
    (end.sentBytes, end.sentSegments, end.receivedBytes) = (700, 2, 90)
    end.retransmittedBytes = 7
    polls.ended[3] = end
    row.remote = Endpoint(address: .anyIPv6, port: 0)
    row.info = TCPInfo()
    polls.tracker.absorb(destroyed: row.destroyed())
    let report = polls.poll([])
    let counters = report.group("client.py", .outbound, 443)?.counters
    #expect(counters?.sentBytes == 700 && counters?.sentSegments == 2)
    #expect(counters?.receivedBytes == 90 && counters?.retransmittedBytes == 7)
    #expect(!report.groups.contains { $0.labels.process == "unknown" })
  }

  @Test func `what an attempt has not sent takes nothing from the connection before it`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.kernelCountsConnections = true
    var row = SocketRow.connection(40_001, 443, cookie: 3, inode: 20) {
      $0.info.bytesAcked = 1
      $0.info.bytesSent = 500
    }
    polls.poll([row], holders: [20: [client]])
    // Disconnected, and used again in vain.
    polls.ended[3] = ended(nil, retransmits: 1)
    row.remote = Endpoint(address: .anyIPv6, port: 0)
    row.info = TCPInfo()
    polls.tracker.absorb(destroyed: row.destroyed())
    let counters = polls.poll([]).group("client.py", .outbound, 443)?.counters
    #expect(counters?.sentBytes == 500 && counters?.retransmittedSegments == 1)
  }

  @Test func `a TIME-WAIT that no poll has seen before is its process's`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.kernelCountsConnections = true
    polls.ended[3] = ended(.closed)
    let row = SocketRow.connection(40_001, 443, .timeWait, cookie: 3, inode: 0) {
      $0.hasInfo = false
    }
    for _ in 0..<2 {
      let report = polls.poll([row])
      #expect(report.group("client.py", .outbound, 443)?.gauges.sockets[.timeWait] == 1)
    }
  }

  @Test func `what nobody holds any more when a poll sees it first is its process's`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.kernelCountsConnections = true
    let row = SocketRow.connection(40_001, 443, .finWait1, cookie: 3, inode: 0) {
      $0.info.bytesAcked = 2
      $0.info.bytesSent = 500
    }
    polls.ended[3] = ended(nil)
    let report = polls.poll([row])
    #expect(report.group("client.py", .outbound, 443)?.counters?.sentBytes == 500)
    #expect(report.group("client.py", .outbound, 443)?.gauges.sockets[.finWait1] == 1)
    #expect(!report.groups.contains { $0.labels.process == "unknown" })
  }

  @Test func `what a socket of nobody's has sent since is its process's when it has ended`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.kernelCountsConnections = true
    var row = SocketRow.connection(40_001, 443, .finWait1, cookie: 3, inode: 0) {
      $0.info.bytesAcked = 2
      $0.info.bytesSent = 500
    }
    let first = polls.poll([row])
    #expect(first.group("unknown", .outbound, 443)?.counters?.sentBytes == 500)
    polls.ended[3] = ended(.resetReceived)
    row.info.bytesSent = 700
    polls.tracker.absorb(destroyed: row.destroyed())
    let report = polls.poll([])
    #expect(report.group("client.py", .outbound, 443)?.counters?.sentBytes == 200)
    #expect(report.group("unknown", .outbound, 443)?.counters?.sentBytes == 500)
  }

  @Test func `connections of a listener are its owner's, whoever called listen`() {
    var polls = ScriptedPolls()
    let server = Owner.process("server.js", pid: 100)
    polls.poll([.listener(80, cookie: 1, inode: 10)], holders: [10: [server]])
    polls.tracker.kernelCountsConnections = true
    var connections = KernelConnections()
    connections.opened = 2
    polls.count(
      .connections(connections), 1, owner: .process("systemd", pid: 1), .inbound, port: 80)
    let report = polls.poll([.listener(80, cookie: 1, inode: 10)])
    #expect(report.group("server.js", .inbound, 80)?.counters?.opened == 2)
    #expect(!report.groups.contains { $0.labels.process == "systemd" })
  }

  @Test func `a socket that polls have seen ends as the kernel says, and its story says why`()
    throws
  {
    var polls = ScriptedPolls()
    let recorder = FlightRecorder(keep: 8, log: .none)
    polls.tracker.recorder = recorder
    let row = SocketRow.connection(40_001, 443, cookie: 3, inode: 20) { $0.info.bytesAcked = 1 }
    polls.poll([row], holders: [20: [client]])
    polls.tracker.kernelCountsConnections = true
    polls.poll([row])
    polls.ended[3] = ended(.resetSent)
    polls.tracker.absorb(destroyed: row.destroyed())
    polls.poll([])
    let connection = try #require(recorder.lastBroken.first)
    #expect(connection.how == .resetSent && connection.isExact)
    #expect(connection.resetReason == .abortOnClose && connection.unreadBytes == 40)
  }

  @Test func `resets without a socket are in the group unknown`() throws {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.count(.reset(.sent(nil, .noSocket)), 3, owner: nil, nil, port: nil)
    polls.count(.reset(.received(.established)), 2, owner: client, .outbound, port: 443)
    let report = polls.poll([])
    let unknown = try #require(report.groups.first { $0.labels.process == "unknown" })
    #expect(unknown.labels.port == nil)
    #expect(unknown.counters?.resets[.sent(nil, .noSocket)] == 3)
    let known = report.group("client.py", .outbound, 443)
    #expect(known?.counters?.resets[.received(.established)] == 2)
  }

  @Test func `a group past the budget counts its resets in other`() throws {
    var polls = ScriptedPolls { $0.groups = 1 }
    polls.poll([.connection(40_001, 80, cookie: 1, inode: 20)], holders: [20: [client]])
    for owner in ["a", "b"] {
      polls.count(
        .reset(.received(.finWait2)), 2, owner: .process(owner, pid: 300), .outbound, port: 443)
    }
    let report = polls.poll([.connection(40_001, 80, cookie: 1, inode: 20)])
    let other = try #require(report.exposedGroups.first { $0.labels.isOther })
    #expect(other.counters?.resets[.received(.finWait2)] == 4)
  }

  @Test func `resets that the kernel has counted say who cuts off, if they have a reason`() {
    var resets = ResetCounts()
    #expect(resets.cuttingOff == nil)
    resets[.sent(nil, .noSocket)] = 5
    #expect(resets.cuttingOff == nil)
    resets[.received(.established)] = 3
    #expect(resets.cuttingOff == 0)
    resets[.sent(.established, .abortOnClose)] = 2
    resets[.sent(.established, .state)] = 4
    #expect(resets.cuttingOff == 2)
    resets[.sent(.established, nil)] = 1
    #expect(resets.cuttingOff == nil)
  }

  @Test func `an unreachable destination is told only once there is one`() {
    var counters = GroupCounters()
    #expect(
      ConnectFailure.allCases.filter(counters.tells(of:)) == [.refused, .unanswered, .abandoned])
    counters.connectFailures[.unreachable] = 1
    #expect(ConnectFailure.allCases.filter(counters.tells(of:)) == ConnectFailure.allCases)
  }
}

extension ScriptedPolls {
  fileprivate mutating func count(
    _ event: SocketTracker.KernelEvent, _ times: UInt64, owner: Owner?, _ direction: Direction?,
    port: UInt16?
  ) {
    tracker.count(
      SocketTracker.KernelCount(event, times, owner: owner, direction, port: port))
  }
}
