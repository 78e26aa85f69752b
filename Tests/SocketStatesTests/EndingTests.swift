import Testing

@testable import SocketStates

/// How connections open and end, by group.
@Suite struct EndingTests {
  private static let server = Owner.process("server.js", pid: 100)
  private static let client = Owner.process("client.py", pid: 200)
  private static let holders: [UInt32: [Owner]] = [10: [server], 20: [client], 30: [client]]
  private static let listener = SocketRow.listener(80, cookie: 1, inode: 10)

  /// The client's end, established.
  private static func row(
    _ state: TCPState = .established, cookie: UInt64 = 3,
    _ change: (inout SocketRow) -> Void = { _ in }
  ) -> SocketRow {
    .connection(40_000, 80, state, cookie: cookie, inode: 20) { row in
      row.info.hasBytesSent = true
      row.info.segmentsIn = 3
      row.info.segmentsOut = 3
      row.info.bytesAcked = state == .synSent ? 0 : 1
      change(&row)
    }
  }

  private func counters(_ report: Report, _ process: String = "client.py") -> GroupCounters? {
    report.groups.first { $0.labels.process == process && $0.labels.direction == .outbound }?
      .counters
  }

  private func ends(_ counters: GroupCounters?) -> [ConnectionEnd: UInt64] {
    var ends: [ConnectionEnd: UInt64] = [:]
    for how in ConnectionEnd.allCases where counters?.ended[how] ?? 0 > 0 {
      ends[how] = counters?.ended[how]
    }
    return ends
  }

  /// (bytes acknowledged beyond 100 of payload, whether inbound, what else there is) → how it ended.
  private static let cases:
    [(Int64, Bool?, @Sendable (inout SocketRow) -> Void, TCPState?, ConnectionEnd)] = [
      (2, false, { _ in }, nil, .closed),
      (1, true, { _ in }, nil, .closed),
      (1, false, { _ in }, nil, .aborted),
      (0, true, { _ in }, nil, .aborted),
      (1, nil, { _ in }, nil, .unknown),
      (2, nil, { _ in }, nil, .closed),
      (-99, false, { $0.info.unansweredRetries = 4 }, .established, .timedOut),
      (1, false, { $0.info.unansweredRetries = 2 }, .established, .timedOut),
      // One answer to one retransmission or probe is a reset.
      (1, false, { $0.info.unansweredRetries = 1 }, .established, .aborted),
      (-99, false, { $0.info.unansweredRetries = 1 }, .established, .aborted),
      // Acknowledged after all: the counters stay from before.
      (2, false, { $0.info.totalRetransmits = 9 }, .finWait2, .closed),
      (0, false, { $0.receiveQueue = 1 }, .closeWait, .resetReceived),
      (0, false, { $0.receiveQueue = 2 }, .closeWait, .aborted),
      (1, false, { $0.receiveQueue = 50 }, .established, .aborted),
      (1, false, { $0.remote.port = 0 }, .established, .resetSent),
      (1, false, { $0.remote.port = 0 }, .close, .aborted),
      (2, false, { $0.info.hasBytesSent = false }, nil, .unknown),
    ]

  @Test(arguments: cases.indices)
  func `the last counters tell how a connection ended`(index: Int) {
    let (beyond, isInbound, change, state, how) = Self.cases[index]
    let row = Self.row().destroyed {
      $0.info.bytesSent = 130
      $0.info.bytesRetransmitted = 30
      $0.info.bytesAcked = UInt64(100 + beyond)
      change(&$0)
    }
    #expect(row.connectionEnd(after: state, isInbound: isInbound) == how)
  }

  @Test func `a connection is opened once and ended once`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    var report = polls.poll([Self.listener, Self.row(.synSent)])
    #expect(counters(report)?.opened == 0)
    report = polls.poll([Self.listener, Self.row()])
    #expect(counters(report)?.opened == 1)
    let event = Self.row().destroyed { $0.info.bytesAcked = 2 }
    polls.tracker.absorb(destroyed: event)
    polls.tracker.absorb(destroyed: event)
    report = polls.poll([Self.listener])
    report = polls.poll([Self.listener])
    #expect(counters(report)?.opened == 1)
    #expect(ends(counters(report)) == [.closed: 1])
  }

  @Test func `one that no poll has seen is opened and ended`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.tracker.absorb(destroyed: Self.row().destroyed { $0.info.bytesAcked = 2 })
    polls.tracker.absorb(
      destroyed: SocketRow.connection(80, 41_000, cookie: 4).destroyed {
        $0.info.hasBytesSent = true
        $0.info.segmentsIn = 2
        $0.info.bytesAcked = 0
      })
    let report = polls.settle([Self.listener])
    #expect(counters(report, "unknown")?.opened == 1)
    #expect(ends(counters(report, "unknown")) == [.closed: 1])
    let inbound = report.group("server.js", .inbound, 80)?.counters
    #expect(inbound?.opened == 1)
    #expect(ends(inbound) == [.aborted: 1])
  }

  @Test func `a failed attempt is no connection`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, Self.row(.synSent)])
    polls.tracker.absorb(destroyed: Self.row(.synSent).destroyed())
    let report = polls.poll([Self.listener])
    #expect(counters(report)?.opened == 0)
    #expect(ends(counters(report)).isEmpty)
    #expect(counters(report)?.connectFailures[.refused] == 1)
  }

  @Test func `of a wiped socket the last ACK tells whether it was connected`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    for (cookie, lastAck) in [(UInt64(8), UInt32(900)), (9, 90_000_000)] {
      polls.tracker.absorb(
        destroyed: Self.row(cookie: cookie).destroyed {
          $0.remote = Endpoint(address: .anyIPv6, port: 0)
          $0.info = TCPInfo()
          $0.info.lastAckReceived = lastAck
        })
    }
    let report = polls.poll([Self.listener])
    #expect(counters(report, "unknown")?.opened == 1)
    #expect(ends(counters(report, "unknown")) == [.resetSent: 1])
  }

  @Test func `what was open at the start is not opened, and its end counts`() {
    var polls = ScriptedPolls()
    var report = polls.poll([Self.listener, Self.row()], holders: Self.holders)
    #expect(counters(report)?.opened == 0)
    polls.tracker.absorb(destroyed: Self.row().destroyed())
    report = polls.settle([Self.listener])
    #expect(counters(report)?.opened == 0)
    #expect(ends(counters(report)) == [.aborted: 1])
  }

  @Test func `the end that no event has told is counted as unknown`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    var report = polls.poll([Self.listener, Self.row()])
    for _ in 0..<5 { report = polls.poll([Self.listener]) }
    #expect(counters(report)?.opened == 1)
    #expect(ends(counters(report)) == [.unknown: 1])
  }

  @Test func `a socket that is held while its connection is in TIME-WAIT is no other connection`() {
    var polls = ScriptedPolls()
    polls.keepsDescriptors = true
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, Self.row()])
    let rest = Self.row(.timeWait) {
      $0.inode = 0
      $0.timer = .timeWait
    }
    for _ in 0..<5 { polls.poll([Self.listener, rest]) }
    polls.keepsDescriptors = false
    polls.tracker.absorb(destroyed: Self.row().destroyed { $0.info.bytesAcked = 2 })
    var report = polls.poll([Self.listener])
    for _ in 0..<5 { report = polls.poll([Self.listener]) }
    #expect(counters(report)?.opened == 1)
    #expect(ends(counters(report)) == [.closed: 1])
  }

  @Test func `TIME-WAIT tells that one of which the side is not known was closed in good order`() {
    var polls = ScriptedPolls()
    polls.poll([], holders: Self.holders)
    // The acceptor's end of a connection from a port below the ephemeral ones, whose listener was there for less than
    // a poll: what a client's end would be that was aborted.
    let event = SocketRow.connection(50_000, 20, cookie: 7).destroyed {
      $0.info.hasBytesSent = true
      $0.info.segmentsIn = 3
      $0.info.bytesAcked = 1
    }
    polls.tracker.absorb(destroyed: event)
    let rest = SocketRow.connection(50_000, 20, .timeWait, cookie: 7) {
      $0.timer = .timeWait
      $0.expires = 59_000
    }
    #expect(ends(counters(polls.poll([rest]), "unknown")) == [.closed: 1])
  }

  @Test func `what is left in FIN-WAIT-2 of one whose event was lost is not open for long`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, Self.row()])
    polls.tracker.mayMissEvents = true
    let rest = Self.row(.finWait2) {
      $0.inode = 0
      $0.hasInfo = false
      $0.timer = .timeWait
      $0.expires = 59_000
    }
    var report = polls.poll([Self.listener, rest])
    for _ in 0..<3 { report = polls.poll([Self.listener, rest]) }
    #expect(counters(report)?.opened == 1)
    #expect(ends(counters(report)) == [.closed: 1])
    // The peer closes at last, and the rest goes.
    for rows in [[Self.listener, Self.row(.timeWait) { $0.timer = .timeWait }], [Self.listener]] {
      for _ in 0..<4 { report = polls.poll(rows) }
    }
    #expect(ends(counters(report)) == [.closed: 1])
  }

  @Test func `one that ended while its host had sent no reset was reset by its peer`() {
    func end(
      _ change: (inout ScriptedPolls) -> Void, after polled: Int = 0
    ) -> [ConnectionEnd: UInt64] {
      var polls = ScriptedPolls()
      polls.host.resetsSent = 7
      polls.host.aborts = [.timeout: 2]
      for _ in 0..<4 { polls.poll([Self.listener], holders: Self.holders) }
      polls.poll([Self.listener, Self.row { $0.remote.address = Address(ipv4: 0x0a00_0001) }])
      polls.tracker.absorb(
        destroyed: Self.row { $0.remote.address = Address(ipv4: 0x0a00_0001) }.destroyed())
      for _ in 0..<polled { polls.poll([Self.listener]) }
      change(&polls)
      return ends(counters(polls.settle([Self.listener])))
    }
    #expect(end { _ in } == [.resetReceived: 1])
    // It may have been this one, also if the kernel had counted it before the event came, or after the poll.
    #expect(end { $0.host.resetsSent = 8 } == [.aborted: 1])
    #expect(end({ $0.host.resetsSent = 8 }, after: 1) == [.aborted: 1])
    #expect(end { $0.host.aborts[.timeout] = 3 } == [.aborted: 1])
    #expect(end { $0.host.aborts = [:] } == [.aborted: 1])
    // Too late to be of that end.
    #expect(end({ $0.host.resetsSent = 8 }, after: 2) == [.resetReceived: 1])
  }

  @Test func `TIME-WAIT tells of the end that no event has told`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, Self.row()])
    let rest = Self.row(.timeWait) {
      $0.inode = 0
      $0.timer = .timeWait
      $0.expires = 59_000
    }
    var report = polls.poll([Self.listener, rest])
    report = polls.poll([Self.listener, rest])
    #expect(ends(counters(report)).isEmpty)
    for _ in 0..<2 { report = polls.poll([Self.listener, rest]) }
    #expect(ends(counters(report)) == [.closed: 1])
    // Too late.
    polls.tracker.absorb(destroyed: Self.row().destroyed { $0.info.bytesAcked = 2 })
    for _ in 0..<5 { report = polls.poll([Self.listener]) }
    #expect(ends(counters(report)) == [.closed: 1])
  }

  @Test func `one that goes to another group is ended here as moved and opened there`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, Self.row()])
    polls.rename(.process("worker.py", pid: 200))
    let report = polls.poll([Self.listener, Self.row()])
    #expect(ends(counters(report)) == [.moved: 1])
    #expect(counters(report, "worker.py")?.opened == 1)
  }

  @Test func `a socket that connects again is another connection`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, Self.row()])
    let again = Self.row { $0.local.port = 40_001 }
    var report = polls.poll([Self.listener, again])
    #expect(counters(report)?.opened == 2)
    #expect(ends(counters(report)) == [.unknown: 1])
    polls.tracker.absorb(destroyed: again.destroyed { $0.info.bytesAcked = 2 })
    report = polls.poll([Self.listener])
    #expect(ends(counters(report)) == [.unknown: 1, .closed: 1])
  }

  @Test func `a poll that breaks off opens nothing twice`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.brokenPoll([Self.listener, Self.row()])
    let report = polls.poll([Self.listener, Self.row()])
    #expect(counters(report)?.opened == 1)
  }

  @Test func `ports that the kernel keeps are no connection`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    let report = polls.poll([
      Self.listener,
      Self.row(.finWait2) {
        $0.inode = 0
        $0.hasInfo = false
        $0.timer = .timeWait
      },
    ])
    #expect(report.groups.allSatisfy { $0.counters?.opened == 0 })
  }

  @Test func `the recorder has what the event and the last poll told`() throws {
    var polls = ScriptedPolls()
    let recorder = FlightRecorder(keep: 10, log: .errors)
    recorder.clockOffset = 7
    polls.tracker.recorder = recorder
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, Self.row()])
    polls.tracker.absorb(
      destroyed: Self.row().destroyed {
        $0.info.bytesSent = 150
        $0.info.bytesRetransmitted = 50
        $0.info.bytesAcked = 61
        $0.info.bytesReceived = 30
        $0.info.lastDataSent = 350
        $0.info.lastDataReceived = 500
        $0.info.totalRetransmits = 1
        $0.receiveQueue = 5
      }, at: polls.now + 3)
    let seen = polls.now
    _ = polls.settle([Self.listener])
    let ending = try #require(recorder.connections.all { _ in true }.first)
    #expect(ending.labels.process == "client.py" && ending.pid == 200)
    #expect(ending.how == .aborted && ending.lastState == .established)
    #expect(ending.ended == seen + 10)
    #expect(ending.openBy == seen + 7)
    #expect((ending.sentBytes, ending.receivedBytes) == (100, 30))
    #expect((ending.unacknowledgedBytes, ending.unreadBytes) == (40, 5))
    #expect(ending.idle == 350 && ending.isUnanswered && ending.retransmits == 1)
    #expect(recorder.takeLogged().connections.count == 1)
    #expect(recorder.takeLogged().connections.isEmpty)
  }
}

/// The memory of connections that have ended.
@Suite struct EndedConnectionsTests {
  private func connection(_ number: UInt16, _ how: ConnectionEnd = .closed, seen: Bool = false)
    -> EndedConnection
  {
    var connection = EndedConnection(
      SocketRow.connection(number, 80, cookie: 1), how,
      labels: GroupLabels(process: "p", unit: "", direction: .outbound, port: 80),
      isInbound: false, ended: Int64(number))
    if seen { connection.lastState = .established }
    return connection
  }

  private func ports(_ connections: EndedConnections) -> [UInt16] {
    connections.all { _ in true }.map(\.local.port)
  }

  @Test func `the oldest makes room, and the last to end comes first`() {
    var connections = EndedConnections(limit: 3)
    for number in 1...5 as ClosedRange<UInt16> { connections.insert(connection(number)) }
    #expect(ports(connections) == [5, 4, 3])
    #expect(connections.count == 3)
  }

  @Test func `what ended in good order makes room for errors, short ones first`() {
    var connections = EndedConnections(limit: 4)
    connections.insert(connection(1, .aborted))
    connections.insert(connection(2, seen: true))
    connections.insert(connection(3))
    connections.insert(connection(4, .timedOut))
    connections.insert(connection(5, .aborted))
    #expect(ports(connections) == [5, 4, 2, 1])
    connections.insert(connection(6, .aborted))
    #expect(ports(connections) == [6, 5, 4, 1])
    connections.insert(connection(7, .aborted))
    #expect(ports(connections) == [7, 6, 5, 4])
  }

  @Test func `a flood of one kind leaves an eighth to each other`() {
    var connections = EndedConnections(limit: 16)
    for number in 1...100 as ClosedRange<UInt16> {
      connections.insert(connection(number))
      connections.insert(connection(number + 100, seen: true))
    }
    for number in 300...400 as ClosedRange<UInt16> {
      connections.insert(connection(number, .aborted))
    }
    #expect(connections.count == 16)
    #expect(connections.all { $0.rank == .brief }.map(\.local.port) == [100, 99])
    #expect(connections.all { $0.rank == .orderly }.map(\.local.port) == [200, 199])
    #expect(connections.all { $0.rank == .error }.first?.local.port == 400)
  }

  @Test func `an error among a hundred thousand that ended in good order is found`() throws {
    var connections = EndedConnections(limit: 10_000)
    connections.insert(connection(7, .aborted))
    for number in 0..<100_000 { connections.insert(connection(UInt16(1000 + number % 60_000))) }
    var looks = 0
    let found = connections.all {
      looks += 1
      return $0.local.port == 7
    }
    #expect(found.map(\.how) == [.aborted])
    #expect(looks == 10_000)
  }

  @Test func `another limit keeps what it can`() {
    var connections = EndedConnections(limit: 8)
    for number in 1...4 as ClosedRange<UInt16> {
      connections.insert(connection(number))
      connections.insert(connection(number + 10, .aborted))
    }
    let fewer = connections.resized(to: 4)
    #expect(ports(fewer) == [14, 13, 12, 11])
    #expect(ports(fewer.resized(to: 0)).isEmpty)
    #expect(ports(connections.resized(to: 100)) == [14, 13, 12, 11, 4, 3, 2, 1])
  }

  @Test func `a flood is not logged line by line`() {
    let recorder = FlightRecorder(keep: 0, log: .all)
    for number in 1...1100 as ClosedRange<UInt16> { recorder.record(connection(number)) }
    let logged = recorder.takeLogged()
    #expect(logged.connections.count == 1000 && logged.omitted == 100)
    recorder.apply(keep: 0, log: .none)
    recorder.record(connection(1, .aborted))
    #expect(recorder.takeLogged().connections.isEmpty)
  }
}
