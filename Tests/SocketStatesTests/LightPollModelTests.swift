import SeededRandom
import Testing

@testable import SocketStates

/// Random connections, and whole and light polls as they come, against what there really is.
@Suite struct LightPollModelTests {
  /// The sockets of a host: a server's connections on port 80, and a client's to port 443.
  private struct World {
    var random: SplitMix64
    var connections: [SocketRow] = []
    /// Connections that have been established.
    var opened = 0
    /// What the kernel's counters have of the last steps: connections opened and ended on port 80, and to port 443.
    var counts: [UInt16: KernelConnections] = [:]
    private var cookie: UInt64 = 1

    static let server = Owner.process("nginx", pid: 7)
    static let client = Owner.process("curl", pid: 8)

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    var rows: [SocketRow] { [.listener(80, cookie: 1, inode: 1)] + connections }

    var holders: [UInt32: [Owner]] {
      var holders: [UInt32: [Owner]] = [1: [Self.server]]
      for row in connections where row.inode != 0 {
        holders[row.inode] = [row.local.port == 80 ? Self.server : Self.client]
      }
      return holders
    }

    func count(_ state: TCPState, inbound: Bool? = nil) -> UInt32 {
      UInt32(
        rows.count {
          $0.state == state && (inbound == nil || ($0.local.port == 80) == inbound)
        })
    }

    /// Connections that are up, with those that only their kernel goes on with.
    var open: Int { connections.count { $0.isConnection } }

    /// One thing happens to one connection.
    /// - Returns: the destroy event of a socket that was freed.
    mutating func step() -> SocketRow? {
      guard connections.count > 40 || random.next() % 3 != 0, !connections.isEmpty else {
        begin()
        return nil
      }
      let index = Int(random.next() % UInt64(connections.count))
      var row = connections[index]
      defer {
        if index < connections.count, connections[index].cookie == row.cookie {
          connections[index] = row
        }
      }
      row.info.segmentsIn += 1
      switch row.state {
      case .synSent:
        row.info.totalRetransmits += UInt32(random.next() % 2)
        if random.next() % 4 == 0 {
          row.info.segmentsIn = 0
          return end(index, row)
        }
        row.state = .established
        row.info.bytesAcked = 1
        opened += 1
        counts[443, default: .init()].opened += 1
      case .established:
        switch random.next() % 6 {
        case 0: row.state = .closeWait
        case 1:
          row.state = .finWait1
          row.inode = 0
        case 2: return end(index, row)
        default:
          row.info.bytesReceived += random.next() % 1000
          row.info.bytesSent += 10
          row.info.bytesAcked += 10
          row.info.dataSegmentsOut += 1
          row.receiveQueue = UInt32(random.next() % 3) * 100
        }
      case .closeWait:
        row.state = .lastAck
        row.inode = 0
      case .lastAck: return end(index, row)
      case .finWait1:
        // The kernel keeps an orphan as it keeps TIME-WAIT, and counts its end.
        noteEnd(row)
        row.state = .finWait2
      case .finWait2:
        let event = row.destroyed()
        row.state = .timeWait
        row.timer = .timeWait
        row.hasInfo = false
        row.receiveQueue = 0
        return event
      default:
        _ = end(index, row)
        return nil
      }
      return nil
    }

    private mutating func begin() {
      cookie += 1
      let inode = UInt32(cookie + 100)
      let port = UInt16(40_000 + cookie)
      if random.next() % 2 == 0 {
        opened += 1
        counts[80, default: .init()].opened += 1
        connections.append(
          .connection(80, port, cookie: cookie, inode: inode) { $0.info.segmentsIn = 2 })
      } else {
        connections.append(
          .connection(port, 443, .synSent, cookie: cookie, inode: inode) {
            $0.info.segmentsOut = 1
          })
      }
    }

    private mutating func noteEnd(_ row: SocketRow) {
      counts[row.local.port == 80 ? 80 : 443, default: .init()].ended[.closed] += 1
    }

    private mutating func end(_ index: Int, _ row: SocketRow) -> SocketRow {
      connections.remove(at: index)
      if row.isConnection { noteEnd(row) }
      return row.destroyed()
    }
  }

  /// What of a report must not fall.
  private static func counters(_ report: Report) -> [GroupLabels: [UInt64]] {
    Dictionary(
      uniqueKeysWithValues: report.groups.map { group in
        let counters = group.counters ?? GroupCounters()
        let ended = ConnectionEnd.allCases.map { counters.ended[$0] }
        let failed = ConnectFailure.allCases.map { counters.connectFailures[$0] }
        return (
          group.labels,
          [counters.opened, counters.sentBytes, counters.receivedBytes] + ended + failed
        )
      })
  }

  @Test(arguments: UInt64(1)...40)
  func `what claims to be current is, and what does not says its age`(seed: UInt64) {
    var world = World(seed: seed)
    var polls = ScriptedPolls()
    for _ in 1...60 { _ = world.step() }
    var last = Self.counters(polls.poll(world.rows, holders: world.holders))
    let openAtFirst = world.open
    var openedByWhole = world.opened
    for poll in 1...150 {
      for _ in 0..<(world.random.next() % 12) {
        if let event = world.step() { polls.tracker.absorb(destroyed: event, at: polls.now) }
      }
      polls.isLight = poll % 25 != 0 && world.random.next() % 4 != 0
      polls.host.established = UInt64(world.count(.established))
      let report = polls.poll(world.rows, holders: world.holders)
      let isCurrent = !polls.isLight || world.opened == openedByWhole
      if !polls.isLight { openedByWhole = world.opened }
      let isLight = polls.isLight
      #expect(isLight == (report.fullPollAge > 0), "poll \(poll)")
      for state in TCPState.allCases
      where TCPStateSet.light.contains(state) || (isCurrent && state == .established) {
        let shown = report.groups.reduce(0) { $0 + $1.gauges.sockets[state] }
        #expect(shown == world.count(state), "\(state) of poll \(poll)")
        let inbound = report.group("nginx", .inbound, 80)?.gauges.sockets[state] ?? 0
        #expect(inbound == world.count(state, inbound: true), "\(state) on port 80 of poll \(poll)")
      }
      if isCurrent { #expect(report.trackedSockets == world.rows.count, "poll \(poll)") }
      let counters = Self.counters(report)
      for (labels, before) in last {
        let now = counters[labels] ?? before
        #expect(zip(before, now).allSatisfy { $0 <= $1 }, "\(labels) fell in poll \(poll)")
      }
      last = counters
      guard !polls.isLight else { continue }
      let change = counters.values.reduce(0) {
        $0 + Int($1[0]) - Int($1[3..<(3 + ConnectionEnd.allCases.count)].reduce(0, +))
      }
      #expect(change == world.open - openAtFirst, "poll \(poll)")
    }
  }

  @Test(arguments: UInt64(1)...40)
  func `with the kernel's counters established connections are current in every poll`(seed: UInt64)
  {
    var world = World(seed: seed)
    var polls = ScriptedPolls()
    polls.tracker.kernelCountsConnections = true
    /// CLOSE-WAIT is in CurrEstab or not, as in new and old kernels.
    func currEstab(_ world: World) -> UInt64 {
      UInt64(world.count(.established) + (seed % 2 == 0 ? 0 : world.count(.closeWait)))
    }
    while world.count(.closeWait) == 0 { _ = world.step() }
    polls.host.established = currEstab(world)
    polls.poll(world.rows, holders: world.holders)
    world.counts = [:]
    for poll in 1...150 {
      for _ in 0..<(world.random.next() % 12) {
        if let event = world.step() { polls.tracker.absorb(destroyed: event, at: polls.now) }
      }
      for (port, connections) in world.counts {
        polls.tracker.count(
          .init(
            .connections(connections), 0, owner: port == 80 ? World.server : World.client,
            port == 80 ? .inbound : .outbound, port: port))
      }
      world.counts = [:]
      polls.isLight = poll % 25 != 0 && world.random.next() % 4 != 0
      polls.host.established = currEstab(world)
      let report = polls.poll(world.rows, holders: world.holders)
      // What was closed before any poll has seen it is of an unknown process.
      let unknown = report.groups.reduce(0) {
        $0 + ($1.labels.process == "unknown" ? $1.gauges.sockets.total : 0)
      }
      for (name, inbound) in [("nginx/inbound/80", true), ("curl/outbound/443", false)] {
        let (shown, all) = (
          report.counts(.established)[name] ?? 0, world.count(.established, inbound: inbound)
        )
        #expect(max(shown, all) - min(shown, all) <= unknown, "\(name) in poll \(poll)")
      }
    }
  }
}
