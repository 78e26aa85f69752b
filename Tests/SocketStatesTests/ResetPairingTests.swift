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
    polls.poll([Self.listener], holders: Self.holders)
    polls.poll([Self.listener, End.read.row(ofServer: true), End.read.row(ofServer: false)])
    let events = [server.event(ofServer: true), client.event(ofServer: false)]
    for event in (serverFirst ? events : events.reversed()).compactMap({ $0 }) {
      polls.tracker.absorb(destroyed: event, at: polls.now + 1)
    }
    let report = polls.poll([Self.listener])
    #expect(end(report, "server.js") == serverEnd, "\(server) \(client)")
    #expect(end(report, "client.py") == clientEnd, "\(server) \(client)")
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
    let counters = polls.poll([Self.listener]).group("server.js", .inbound, 80)?.counters
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
}
