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
    polls.tracker.kernelCountsAttempts = true
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
