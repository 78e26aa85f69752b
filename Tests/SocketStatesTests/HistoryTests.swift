import Testing

@testable import SocketStates

@Suite struct HistoryTests {
  private func group(_ process: String, _ sockets: [TCPState: UInt32]) -> GroupReport {
    var group = GroupReport(
      labels: GroupLabels(process: process, unit: "", direction: .inbound, port: 80),
      statesSeen: TCPStateSet(sockets.keys.map { TCPStateSet($0) }))
    for (state, count) in sockets { group.gauges.sockets[state] = count }
    return group
  }

  private func report(_ groups: [GroupReport], sequence: UInt64 = 1) -> Report {
    var namespace = NamespaceReport(netns: "")
    namespace.groups = groups
    return Report(sequence: sequence, time: 0, source: .sockDiag, namespaces: [namespace])
  }

  @Test func `a point comes every ten seconds, however often there is a poll`() {
    var history = History()
    for second in 0..<60 {
      history.record(
        report([group("a", [.established: 1, .closeWait: UInt32(second)])]),
        at: Int64(second) * 1000)
    }
    let points = history.points(of: group("a", [:]).labels)
    #expect(points.map(\.closeWait) == [0, 10, 20, 30, 40, 50])
    #expect(points.last?.sockets == 51)
  }

  @Test func `the oldest points go first, in order, and half an hour stays`() {
    var history = History()
    for index in 0..<400 {
      history.record(
        report([group("a", [.established: UInt32(index + 1)])]), at: Int64(index) * 10_000)
    }
    let points = history.points(of: group("a", [:]).labels)
    #expect(points.count == History.length)
    #expect(points.map(\.sockets) == Array(221...400))
  }

  @Test func `what waits is counted from stalls, connects and the accept queue`() {
    var busy = group("a", [.synSent: 2])
    busy.gauges.acceptQueueLength = 3
    busy.gauges.stalled[.peerWindow] = 4
    var history = History()
    history.record(report([busy]), at: 0)
    #expect(
      history.points(of: busy.labels) == [History.Point(sockets: 2, closeWait: 0, waiting: 9)])
  }

  @Test func `a group that has gone is drawn down to nothing, and then forgotten`() {
    var history = History()
    let gone = group("a", [.established: 5])
    history.record(report([gone]), at: 0)
    for index in 1..<History.length { history.record(report([]), at: Int64(index) * 10_000) }
    #expect(history.points(of: gone.labels).map(\.sockets).prefix(2) == [5, 0])
    history.record(report([]), at: Int64(History.length) * 10_000)
    #expect(history.count == 0)
  }

  @Test func `a group without sockets takes no memory`() {
    var history = History()
    history.record(report([group("a", [:])]), at: 0)
    #expect(history.count == 0)
  }

  @Test func `past the limit only trouble finds room, in the place of what never had any`() {
    var history = History()
    let calm = (0..<History.groupLimit).map { group("calm \($0)", [.established: 1]) }
    history.record(report(calm), at: 0)
    let late = group("late", [.established: 1])
    let leak = group("leak", [.closeWait: 1])
    history.record(report(calm + [late, leak]), at: 10_000)
    #expect(history.count == History.groupLimit)
    #expect(history.points(of: late.labels).isEmpty)
    #expect(history.points(of: leak.labels).map(\.closeWait) == [1])

    var full = History()
    let leaks = (0..<History.groupLimit).map { group("leak \($0)", [.closeWait: 1]) }
    full.record(report(leaks), at: 0)
    full.record(report(leaks + [leak]), at: 10_000)
    #expect(full.count == History.groupLimit)
    #expect(full.points(of: leak.labels).isEmpty)
  }
}
