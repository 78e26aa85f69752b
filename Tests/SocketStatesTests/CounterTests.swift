import Testing

@testable import SocketStates

/// Counters by group: nothing is lost, nothing is made up, nothing goes down.
@Suite struct CounterTests {
  static let server = Owner.process("server.js", pid: 100)
  static let client = Owner.process("client.py", pid: 200)

  private func counters(_ report: Report, _ process: String = "client.py", _ port: UInt16 = 80)
    -> GroupCounters?
  {
    report.groups.first { $0.labels.process == process && $0.labels.port == port }?.counters
  }

  private func client(_ cookie: UInt64 = 3, _ change: (inout TCPInfo) -> Void) -> SocketRow {
    .connection(40_000, 80, cookie: cookie, inode: 20) { change(&$0.info) }
  }

  private let holders: [UInt32: [Owner]] = [10: [server], 20: [client]]

  @Test func `the first poll is the base`() {
    var polls = ScriptedPolls()
    let first = polls.poll([client { $0.totalRetransmits = 7 }], holders: holders)
    #expect(counters(first)?.retransmittedSegments == 0)
    let second = polls.poll([client { $0.totalRetransmits = 9 }])
    #expect(counters(second)?.retransmittedSegments == 2)
  }

  @Test func `a socket first seen later adds all that it has done`() {
    var polls = ScriptedPolls()
    polls.poll([])
    let report = polls.poll(
      [
        client {
          $0.totalRetransmits = 7
          $0.dataSegmentsOut = 100
          $0.bytesSent = 1_000
          $0.bytesReceived = 2_000
          $0.bytesRetransmitted = 70
          $0.busyTime = 5_000_000
          $0.receiveWindowLimited = 2_000_000
          $0.sendBufferLimited = 1_000_000
        }
      ], holders: holders)
    let all = counters(report)
    #expect(all?.retransmittedSegments == 7)
    #expect(all?.sentSegments == 100)
    #expect(all?.sentBytes == 1_000)
    #expect(all?.receivedBytes == 2_000)
    #expect(all?.retransmittedBytes == 70)
    #expect(all?.sendBusy == 5_000)
    #expect(all?.receiveWindowLimited == 2_000)
    #expect(all?.sendBufferLimited == 1_000)
    #expect(all?.networkLimited == 2_000)
  }

  @Test func `the destroy event brings the last of it, once`() {
    var polls = ScriptedPolls()
    polls.poll([client { $0.bytesSent = 10 }], holders: holders)
    let last = client {
      $0.bytesSent = 25
      $0.totalRetransmits = 3
    }.destroyed()
    polls.tracker.absorb(destroyed: last)
    polls.tracker.absorb(destroyed: last)
    let report = polls.poll([])
    #expect(counters(report)?.sentBytes == 15)
    #expect(counters(report)?.retransmittedSegments == 3)
    #expect(counters(polls.poll([]))?.sentBytes == 15)
  }

  @Test func `a connection that no poll ever saw is the listener's`() {
    var polls = ScriptedPolls()
    polls.poll([.listener(80, cookie: 1, inode: 10)], holders: holders)
    polls.tracker.absorb(
      destroyed: .connection(80, 41_000, cookie: 50) { $0.info.totalRetransmits = 4 }.destroyed())
    let report = polls.poll([.listener(80, cookie: 1, inode: 10)])
    #expect(counters(report, "server.js")?.retransmittedSegments == 4)
  }

  @Test func `events may come before the poll that shows their listener`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.absorb(
      destroyed: .connection(80, 41_000, cookie: 50) { $0.info.totalRetransmits = 4 }.destroyed())
    let report = polls.poll([.listener(80, cookie: 1, inode: 10)], holders: holders)
    #expect(counters(report, "server.js")?.retransmittedSegments == 4)
  }

  @Test func `events may come after their listener has gone`() {
    var polls = ScriptedPolls()
    polls.poll([.listener(80, cookie: 1, inode: 10)], holders: holders)
    polls.poll([])
    polls.poll([])
    polls.tracker.absorb(
      destroyed: .connection(80, 41_000, cookie: 50) { $0.info.totalRetransmits = 4 }.destroyed())
    #expect(counters(polls.poll([]), "server.js")?.retransmittedSegments == 4)
  }

  @Test func `an event of a socket that nobody can own is unknown`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.absorb(
      destroyed: .connection(41_000, 443, cookie: 50) { $0.info.totalRetransmits = 4 }.destroyed())
    #expect(counters(polls.poll([]), "unknown", 443)?.retransmittedSegments == 4)
  }

  @Test func `events before the first report belong to the base`() {
    var polls = ScriptedPolls()
    polls.tracker.absorb(
      destroyed: .connection(41_000, 443, cookie: 50) { $0.info.totalRetransmits = 4 }.destroyed())
    #expect(polls.poll([]).retransmits == 0)
  }

  @Test func `a socket that one dump misses keeps its count`() {
    var polls = ScriptedPolls()
    polls.poll([client { $0.bytesSent = 10 }], holders: holders)
    polls.poll([])
    let report = polls.poll([client { $0.bytesSent = 30 }])
    #expect(counters(report)?.sentBytes == 20)
    #expect(report.counts(.established) == ["client.py/outbound/80": 1])
  }

  @Test func `a socket that two dumps miss is gone, and new if it comes back`() {
    var polls = ScriptedPolls()
    polls.poll([client { $0.bytesSent = 10 }], holders: holders)
    polls.poll([])
    polls.poll([])
    #expect(polls.tracker.table.count == 0)
  }

  @Test func `a cookie seen twice in a dump counts once`() {
    var polls = ScriptedPolls()
    polls.poll([])
    let row = client { $0.bytesSent = 10 }
    let report = polls.poll([row, row, .connection(1, 2, cookie: 9), row], holders: holders)
    #expect(report.counts(.established)["client.py/outbound/80"] == 1)
    #expect(counters(report)?.sentBytes == 10)
    #expect(report.trackedSockets == 2)
  }

  @Test func `32-bit counters wrap at 2³² and go on`() {
    var polls = ScriptedPolls()
    polls.poll(
      [
        client {
          $0.dataSegmentsOut = .max - 5
          $0.totalRetransmits = .max
          $0.busyTime = UInt64(UInt32.max) * 1000
        }
      ], holders: holders)
    let report = polls.poll(
      [
        client {
          $0.dataSegmentsOut = 4
          $0.totalRetransmits = 1
          $0.busyTime = (UInt64(UInt32.max) + 3) * 1000
        }
      ])
    #expect(counters(report)?.sentSegments == 10)
    #expect(counters(report)?.retransmittedSegments == 2)
    #expect(counters(report)?.sendBusy == 3)
  }

  @Test func `a socket that connects again starts from nothing`() {
    var polls = ScriptedPolls()
    polls.poll([], holders: holders)
    polls.poll(
      [
        client {
          $0.bytesSent = 1_000
          $0.totalRetransmits = 5
        }
      ], holders: holders)
    let report = polls.poll(
      [
        client {
          $0.bytesSent = 10
          $0.totalRetransmits = 1
        }
      ])
    #expect(counters(report)?.sentBytes == 1_010)
    #expect(counters(report)?.retransmittedSegments == 6)
  }

  @Test func `a socket that connects elsewhere changes its group`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.poll([client { $0.bytesSent = 1_000 }], holders: holders)
    let elsewhere = SocketRow.connection(40_000, 443, cookie: 3, inode: 20) {
      $0.info.bytesSent = 30
    }
    let report = polls.poll([elsewhere], holders: holders)
    #expect(counters(report)?.sentBytes == 1_000)
    #expect(counters(report, "client.py", 443)?.sentBytes == 30)
    #expect(report.counts(.established) == ["client.py/outbound/443": 1])
  }

  @Test func `a poll that breaks off loses nothing and shows nothing`() {
    var polls = ScriptedPolls()
    let old = client { $0.bytesSent = 10 }
    let other = SocketRow.connection(40_001, 443, cookie: 4, inode: 20) { $0.info.bytesSent = 5 }
    polls.poll([old], holders: holders)
    polls.brokenPoll([old.with { $0.info.bytesSent = 12 }, other])
    let report = polls.poll(
      [old.with { $0.info.bytesSent = 15 }, other.with { $0.info.bytesSent = 6 }],
      holders: holders)
    #expect(counters(report)?.sentBytes == 5)
    #expect(counters(report, "client.py", 443)?.sentBytes == 6)
    #expect(report.trackedSockets == 2)
  }

  @Test func `sockets that broken polls did not reach are not missed`() {
    var polls = ScriptedPolls()
    polls.poll([client { $0.bytesSent = 10 }], holders: holders)
    for _ in 0..<5 { polls.brokenPoll([]) }
    let report = polls.poll([client { $0.bytesSent = 11 }])
    #expect(counters(report)?.sentBytes == 1)
  }

  @Test func `procfs in between changes neither identities nor counters`() {
    var polls = ScriptedPolls()
    polls.poll([])
    let rows = [client { $0.bytesSent = 10 }, .listener(80, cookie: 1, inode: 10)]
    polls.poll(rows, holders: holders)
    polls.source = .procfs
    let between = polls.poll(rows, holders: holders)
    #expect(between.counts(.established) == ["client.py/outbound/80": 1])
    #expect(between.groups.allSatisfy { $0.counters == nil })
    #expect(polls.tracker.table.count == 2)
    polls.source = .sockDiag
    let report = polls.poll([client { $0.bytesSent = 25 }, rows[1]], holders: holders)
    #expect(counters(report)?.sentBytes == 25)
    #expect(polls.tracker.table.count == 2)
  }

  @Test func `a socket born under procfs is known by its endpoints`() {
    var polls = ScriptedPolls()
    polls.source = .procfs
    polls.poll([])
    polls.poll([client { $0.bytesSent = 10 }], holders: holders)
    polls.source = .sockDiag
    let report = polls.poll([client { $0.bytesSent = 25 }])
    #expect(report.counts(.established) == ["client.py/outbound/80": 1])
    #expect(polls.tracker.table.count == 1)
    #expect(counters(report)?.sentBytes == 25)
  }

  @Test func `an event during procfs finds its socket`() {
    var polls = ScriptedPolls()
    polls.poll([client { $0.bytesSent = 10 }], holders: holders)
    polls.source = .procfs
    polls.poll([client { _ in }])
    polls.tracker.absorb(destroyed: client { $0.bytesSent = 14 }.destroyed())
    polls.source = .sockDiag
    #expect(counters(polls.poll([]))?.sentBytes == 4)
  }

  @Test func `counters outlive the process for the linger`() {
    var polls = ScriptedPolls { $0.linger = 60_000 }
    polls.poll([])
    polls.poll([client { $0.bytesSent = 10 }], holders: holders)
    polls.tracker.disown([Self.client])
    for _ in 0..<10 { #expect(counters(polls.poll([]))?.sentBytes == 10) }
  }

  @Test func `a clock that stands still or jumps back harms nothing`() {
    var polls = ScriptedPolls()
    polls.poll([client { $0.bytesSent = 10 }], holders: holders)
    polls.poll([client { $0.bytesSent = 20 }], after: 0)
    let report = polls.poll([client { $0.bytesSent = 30 }], after: -3_600_000)
    #expect(counters(report)?.sentBytes == 20)
    let later = polls.poll(
      [client { $0.bytesSent = 40 }.with { $0.state = .closeWait }], after: 86_400_000)
    #expect(counters(later)?.sentBytes == 30)
  }

  @Test func `one RTT observation for each socket that moved data`() {
    var polls = ScriptedPolls()
    polls.poll([client { $0.rtt = 300 }], holders: holders)
    polls.poll(
      [
        client {
          $0.rtt = 300
          $0.bytesReceived = 1
        }
      ])
    let report = polls.poll(
      [
        client {
          $0.rtt = 900
          $0.bytesReceived = 1
        }
      ])
    #expect(counters(report)?.rtt.sum == 300)
    #expect(counters(report)?.rtt.counts[3] == 1)
  }
}
