import Testing

@testable import SocketStates

@Suite struct GroupSharesTests {
  @Test func whoNeedsLittleLeavesTheRest() {
    #expect(NamespaceBudget.shares(of: 1000, counts: [400, 3, 0]) == [816, 22, 16])
    #expect(NamespaceBudget.shares(of: 1000, counts: [900, 3]) == [978, 22])
  }

  @Test func theGreedyShareEqually() {
    #expect(NamespaceBudget.shares(of: 1000, counts: [5000, 800, 800]) == [334, 333, 333])
    // One that has nothing yet gets its part although others want all.
    #expect(NamespaceBudget.shares(of: 100, counts: [5000, 5000, 0]) == [42, 42, 16])
  }

  @Test func everybodyGetsOneAndNobodyMoreThanThereIs() {
    #expect(NamespaceBudget.shares(of: 2, counts: [9, 9, 9, 9]) == [1, 1, 1, 1])
    for counts in [[1], [0, 0], [7, 70, 700], Array(repeating: 30, count: 100)] {
      let shares = NamespaceBudget.shares(of: 1000, counts: counts)
      #expect(shares.reduce(0, +) <= 1000)
      #expect(shares.allSatisfy { $0 >= 1 })
    }
  }

  @Test func aSocketsGroupCarriesItsNamespace() {
    var tracker = SocketTracker(netns: "netns-blue")
    tracker.begin(source: .sockDiag, at: 0)
    var row = SocketRow()
    row.cookie = 1
    row.inode = 1
    row.state = .listen
    row.local = Endpoint(address: .anyIPv4, port: 80)
    tracker.absorb([row].span)
    tracker.claim(inode: 1, by: Owner(pid: 1, startTime: 1, name: "server", unit: ""))
    tracker.finish(retransSegs: 0)
    tracker.begin(source: .sockDiag, at: 1)
    tracker.finish(retransSegs: 5)
    tracker.begin(source: .sockDiag, at: 2)
    tracker.finish(retransSegs: 5)
    var report = Report(
      sequence: 1, time: 0, source: .sockDiag, groups: [], unattributed: StateCounts(),
      unattributedSeen: TCPStateSet(rawValue: 0), trackedSockets: 1, groupsRefused: 1)
    report.add(tracker.report(sequence: 1, time: 0, source: .sockDiag), of: "netns-blue")
    // The listener's, and the one of the retransmissions that nobody accounts for.
    #expect(report.groups.map(\.labels.process) == ["server", "unknown"])
    #expect(report.groups.allSatisfy { $0.labels.netns == "netns-blue" })
    #expect(report.groupsRefused == 1)
    #expect(report.namespaces.map(\.netns) == ["netns-blue"])
  }
}
