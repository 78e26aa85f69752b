import Testing

@testable import SocketStates

/// Who has reset a connection, if both ends are on this host.
@Suite struct ResetPairingTests {
  private static let server = Owner.process("server.js", pid: 100)
  private static let client = Owner.process("client.py", pid: 200)
  private static let holders: [UInt32: [Owner]] = [
    10: [server], 11: [server], 20: [client],
  ]
  private static let listener = SocketRow.listener(80, cookie: 1, inode: 10)

  /// Ends of a connection over which the client has sent 10 bytes and the server 20, all acknowledged.
  private enum End: String {
    /// It had read all, and has sent no FIN.
    case read
    /// It had unread payload, and no FIN of the peer's.
    case unread
    /// The same of a single byte.
    case oneUnread
    /// The same, and the peer's FIN had come.
    case unreadAfterFIN
    /// It had closed in good order.
    case closed
    case wiped
    case timedOut
    /// No event has come.
    case open

    func row(ofServer: Bool) -> SocketRow {
      let (local, remote): (UInt16, UInt16) = ofServer ? (80, 40_000) : (40_000, 80)
      return .connection(local, remote, cookie: ofServer ? 2 : 3, inode: ofServer ? 11 : 20) {
        $0.info.hasBytesSent = true
        $0.info.segmentsIn = 3
        $0.info.segmentsOut = 3
        $0.info.bytesSent = ofServer ? 20 : 10
        $0.info.bytesReceived = ofServer ? 10 : 20
        $0.info.bytesAcked = $0.info.bytesSent + (ofServer ? 0 : 1)
      }
    }

    func event(ofServer: Bool) -> SocketRow? {
      let row = row(ofServer: ofServer)
      return switch self {
      case .open: nil
      case .read: row.destroyed()
      case .unread: row.destroyed { $0.receiveQueue = 5 }
      case .oneUnread: row.destroyed { $0.receiveQueue = 1 }
      case .unreadAfterFIN:
        row.destroyed {
          $0.receiveQueue = 6
          $0.info.bytesReceived += 1
        }
      case .closed: row.destroyed { $0.info.bytesAcked += 1 }
      case .timedOut: row.destroyed { $0.info.unansweredRetries = 5 }
      case .wiped:
        row.destroyed {
          $0.remote = Endpoint(address: .anyIPv4, port: 0)
          if !ofServer { $0.local.address = .anyIPv4 }
          $0.info = TCPInfo()
          $0.info.lastAckReceived = 1
        }
      }
    }
  }

  /// (the server's end, the client's, how they ended; nil: open)
  private static let cases: [(End, End, ConnectionEnd?, ConnectionEnd?)] = [
    (.unread, .read, .resetSent, .resetReceived),
    (.read, .unread, .resetReceived, .resetSent),
    (.oneUnread, .read, .resetSent, .resetReceived),
    (.unread, .open, .resetSent, nil),
    // It may be a FIN.
    (.oneUnread, .open, .aborted, nil),
    (.wiped, .read, .resetSent, .resetReceived),
    (.wiped, .unread, .resetSent, .resetReceived),
    (.read, .wiped, .resetReceived, .resetSent),
    (.closed, .read, .closed, .resetReceived),
    (.timedOut, .read, .timedOut, .resetReceived),
    // Nobody knows.
    (.unread, .unread, .aborted, .aborted),
    (.read, .read, .aborted, .aborted),
    (.read, .open, .aborted, nil),
    (.unreadAfterFIN, .closed, .aborted, .closed),
    (.unreadAfterFIN, .read, .aborted, .aborted),
  ]

  private func end(_ report: Report, _ process: String) -> ConnectionEnd? {
    let counters = report.groups.first {
      $0.labels.process == process && ($0.counters?.endedTotal ?? 0) > 0
    }?.counters
    let ends = ConnectionEnd.allCases.filter { counters?.ended[$0] ?? 0 > 0 }
    return ends.count == 1 && counters?.endedTotal == 1 ? ends[0] : nil
  }

  @Test(arguments: cases.indices, [true, false])
  func `both ends together tell who sent the reset`(index: Int, serverFirst: Bool) {
    let (server, client, serverEnd, clientEnd) = Self.cases[index]
    var polls = ScriptedPolls()
    polls.keepsDescriptors = client == .open
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, End.read.row(ofServer: true), End.read.row(ofServer: false)])
    let events = [server.event(ofServer: true), client.event(ofServer: false)]
    for event in (serverFirst ? events : events.reversed()).compactMap({ $0 }) {
      polls.tracker.absorb(destroyed: event, at: polls.now + 1)
    }
    var report = polls.poll([Self.listener])
    // Of one end alone it is waited for the other.
    if events.contains(where: { $0 == nil }), serverEnd == .aborted {
      #expect(end(report, "server.js") == nil)
      report = polls.poll([Self.listener])
    }
    #expect(end(report, "server.js") == serverEnd, "\(server) \(client)")
    #expect(end(report, "client.py") == clientEnd, "\(server) \(client)")
  }

  @Test(arguments: [(End.unread, UInt64(1), UInt64(0)), (.wiped, 0, 1)])
  private func `what was under way is lost if the other end is known to have left it unread`(
    client: End, lost: UInt64, underWay: UInt64
  ) throws {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, End.read.row(ofServer: true), End.read.row(ofServer: false)])
    polls.tracker.absorb(
      destroyed: End.read.row(ofServer: true).destroyed { $0.info.bytesAcked = 0 },
      at: polls.now + 1)
    client.event(ofServer: false).map { polls.tracker.absorb(destroyed: $0, at: polls.now + 1) }
    let report = polls.settle([Self.listener])
    let counters = try #require(report.group("server.js", .inbound, 80)?.counters)
    #expect(counters.ended[.resetReceived] == 1)
    #expect(counters.cutOff == lost)
    #expect(counters.cutOffUnderWay == underWay)
    #expect(counters.cutOffLocal == 1)
  }

  /// Both ends of one that no poll has seen, and a poll comes between their events.
  @Test(arguments: [true, false])
  func `a poll that comes between the two ends hides neither`(isSeen: Bool) {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    if isSeen {
      polls.poll([Self.listener, End.read.row(ofServer: true), End.read.row(ofServer: false)])
    }
    End.unread.event(ofServer: true).map {
      polls.tracker.absorb(destroyed: $0, at: polls.now + 4_000)
    }
    var report = polls.poll([Self.listener])
    End.read.event(ofServer: false).map { event in
      // It was open when the other end was closed.
      polls.tracker.absorb(
        destroyed: event.with { $0.info.lastAckReceived = 2_000 }, at: polls.now + 900)
    }
    report = polls.poll([Self.listener])
    #expect(end(report, "server.js") == .resetSent)
    #expect(end(report, isSeen ? "client.py" : "unknown") == .resetReceived)
    for group in report.groups { #expect(group.counters?.opened == group.counters?.endedTotal) }
  }

  @Test(arguments: [true, false])
  func `ends in two network namespaces are paired if both are watched, but not those of loopback`(
    isLoopback: Bool
  ) {
    let resets = ResetPairing(spansNamespaces: true)
    var here = ScriptedPolls()
    var there = ScriptedPolls()
    here.tracker = SocketTracker(netns: "here", resets: resets)
    there.tracker = SocketTracker(netns: "there", resets: resets)
    func move(_ row: SocketRow) -> SocketRow {
      guard !isLoopback else { return row }
      return row.with { row in
        let (server, client) = (Address(ipv4: 0x0a01_0002), Address(ipv4: 0x0a01_0001))
        row.local.address = row.local.port == 80 ? server : client
        row.remote.address = row.local.port == 80 ? client : server
      }
    }
    here.poll([Self.listener], holders: Self.holders)
    there.poll([], holders: Self.holders)
    let (server, client) = (
      move(End.read.row(ofServer: true)), move(End.read.row(ofServer: false))
    )
    here.poll([Self.listener, server])
    there.poll([client])
    here.tracker.absorb(destroyed: server.destroyed { $0.receiveQueue = 5 }, at: here.now + 1)
    here.poll([Self.listener])
    there.tracker.absorb(destroyed: client.destroyed(), at: there.now + 2)
    there.poll([])
    let isWaiting = here.tracker.hasUndecidedEnds
    #expect(isWaiting)
    _ = (here.settle([Self.listener]), there.settle([]))
    let (hereReport, thereReport) = (here.poll([Self.listener]), there.poll([]))
    #expect(end(hereReport, "server.js") == (isLoopback ? .aborted : .resetSent))
    #expect(end(thereReport, "client.py") == (isLoopback ? .aborted : .resetReceived))
    let isDone = !here.tracker.hasUndecidedEnds
    #expect(isDone)
  }

  @Test func `a group stays while its end is waited for`() {
    var polls = ScriptedPolls {
      $0.linger = 0
      $0.groups = 1
    }
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, End.read.row(ofServer: false)])
    polls.tracker.absorb(destroyed: End.read.row(ofServer: false).destroyed(), at: polls.now + 1)
    polls.poll([Self.listener])
    let report = polls.poll([Self.listener])
    #expect(end(report, "client.py") == .aborted)
  }

  @Test func `of those that no poll has seen too`() {
    for (server, client, serverEnd, clientEnd) in Self.cases
    where server != .open && client != .open && server != .wiped && server != .timedOut {
      var polls = ScriptedPolls()
      polls.poll([Self.listener], holders: Self.holders)
      for event in [server.event(ofServer: true), client.event(ofServer: false)] {
        event.map { polls.tracker.absorb(destroyed: $0, at: polls.now + 1) }
      }
      let report = polls.poll([Self.listener])
      #expect(end(report, "server.js") == serverEnd, "\(server) \(client)")
      #expect(end(report, "unknown") == clientEnd, "\(server) \(client)")
    }
  }

  @Test func `the end that comes polls later is told by the first`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    let client = End.read.row(ofServer: false)
    polls.poll([Self.listener, End.read.row(ofServer: true), client])
    for event in [End.unread.event(ofServer: true)] {
      event.map { polls.tracker.absorb(destroyed: $0, at: polls.now + 1) }
    }
    polls.poll([Self.listener, client])
    polls.tracker.absorb(destroyed: client.destroyed(), at: polls.now + 1)
    let report = polls.poll([Self.listener])
    #expect(end(report, "server.js") == .resetSent)
    #expect(end(report, "client.py") == .resetReceived)
  }

  @Test func `the end that comes after the peer's orderly one is forgotten is told`() {
    var polls = ScriptedPolls()
    polls.keepsDescriptors = true
    polls.poll([Self.listener], holders: Self.holders)
    let client = End.read.row(ofServer: false)
    polls.poll([Self.listener, End.read.row(ofServer: true), client])
    for event in [End.closed.event(ofServer: true)] {
      event.map { polls.tracker.absorb(destroyed: $0, at: polls.now + 1) }
    }
    for _ in 0..<10 { polls.poll([Self.listener]) }
    polls.tracker.absorb(destroyed: client.destroyed(), at: polls.now + 1)
    #expect(end(polls.poll([Self.listener]), "client.py") == .resetReceived)
  }

  @Test func `an older connection of the same ports tells nothing`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    for event in [End.wiped.event(ofServer: false), End.unread.event(ofServer: true)] {
      event.map { polls.tracker.absorb(destroyed: $0, at: polls.now + 1) }
    }
    polls.poll([Self.listener])
    let later = End.read.row(ofServer: true).with { $0.cookie = 9 }
    polls.poll([Self.listener, later])
    polls.tracker.absorb(destroyed: later.destroyed(), at: polls.now + 1)
    let counters = polls.settle([Self.listener]).group("server.js", .inbound, 80)?.counters
    #expect(counters?.ended[.resetReceived] == 1)
    #expect(counters?.ended[.aborted] == 1)
  }

  @Test func `if events were lost, an open peer tells nothing`() {
    var polls = ScriptedPolls()
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, End.read.row(ofServer: true), End.read.row(ofServer: false)])
    for event in [End.unread.event(ofServer: true)] {
      event.map { polls.tracker.absorb(destroyed: $0, at: polls.now + 1) }
    }
    polls.tracker.mayMissEvents = true
    #expect(end(polls.poll([Self.listener]), "server.js") == .aborted)
  }

  @Test(arguments: [
    (true, UInt64(0), ConnectionEnd.closed), (true, 1, .resetSent), (false, 0, .resetSent),
  ])
  func `what is wiped of MPTCP is no reset unless one was sent`(
    isMPTCP: Bool, sent: UInt64, how: ConnectionEnd
  ) {
    var polls = ScriptedPolls()
    polls.host.resetsSent = 0
    polls.host.aborts = [.timeout: 0]
    if isMPTCP {
      polls.mptcp = StateCounts()
      polls.mptcp?[.established] = 1
    }
    polls.poll([Self.listener], holders: Self.holders)
    for _ in 0..<3 { polls.poll([Self.listener, End.read.row(ofServer: true)]) }
    End.wiped.event(ofServer: true).map {
      polls.tracker.absorb(destroyed: $0, at: polls.now + 1)
    }
    polls.host.resetsSent = sent
    polls.poll([Self.listener])
    #expect(end(polls.settle([Self.listener]), "server.js") == how)
  }

  @Test func `what its client has reset before accept is not reset by the listener's end`() {
    var polls = ScriptedPolls()
    polls.host.resetsSent = 0
    polls.host.aborts = [.timeout: 0]
    polls.poll([Self.listener], holders: Self.holders)
    let queued = End.read.row(ofServer: true).with { $0.inode = 0 }
    for _ in 0..<3 { polls.poll([Self.listener, queued]) }
    End.wiped.event(ofServer: true).map {
      polls.tracker.absorb(destroyed: $0, at: polls.now + 1)
    }
    polls.poll([Self.listener])
    #expect(end(polls.settle([Self.listener]), "server.js") == .resetReceived)
  }
}
