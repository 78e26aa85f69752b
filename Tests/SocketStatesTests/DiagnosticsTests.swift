import Testing

@testable import SocketStates

/// What is kept from poll to poll: baselines, series, and what is handed out of a report.
@Suite struct DiagnosticsTests {
  private static let linger: Int64 = 60_000

  private func group(_ process: String, stuck: UInt64 = 0) -> GroupReport {
    var group = GroupReport(
      labels: GroupLabels(process: process, unit: "", direction: .inbound, port: 80),
      statesSeen: TCPStateSet(.closeWait))
    group.gauges.sockets[.closeWait] = UInt32(stuck)
    group.gauges.stuck[.notClosed] = stuck
    return group
  }

  private func report(_ groups: [GroupReport] = [], time: Double = 0) -> Report {
    var namespace = NamespaceReport(netns: "")
    namespace.groups = groups
    return Report(sequence: 1, time: time, source: .sockDiag, namespaces: [namespace])
  }

  @Test(arguments: [Int64(10), 1, 7, 59])
  func `a baseline is one to two minutes old, however often somebody polls`(spacing: Int64) {
    var window = BaselineWindow()
    for second in stride(from: Int64(0), through: 300, by: Int64.Stride(spacing)) {
      let baseline = window.baseline(of: report(time: Double(second)), at: second * 1000)
      switch second {
      case 0: #expect(baseline == nil)
      case 1..<60:
        #expect(baseline?.time == 0)
        #expect(baseline?.isFirst == true)
      default:
        // Slow polls are late to keep one, by one poll.
        let latest = 120 + (spacing > 10 ? Double(spacing) : 0)
        #expect((60.0...latest).contains(Double(second) - (baseline?.time ?? .infinity)))
      }
    }
  }

  @Test func `a baseline stays the first report until that is a minute old`() {
    var window = BaselineWindow()
    _ = window.baseline(of: report(), at: 0)
    let ages = [1, 30, 59, 60, 119].map { second in
      window.baseline(of: report(time: second), at: Int64(second * 1000)).map { second - $0.time }
    }
    #expect(ages == [1, 30, 59, 60, 119])
  }

  /// The series of polls with these groups, five seconds apart, as `process kind severity value`.
  private func series(_ polls: [[GroupReport]]) -> [[String]] {
    var diagnostics = Diagnostics()
    return polls.enumerated().map { index, groups in
      var report = report(groups, time: Double(index) * 5)
      _ = diagnostics.diagnose(&report, at: Int64(index) * 5_000, linger: Self.linger)
      return report.findingSeries.map {
        "\($0.labels.process) \($0.kind) \($0.severity.label) \($0.stands ? 1 : 0)"
      }
    }
  }

  @Test func `a series is 1 while the finding stands, then 0, then gone`() {
    let leak = [group("a", stuck: 2), group("b")]
    let healthy = [group("a"), group("b")]
    let seen = series([healthy, leak, leak] + Array(repeating: healthy, count: 14) + [leak])
    #expect(seen[0] == [])
    #expect(seen[1] == ["a close_wait fault 1"])
    #expect(seen[2] == seen[1])
    // The last poll with it was at 10 s.
    #expect(seen[3...14].allSatisfy { $0 == ["a close_wait fault 0"] })
    #expect(seen[15] == [])
    #expect(seen[17] == ["a close_wait fault 1"])
  }

  @Test func `a series goes with its group, so that the budget of groups bounds both`() {
    let seen = series([[group("a", stuck: 1)], [group("b", stuck: 1)], [group("a")]])
    #expect(seen[1] == ["b close_wait fault 1"])
    #expect(seen[2] == [])
  }

  @Test func `what is normal has no series`() {
    var quiet = group("a")
    quiet.gauges.sockets[.timeWait] = 9
    #expect(series([[quiet]]) == [[]])
  }

  @Test func `over all groups every socket is handed out once`() {
    let groups = (0..<50).map { group("service \($0)", stuck: 1) }
    var report = report(groups)
    let endpoint = Endpoint(address: .anyIPv4, port: 80)
    report.sockets = (0..<1000).map { index in
      var socket = SocketReport(
        labels: groups[index % 50].labels, pid: 1, state: .closeWait, local: endpoint,
        remote: endpoint, age: 0, receiveQueue: 0, sendQueue: 0, inode: UInt32(index))
      socket.cause = .notClosed
      return socket
    }
    report.stuckSockets = Array((report.sockets ?? []).prefix(250))
    report.waitingSockets =
      report.sockets?.prefix(100).map {
        WaitingSocket(socket: $0, reason: .peerClose)
      } ?? []
    let index = ReportIndex(report)
    let listed = groups.flatMap { index.sockets(of: $0.labels) }.map(\.inode)
    let stuck = groups.flatMap { index.stuckSockets(of: $0) }.map(\.inode)
    let waiting = groups.flatMap { index.sockets(of: $0, waitingFor: .peerClose) }.map(\.inode)
    #expect(listed.sorted() == Array(0..<1000))
    #expect(stuck.sorted() == Array(0..<250))
    #expect(waiting.sorted() == Array(0..<100))
    #expect(Diagnosis.findings(in: report).map(\.sockets.count) == Array(repeating: 5, count: 50))
  }
}
