import Testing

@testable import Exposition
@testable import SocketStates

/// Every kind of finding.
let everyKind: [Finding.Kind] =
  CloseWaitCause.allCases.map { .closeWait($0) } + [
    .halfClosed, .closedHeld, .descriptors, .unreadData, .peerNotReading, .deadPath, .loss,
    .connectsUnanswered(.nobody), .connectsUnanswered(.listenerFull), .connectsRefused,
    .connectsAbandoned, .acceptQueue, .listenDrops, .ephemeralPorts, .timeWait,
    .peerNotClosing, .endUnconfirmed, .smallSendBuffer, .synFlood, .connectionsReset(.sent),
    .connectionsReset(.received), .idleTimeout,
  ]

@Suite struct WordsTests {
  private static let far = Address(ipv4: 0xc000_0209)

  private func finding(
    _ kind: Finding.Kind, _ direction: Direction = .outbound, port: UInt16? = 8080,
    process: String = "p.js"
  ) -> Finding {
    let labels = GroupLabels(process: process, unit: "", direction: direction, port: port)
    var evidence: [Evidence] = []
    if kind == .connectsUnanswered(.listenerFull) {
      let endpoint = Endpoint(address: Address(ipv4: 0x7f00_0001), port: 8080)
      evidence.append(
        .fullListener(
          SocketReport(
            labels: GroupLabels(process: "deaf.py", unit: "", direction: .inbound, port: 8080),
            pid: 4712, state: .listen, local: endpoint,
            remote: Endpoint(address: .anyIPv4, port: 0), age: 0, receiveQueue: 6, sendQueue: 5,
            inode: 1)))
    }
    return Finding(kind, .fault, of: labels, evidence)
  }

  private func commands(_ finding: Finding, _ look: InvocationFlags = InvocationFlags()) -> [String]
  {
    FindingWords(finding, look: look).steps.compactMap(\.command)
  }

  @Test(arguments: everyKind)
  func `no command has anything to be filled in, whatever is known`(kind: Finding.Kind) {
    for direction in Direction.allCases {
      for port in [UInt16(8080), nil] {
        var known = finding(kind, direction, port: port)
        let unknown = commands(known)
        known.pid = 4711
        known.remote = Self.far
        for command in unknown + commands(known) {
          #expect(command.firstMatch(of: /\b(PID|PORT|PEER|ADDRESS|INSTANCE)\b/) == nil)
          #expect(command == command.trimmingPrefix(" ") && !command.hasSuffix(" "))
        }
      }
    }
  }

  @Test(arguments: [
    Finding.Kind.unreadData, .acceptQueue, .connectsRefused, .connectsAbandoned, .descriptors,
    .closeWait(.dataUnread), .closeWait(.notAccepted),
  ])
  func `the pid that is known stands in the commands`(kind: Finding.Kind) {
    var finding = finding(kind)
    #expect(!commands(finding).contains { $0.contains("4711") })
    finding.pid = 4711
    #expect(commands(finding).contains { $0.contains("4711") })
  }

  private func text(_ finding: Finding) -> String {
    let words = FindingWords(finding)
    return
      ([words.headline, words.meaning, words.responsible, words.cause] + words.steps.map(\.text)
      + words.steps.compactMap(\.command)).joined(separator: "\n")
  }

  @Test func `a full listener is named with pid, queue and limit`() throws {
    let words = FindingWords(finding(.connectsUnanswered(.listenerFull)))
    #expect(words.headline.contains("deaf.py"))
    #expect(words.responsible.contains("deaf.py (pid 4712)"))
    #expect(words.steps.contains { $0.command == "top -H -p 4712" })
    #expect(words.runbook == "AcceptQueueFilling")
    let evidence = try #require(finding(.connectsUnanswered(.listenerFull)).evidence.first)
    #expect(
      evidence.words(showsAddresses: false)
        == "deaf.py (pid 4712) listens on port 8080: 6 in its accept queue, limit 5")
    guard case .fullListener(var listener) = evidence else { return }
    listener.device = "eth0"
    #expect(
      Evidence.fullListener(listener).words(showsAddresses: false)
        == "deaf.py (pid 4712) listens on port 8080 at eth0: 6 in its accept queue, limit 5")
  }

  @Test(arguments: [
    Finding.Kind.peerNotReading, .deadPath, .peerNotClosing, .endUnconfirmed, .loss,
    .connectsUnanswered(.nobody),
  ])
  func `a peer on this host is said to be there`(kind: Finding.Kind) {
    var finding = finding(kind)
    finding.remote = Self.far
    #expect(!text(finding).contains("on this host"))
    finding.localPeer = Finding.LocalPeer(process: "peer.py", pid: 4713)
    let here = text(finding)
    #expect(here.contains("on this host") || here.contains("is this host"))
    #expect(here.firstMatch(of: /peer's host|far host|on its host|ping|ip route/) == nil)
    if kind != .endUnconfirmed, kind != .connectsUnanswered(.nobody) {
      #expect(here.contains("peer.py (pid 4713)"))
    }
  }

  @Test func `a window that is open now is not called one that nobody reads`() {
    var shut = finding(.peerNotReading)
    let open = text(shut)
    #expect(open.contains("holds up what"))
    #expect(open.firstMatch(of: /does not read|no room for it/) == nil)
    shut.evidence = [.stalled(.peerWindow, 1, of: 1), .sendQueue(10)]
    #expect(text(shut).contains("does not read what"))
  }

  @Test func `probes in vain are not called data`() {
    var probed = finding(.deadPath)
    probed.evidence = [.stalled(.retransmission, 1, of: 1), .sendQueue(0)]
    #expect(text(probed).contains("is not answered") && !text(probed).contains("Data that"))
    probed.evidence = [.stalled(.retransmission, 1, of: 1), .sendQueue(10)]
    #expect(text(probed).contains("Data that"))
  }

  @Test func `commands look the way that was looked, quoted for a shell`() {
    let look = InvocationFlags(["--connect", "http://[::1]:1/it's a prefix"])
    #expect(
      commands(finding(.halfClosed), look) == [
        #"sockstated explain :8080 --connect 'http://[::1]:1/it'\''s a prefix'"#,
        #"sockstated watch --state close_wait --connect 'http://[::1]:1/it'\''s a prefix'"#,
      ])
    #expect(
      commands(finding(.halfClosed, port: nil, process: "a;b $(c)")).first
        == "sockstated explain 'a;b $(c)'")
    // What is to be typed on another host keeps nothing of this one.
    #expect(commands(finding(.peerNotReading), look).contains("sockstated explain :8080"))
  }

  /// (what keeps it from running, the beginning of the headline, a command)
  private static let conditions: [(ProcessCondition, String, String)] = [
    (.stopped, "p.js (812) is stopped (SIGSTOP): kill -CONT 812. p.js does not", "kill -CONT 812"),
    (
      .traced(switches: 7), "p.js (812) is stopped by a debugger (ptrace): grep TracerPid",
      "grep TracerPid /proc/812/status"
    ),
    (
      .frozen(cgroup: "/cg/it's"), "p.js (812) is frozen (cgroup freezer): cd '/cg/it'",
      #"cd '/cg/it'\''s' && if test -e cgroup.freeze; then echo 0 >cgroup.freeze; else echo THAWED >freezer.state; fi"#
    ),
    (
      .uninterruptible, "p.js (812) is in uninterruptible sleep (D): cat /proc/812/wchan",
      "cat /proc/812/wchan /proc/812/stack"
    ),
  ]

  @Test func `what keeps the process from running is the answer, with the command that ends it`()
    throws
  {
    for (condition, headline, command) in Self.conditions {
      var finding = finding(.unreadData)
      finding.evidence = [.condition(condition, process: "p.js", pid: 812)]
      let words = FindingWords(finding)
      #expect(words.headline.hasPrefix(headline), "\(words.headline)")
      #expect(words.steps.first?.command == command)
      #expect(
        finding.evidence[0].words(showsAddresses: false)?.hasPrefix("p.js (pid 812) is ") == true)
    }
    var other = finding(.descriptors)
    let plain = FindingWords(other)
    other.evidence = [.condition(.stopped, process: "p.js", pid: 812)]
    #expect(FindingWords(other).headline == plain.headline)
  }

  @Test func `a reset is told for the side that sends and the side that receives`() {
    let sent = FindingWords(finding(.connectionsReset(.sent), .inbound))
    #expect(sent.headline.hasPrefix("p.js cuts off connections on port 8080: it closes them"))
    #expect(sent.responsible.hasPrefix("p.js: it has to read"))
    let received = FindingWords(finding(.connectionsReset(.received)))
    #expect(received.headline == "Connections of p.js to port 8080 are cut off by resets.")
    #expect(received.responsible.hasPrefix("The peer's program, or a device"))
    var counters = GroupCounters()
    (counters.cutOff, counters.ended[.aborted]) = (9, 10)
    #expect(
      Evidence.cutOff(.init(counters), within: .last(60_000)).words(showsAddresses: true)
        == "9 of 10 connections that ended were cut off by a reset (90 %) in 1m00s")
    #expect(
      Evidence.hostAborts(.close, 9, within: .last(60_000)).words(showsAddresses: true)
        == "9 resets of this host in 1m00s: closed with unread data (TCPAbortOnClose)")
  }

  @Test func `what may have arrived before a reset is not told as cut off`() {
    var counters = GroupCounters()
    (counters.cutOffUnderWay, counters.ended[.resetReceived]) = (9, 10)
    var checks = finding(.connectionsReset(.received), .inbound)
    checks.evidence = [.cutOff(.init(counters), within: .last(60_000))]
    #expect(FindingWords(checks).headline.hasSuffix("some of it may be lost."))
    #expect(
      checks.evidence[0].words(showsAddresses: true)?.hasSuffix(
        ", 9 of them with data under way that may have arrived") == true)
  }

  @Test func `resets of an unknown process are nobody's whose pid is known`() {
    let labels = { (process: String, direction: Direction) in
      GroupLabels(process: process, unit: "", direction: direction, port: 7013)
    }
    var server = makeGroup("dlserver.py", [.listen: 1])
    server.labels = labels("dlserver.py", .inbound)
    server.labels.pid = 4711
    var report = makeReport([server])
    report.findings = [
      Finding(.connectionsReset(.sent), .fault, of: labels(Owner.unknownName, .outbound), [])
    ]
    let explanation = Explanation(of: .process("dlserver.py"), in: report)
    #expect(explanation.perhaps.map(\.pid) == [nil])
    let text = ExplanationText.render(explanation, TextView(style: TerminalStyle(width: 120)))
    #expect(text.contains("an unknown process: it has to read"))
    #expect(!text.contains("unknown process (pid"))
    report.findings[0].evidence = [.likelyClient("dlclient.py")]
    #expect(
      FindingWords(report.findings[0]).responsible.hasPrefix(
        "an unknown process, likely dlclient.py: it has to read"))
  }

  @Test func `ports that bind has taken are told for all destinations, a likely owner as likely`() {
    var bound = finding(.ephemeralPorts, port: nil)
    let any = EphemeralPortsReport(
      source: Self.far, destination: nil, used: 32, bound: 32, limit: 32)
    bound.evidence = [.ephemeralPorts(any)]
    #expect(FindingWords(bound).headline.contains("p.js takes up the local ports by bind()"))
    #expect(
      bound.evidence[0].words(showsAddresses: false)
        == "32 of 32 local ports taken by bind(), whatever the destination")
    var likely = finding(.ephemeralPorts)
    likely.evidence = [.ownerless(299, isLikelyOwn: true)]
    #expect(FindingWords(likely).headline.hasSuffix("likely because of p.js."))
  }

  @Test func `relief from TIME-WAIT is what is not in force yet`() {
    func command(_ mode: UInt64, _ hasTimestamps: Bool, _ source: UInt32) -> String? {
      var ports = EphemeralPortsReport(
        source: Address(ipv4: source),
        destination: Endpoint(address: Address(ipv4: source), port: 80), used: 90, limit: 100)
      ports.timeWaitReuse.mode = mode
      ports.timeWaitReuse.hasTimestamps = hasTimestamps
      var finding = finding(.ephemeralPorts)
      finding.evidence = [.ephemeralPorts(ports)]
      return FindingWords(finding).steps[2].command
    }
    let (loopback, far) = (UInt32(0x7f00_0001), UInt32(0xc000_0201))
    for (mode, address) in [(UInt64(0), loopback), (0, far), (2, far)] {
      #expect(command(mode, true, address) == "sysctl net.ipv4.tcp_tw_reuse=1")
    }
    for (mode, address) in [(UInt64(2), loopback), (1, loopback), (1, far)] {
      #expect(command(mode, true, address)?.hasPrefix("ss -tniH") == true)
    }
    #expect(
      command(2, false, loopback) == "sysctl net.ipv4.tcp_timestamps=1 net.ipv4.tcp_tw_reuse=1")
  }

  @Test func `more ports are advised with care`() {
    let text = FindingWords(finding(.ephemeralPorts)).steps.map { "\($0.text) \($0.command ?? "")" }
      .joined(separator: "\n")
    #expect(!text.contains("1024 65535"))
    #expect(text.contains("ip_local_port_range='15000 64999'"))
    #expect(text.contains("ip_local_reserved_ports"))
  }

  @Test func `what may be a process's own is traced at that process`() {
    var refused = GroupReport(
      labels: GroupLabels(
        process: Owner.unknownName, unit: "", direction: .outbound, port: 8003), statesSeen: [])
    refused.counters = GroupCounters()
    refused.counters?.connectFailures[.refused] = 3
    var own = makeGroup("retry.js", [.listen: 1])
    own.labels.pid = 4711
    let before = CounterBaseline(makeReport([]), isFirst: false)
    let diagnosed = { (groups: [GroupReport]) in
      var report = makeReport(groups)
      report.baseline = before
      report.findings = Diagnosis.findings(in: report)
      return report
    }
    let explanation = Explanation(of: .process("retry.js"), in: diagnosed([refused, own]))
    #expect(explanation.perhaps.map(\.kind) == [.connectsRefused])
    #expect(explanation.perhaps.flatMap { commands($0) }.contains { $0.hasSuffix(" -p 4711") })
    let text = ExplanationText.render(explanation, TextView(style: TerminalStyle(width: 120)))
    #expect(text.hasPrefix("retry.js: 1 socket, nothing wrong in them.\n"))
    #expect(
      text.contains("Connection attempts to port 8003 are refused; whose they are is not known."))
    // Who has no socket is not called healthy.
    let nobody = ExplanationText.render(
      Explanation(of: .process("nobody.js"), in: diagnosed([refused])))
    #expect(nobody.hasPrefix("nobody.js: no TCP socket of that is known now.\n"))
    #expect(!nobody.contains("healthy") && !nobody.contains("Nothing is wrong"))
  }

  @Test func `what was counted earlier, and not lately, is a fact and no finding`() {
    var group = makeGroup("client.py", direction: .outbound, port: 5432, [.established: 1])
    group.counters = GroupCounters()
    group.counters?.connectFailures[.refused] = 3
    group.counters?.sentSegments = 1000
    group.counters?.retransmittedDataSegments = 100
    let explanation = Explanation(
      of: .process("client.py"), in: makeReport([group]).diagnosed)
    #expect(explanation.findings.isEmpty)
    #expect(explanation.severity == .normal)
    let text = ExplanationText.render(explanation, TextView(style: TerminalStyle(width: 120)))
    #expect(
      text.contains(
        """
        Counted, and no finding now:
          client.py connects to port 5432: 3 connection attempts refused since the daemon started
          client.py connects to port 5432: 100 of 1,000 segments retransmitted (10 %) since the daemon started

        """))
    // In the first minute all of it is recent.
    var young = makeReport([group])
    young.baseline = CounterBaseline(makeReport([]), isFirst: true)
    young.findings = Diagnosis.findings(in: young)
    let now = Explanation(of: .process("client.py"), in: young)
    #expect(now.findings.map(\.kind) == [.loss, .connectsRefused])
    #expect(now.past.isEmpty)
  }
}
