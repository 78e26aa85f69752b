import Testing

@testable import SocketStates

/// What keeps a process from running, beside the findings that it has to act on.
@Suite struct ConditionTests {
  private func finding(
    _ kind: Finding.Kind, pid: Int32? = 812, _ change: (inout Finding) -> Void = { _ in }
  ) -> Finding {
    let labels = GroupLabels(process: "app.py", unit: "", direction: .inbound, port: 80)
    var finding = Finding(kind, .fault, of: labels, [.sockets(.established, 1)])
    finding.pid = pid
    change(&finding)
    return finding
  }

  private func completed(
    _ finding: Finding, polls: Int = 1, _ conditions: [Int32: ProcessCondition]
  ) -> Finding {
    var tracker = ConditionTracker()
    var last = finding
    for _ in 0..<polls {
      var findings = [finding]
      tracker.complete(&findings) { conditions[$0] }
      last = findings[0]
    }
    return last
  }

  @Test(arguments: [
    ProcessCondition.stopped, .frozen(cgroup: "/sys/fs/cgroup/app"), .zombie,
  ])
  func `it is the first evidence of a finding whose process has to act`(
    condition: ProcessCondition
  ) {
    let finding = completed(finding(.unreadData), [812: condition])
    guard case .condition(condition, process: "app.py", pid: 812) = finding.evidence[0] else {
      Issue.record("\(finding.evidence)")
      return
    }
    // Others go on where only the main thread has ended.
    #expect(finding.answer?.condition == (condition == .zombie ? nil : condition))
  }

  @Test func `uninterruptible sleep must be seen in two polls in a row`() {
    let of = { completed(finding(.acceptQueue), polls: $0, [812: .uninterruptible]).answer != nil }
    #expect([of(1), of(2), of(3)] == [false, true, true])
    var tracker = ConditionTracker()
    var condition: ProcessCondition? = .uninterruptible
    let seen = (0..<3).map { poll -> Bool in
      condition = poll == 1 ? nil : .uninterruptible
      var findings = [finding(.acceptQueue)]
      tracker.complete(&findings) { _ in condition }
      return findings[0].answer != nil
    }
    #expect(seen == [false, false, false])
  }

  @Test func `a tracer holds what has not run since the poll before`() {
    var tracker = ConditionTracker()
    let conditions: [ProcessCondition?] = [
      .traced(switches: 7), .traced(switches: 8), nil, .traced(switches: 8), .traced(switches: 8),
      .traced(switches: 9),
    ]
    let seen = conditions.map { condition in
      var findings = [finding(.acceptQueue)]
      tracker.complete(&findings) { _ in condition }
      return findings[0].answer != nil
    }
    #expect(seen == [false, false, false, false, true, false])
  }

  @Test func `the party may be the peer on this host, or a listener whose queue is full`() {
    let peer = completed(
      finding(.peerNotReading) { $0.localPeer = .init(process: "reader.py", pid: 9) },
      [9: .stopped, 812: .stopped])
    #expect(peer.answer?.process == "reader.py")
    let listener = SocketReport(
      labels: GroupLabels(process: "deaf.py", unit: "", direction: .inbound, port: 80), pid: 7,
      state: .listen, local: Endpoint(address: .anyIPv4, port: 80),
      remote: Endpoint(address: .anyIPv4, port: 0), age: 0, receiveQueue: 6, sendQueue: 5, inode: 1)
    let attempt = completed(
      finding(.connectsUnanswered(.listenerFull)) { $0.evidence = [.fullListener(listener)] },
      [7: .stopped, 812: .stopped])
    #expect(attempt.answer?.pid == 7)
    // What the network, or a process of elsewhere, has to do, no process of this host keeps up.
    for other in [finding(.deadPath), finding(.peerNotReading)] {
      #expect(completed(other, [812: .stopped]).evidence.count == 1)
    }
  }

  @Test func `what does not wait for the process has it as evidence only`() {
    let finding = completed(finding(.descriptors), [812: .stopped])
    #expect(finding.evidence.count == 2)
    #expect(finding.answer == nil)
  }

  @Test func `each process is read once a poll, and not more than a few`() {
    var tracker = ConditionTracker()
    var findings = (0..<1000).map { finding(.unreadData, pid: Int32($0 / 2)) }
    findings.append(finding(.unreadData, pid: nil))
    var read: [Int32] = []
    tracker.complete(&findings) {
      read.append($0)
      return .stopped
    }
    #expect(read == (0..<Int32(ConditionTracker.limit)).map { $0 })
    #expect(findings.count { $0.answer != nil } == 2 * ConditionTracker.limit)
  }

  @Test func `a diagnosis reads what its findings name, and nothing without findings`() {
    func report(_ stuck: UInt64) -> Report {
      var group = GroupReport(
        labels: GroupLabels(process: "app.py", unit: "", direction: .inbound, port: 80, pid: 812),
        statesSeen: TCPStateSet(.closeWait))
      group.gauges.sockets[.closeWait] = UInt32(stuck)
      group.gauges.stuck[.endUnread] = stuck
      var namespace = NamespaceReport(netns: "")
      namespace.groups = [group]
      return Report(sequence: 1, time: 0, source: .sockDiag, namespaces: [namespace])
    }
    var diagnostics = Diagnostics()
    var asked: [Int32] = []
    for stuck in [UInt64(0), 3] {
      var report = report(stuck)
      _ = diagnostics.diagnose(&report, at: 0, linger: 0) {
        asked.append($0)
        return .stopped
      }
      #expect(report.findings.first?.answer?.pid == (stuck > 0 ? 812 : nil))
    }
    #expect(asked == [812])
  }
}
