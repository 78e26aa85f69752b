import Testing

@testable import SocketStates

/// Budget, `other`, linger and zeros.
@Suite struct GroupBudgetTests {
  private func outbound(_ index: Int) -> SocketRow {
    .connection(
      40_000, UInt16(index + 1), cookie: UInt64(index + 1), inode: UInt32(index + 1))
  }

  @Test func `past the budget groups are counted in other and the sums stay true`() {
    var polls = ScriptedPolls { $0.groups = 10 }
    let rows = (0..<10_000).map(outbound)
    let report = polls.poll(rows)
    #expect(report.groups.count == 11)
    #expect(report.groupsRefused == 9_990)
    #expect(report.group("other", .outbound, nil)?.gauges.sockets[.established] == 9_990)
    #expect(report.groups.reduce(0) { $0 + $1.gauges.sockets.total } == 10_000)
    #expect(polls.poll(rows).groupsRefused == 9_990)
  }

  @Test func `an empty group stays at zero, then goes`() {
    var polls = ScriptedPolls { $0.linger = 60_000 }
    polls.poll([outbound(0)])
    for _ in 0..<12 {
      let report = polls.poll([])
      let group = report.group("unknown", .outbound, 1)
      #expect(group?.gauges.sockets[.established] == 0)
      #expect(group?.statesSeen.contains(.established) == true)
      #expect(group?.statesSeen.contains(.closeWait) == false)
    }
    polls.poll([], after: 30_000)
    #expect(polls.poll([], after: 30_000).groups.isEmpty)
  }

  @Test func `10,000 short groups come and go within the budget`() {
    var polls = ScriptedPolls {
      $0.groups = 100
      $0.linger = 10_000
    }
    for round in 0..<100 {
      let rows = (0..<100).map { index in
        SocketRow.connection(
          40_000, UInt16(round * 100 + index + 1), cookie: UInt64(round * 100 + index + 1))
      }
      let report = polls.poll(rows)
      #expect(report.groups.count <= 101)
      #expect(report.groups.reduce(0) { $0 + $1.gauges.sockets.total } == 100)
    }
    polls.poll([], after: 20_000)
    polls.poll([], after: 20_000)
    #expect(polls.poll([], after: 20_000).groups.isEmpty)
  }

  @Test func `a state is exposed from the first time that it is seen`() {
    var polls = ScriptedPolls()
    polls.poll([outbound(0)])
    let closing = outbound(0).with { $0.state = .closeWait }
    #expect(polls.poll([closing]).groups[0].statesSeen.contains(.closeWait))
    let report = polls.poll([outbound(0).with { $0.state = .lastAck }])
    #expect(report.groups[0].gauges.sockets[.closeWait] == 0)
    #expect(report.groups[0].statesSeen.contains(.closeWait))
  }
}
