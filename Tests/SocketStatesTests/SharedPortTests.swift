import Testing

@testable import SocketStates

/// Several that listen on one endpoint (SO_REUSEPORT), and several that hold one listener.
@Suite struct SharedPortTests {
  private let blue = Owner.process("blue.py", pid: 100, unit: "blue.service")
  private let green = Owner.process("green.py", pid: 200, unit: "green.service")

  /// A listener of each, with so many that wait.
  private func listeners(_ first: UInt32, _ second: UInt32, _ port: UInt16 = 80) -> [SocketRow] {
    [
      .listener(port, cookie: 1, inode: 10, queue: first),
      .listener(port, cookie: 2, inode: 20, queue: second),
    ]
  }

  private func waiting(_ count: Int, _ state: TCPState = .established) -> [SocketRow] {
    (0..<count).map { .connection(80, 40_000 + UInt16($0), state, cookie: 10 + UInt64($0)) }
  }

  private var holders: [UInt32: [Owner]] { [10: [blue], 20: [green]] }

  @Test(arguments: [TCPState.established, .closeWait])
  func `what waits belongs to the one whose accept queue is not empty`(state: TCPState) {
    for (first, second, name) in [(3, 0, "blue.py"), (0, 3, "green.py")]
      as [(UInt32, UInt32, String)]
    {
      var polls = ScriptedPolls()
      let report = polls.poll(listeners(first, second) + waiting(3, state), holders: holders)
      #expect(report.counts(state) == ["\(name)/inbound/80": 3])
    }
  }

  @Test func `no more belong to a listener than its accept queue holds`() {
    var polls = ScriptedPolls()
    let report = polls.poll(listeners(0, 2) + waiting(3), holders: holders)
    #expect(report.counts(.established) == ["green.py/inbound/80": 2, "unknown/inbound/80": 1])
  }

  @Test
  func `what may wait for either is unknown until that is decided, and then stays with the one`() {
    var polls = ScriptedPolls()
    let first = polls.poll(listeners(1, 2) + waiting(3), holders: holders)
    #expect(first.counts(.established) == ["unknown/inbound/80": 3])
    // The row of a listener may be older than that of a connection.
    let second = polls.poll(listeners(0, 0) + waiting(2))
    #expect(second.counts(.established) == ["unknown/inbound/80": 2])
    let third = polls.poll(listeners(0, 2) + waiting(2))
    #expect(third.counts(.established) == ["green.py/inbound/80": 2])
    let fourth = polls.poll(
      listeners(1, 2) + waiting(2) + [.connection(80, 50_000, cookie: 99)])
    #expect(
      fourth.counts(.established) == ["green.py/inbound/80": 2, "blue.py/inbound/80": 1])
  }

  @Test func `one that seemed to wait for another moves once that has accepted all`() {
    var polls = ScriptedPolls()
    let row = waiting(1)
    #expect(
      polls.poll(listeners(1, 0) + row, holders: holders).counts(.established)
        == ["blue.py/inbound/80": 1])
    #expect(
      polls.poll(listeners(0, 1) + row).counts(.established) == ["green.py/inbound/80": 1])
  }

  @Test func `on procfs it is the same`() {
    var polls = ScriptedPolls()
    polls.source = .procfs
    let report = polls.poll(listeners(0, 3) + waiting(3), holders: holders)
    #expect(report.counts(.established) == ["green.py/inbound/80": 3])
  }

  @Test(arguments: [TCPState.timeWait, .synRecv, .finWait2])
  func `what is in no accept queue belongs to nobody if owners differ`(state: TCPState) {
    var polls = ScriptedPolls()
    let report = polls.poll(listeners(0, 3) + waiting(2, state), holders: holders)
    #expect(report.counts(state) == ["unknown/inbound/80": 2])
  }

  @Test func `a brief connection belongs to nobody if owners differ, and to their name if not`() {
    for other in [green, Owner.process("blue.py", pid: 101, unit: "blue.service")] {
      var polls = ScriptedPolls { $0.pidLabel = true }
      polls.poll(listeners(0, 0), holders: [10: [blue], 20: [other]])
      polls.tracker.absorb(
        destroyed: SocketRow.connection(80, 40_000, cookie: 9) { $0.info.bytesReceived = 7 }
          .destroyed())
      let report = polls.poll(listeners(0, 0))
      let counted = report.groups.filter { $0.counters?.receivedBytes == 7 }.map(\.labels)
      let name = other.name == blue.name ? blue.name : Owner.unknownName
      #expect(counted.map(\.process) == [name])
      #expect(counted.map(\.pid) == [nil])
    }
  }

  @Test func `what the kernel counts on a shared port is that of whom it names`() {
    var polls = ScriptedPolls()
    polls.poll(listeners(0, 0), holders: holders)
    polls.tracker.kernelCountsConnections = true
    var connections = KernelConnections()
    connections.opened = 2
    polls.tracker.count(
      SocketTracker.KernelCount(
        .connections(connections), 1, owner: green, .inbound, port: 80))
    let report = polls.poll(listeners(0, 0))
    #expect(report.group("green.py", .inbound, 80)?.counters?.opened == 2)
    #expect(report.group("blue.py", .inbound, 80)?.counters?.opened == 0)
  }

  @Test func `the record that the kernel keeps of a socket tells its owner on a shared port`() {
    var polls = ScriptedPolls()
    polls.poll(listeners(0, 0), holders: holders)
    polls.tracker.kernelCountsConnections = true
    var ended = EndedSocket(
      direction: .inbound, port: 80, how: .closed, state: .timeWait, reason: nil, retransmits: 0,
      unread: 0)
    ended.owner = green
    polls.ended[10] = ended
    let report = polls.poll(listeners(0, 0) + waiting(1, .timeWait))
    #expect(report.counts(.timeWait) == ["green.py/inbound/80": 1])
  }

  @Test func `of one name it is the process whose accept queue it is, and the fault is that one's`()
  {
    let workers = (0...3).map { Owner.process("web.py", pid: 100 + $0) }
    for hanging in 0...3 {
      var polls = ScriptedPolls { $0.stuckAfter = 1_000 }
      polls.listsSockets = true
      let rows =
        (0...3).map { index in
          SocketRow.listener(
            80, cookie: UInt64(index + 1), inode: UInt32(10 + index),
            queue: index == hanging ? 2 : 0)
        } + waiting(2, .closeWait).map { $0.with { $0.cookie += 90 } }
      let holders = Dictionary(
        uniqueKeysWithValues: workers.enumerated().map { (UInt32(10 + $0), [$1]) })
      polls.poll(rows, holders: holders)
      let report = polls.poll(rows)
      let pid = workers[hanging].pid
      #expect(report.sockets?.filter { $0.state == .closeWait }.map(\.pid) == [pid, pid])
      #expect(Diagnosis.findings(in: report).map(\.pid) == [pid])
      for worker in workers {
        let faults = Diagnosis.findings(in: report.singlingOut(worker.pid)).filter {
          $0.labels.pid == worker.pid
        }
        #expect(faults.count == (worker.pid == pid ? 1 : 0))
      }
    }
  }

  /// nginx opens the listeners of all its workers in its first process.
  @Test func `if each worker holds every listener no pid is told, and whoever is stopped is found`()
  {
    let workers = (101...104 as ClosedRange<Int32>).map { pid in
      var worker = Owner.process("nginx", pid: pid)
      worker.parent = 100
      return worker
    }
    let all = [Owner.process("nginx", pid: 100)] + workers
    for hasLabel in [false, true] {
      var polls = ScriptedPolls {
        $0.stuckAfter = 1_000
        $0.pidLabel = hasLabel
      }
      let rows = listeners(0, 2) + waiting(2, .closeWait)
      polls.poll(rows, holders: [10: all, 20: all])
      var report = polls.poll(rows)
      #expect(report.groups.map(\.labels.pid) == [nil])
      var diagnostics = Diagnostics()
      _ = diagnostics.diagnose(&report, at: polls.now, linger: 0) { $0 == 103 ? .stopped : nil }
      let finding = report.findings.first
      #expect(finding?.kind == .closeWait(.notAccepted))
      #expect(finding?.pid == nil)
      #expect(finding?.answer?.pid == 103)
      #expect(finding?.acceptors?.processes.map(\.pid) == all.map(\.pid))
    }
  }

  @Test func `when one of them goes, what waits is the other's`() {
    var polls = ScriptedPolls()
    polls.poll(listeners(1, 1) + waiting(2), holders: holders)
    polls.tracker.absorb(destroyed: listeners(0, 0)[0].destroyed())
    polls.poll(Array(listeners(1, 1).dropFirst()) + waiting(1))
    let report = polls.poll(Array(listeners(1, 1).dropFirst()) + waiting(1))
    #expect(report.counts(.established) == ["green.py/inbound/80": 1])
  }

  @Test func `a more specific listener has nothing to do with the queue of the wildcard`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [
        .listener(80, cookie: 1, inode: 10, queue: 2, address: .anyIPv4),
        .listener(80, cookie: 2, inode: 20, queue: 1),
      ] + waiting(1), holders: holders)
    #expect(report.counts(.established) == ["green.py/inbound/80": 1])
  }

  // MARK: - Several that hold one listener

  private let launcher = Owner.process("launcher.py", pid: 100)
  private let service = Owner.process("service.py", pid: 101)

  private func held(queue: UInt32, accepted: Bool) -> [SocketRow] {
    [.listener(80, cookie: 1, inode: 10, queue: queue, limit: 1)] + waiting(Int(queue))
      + (accepted ? [.connection(80, 50_000, cookie: 99, inode: 30)] : [])
  }

  @Test func `of those that hold a listener, the one that has accepted connections has to accept`()
  {
    var polls = ScriptedPolls()
    let holders = [10: [launcher, service], 30: [service]] as [UInt32: [Owner]]
    polls.poll(held(queue: 2, accepted: true), holders: holders)
    let report = polls.poll(held(queue: 2, accepted: true))
    #expect(report.counts(.listen) == ["service.py/inbound/80": 1])
    #expect(report.counts(.established) == ["service.py/inbound/80": 3])
    let findings = Diagnosis.findings(in: report)
    #expect(findings.map(\.labels.process) == ["service.py"])
    #expect(findings.first?.acceptors?.processes.map(\.pid) == [101])
    // Also when that connection is over.
    #expect(
      polls.poll(held(queue: 2, accepted: false)).counts(.listen) == ["service.py/inbound/80": 1])
  }

  @Test func `if none of them has accepted any, all of them are told`() {
    var polls = ScriptedPolls()
    polls.listsSockets = true
    polls.poll(held(queue: 2, accepted: false), holders: [10: [launcher, service]])
    var report = polls.poll(held(queue: 2, accepted: false))
    var diagnostics = Diagnostics()
    _ = diagnostics.diagnose(&report, at: polls.now, linger: 0) { $0 == 101 ? .stopped : nil }
    #expect(report.findings.first?.acceptors?.names == ["launcher.py", "service.py"])
    // The one that only inherited it is not called by the other's name.
    let labels = report.singlingOut(101).groups.map(\.labels)
    #expect(!labels.contains { $0.process == "launcher.py" && $0.pid == 101 })
  }
}
