import SeededRandom

@testable import Exposition
@testable import SocketStates

import Testing

/// Short, where a test runner would print everything.
extension Report: CustomTestStringConvertible {
  /// How many groups there are.
  public var testDescription: String { "\(groups.count) groups" }
}

let sampleBuild = BuildInfo(version: "1.2.3", revision: "abc1234", swiftVersion: "6.2")

/// A group with these sockets.
func makeGroup(
  _ process: String, unit: String = "", direction: Direction = .inbound, port: UInt16? = 8080,
  pid: Int32? = nil, _ sockets: [TCPState: UInt32]
) -> GroupReport {
  var group = GroupReport(
    labels: GroupLabels(process: process, unit: unit, direction: direction, port: port, pid: pid),
    statesSeen: TCPStateSet(sockets.keys.map { TCPStateSet($0) }))
  for (state, count) in sockets { group.gauges.sockets[state] = count }
  return group
}

/// A report that has only groups.
func makeReport(_ groups: [GroupReport]) -> Report {
  var namespace = NamespaceReport(netns: "")
  namespace.groups = groups
  return Report(
    sequence: 1, time: 1_700_000_000.25, source: .sockDiag, namespaces: [namespace])
}

/// A report with something in every family.
func makeRichReport() -> Report {
  let own = makeRichNamespace()
  var report = Report(
    sequence: 1, time: 1_700_000_000.25, source: .sockDiag,
    namespaces: [own, makeSecondNamespace(like: own)],
    descriptors: [
      DescriptorReport(process: "server.js", unit: "shop.service", open: 900, limit: 1024)
    ],
    daemon: makeStatistics())
  report.containers = ContainerNames([
    "docker-0123456789ab": ContainerName(
      runtime: "docker", container: "shop-web-1", namespace: "shop", service: "web",
      image: "nginx:1.27"),
    "cri-0123456789ab": ContainerName(
      runtime: "cri", container: "not \"shown\"", pod: "no-sockets", namespace: "here"),
  ])
  report.findingSeries = [
    FindingSeries(
      labels: report.groups[2].labels, kind: "close_wait", severity: .fault, stands: true),
    FindingSeries(
      labels: report.groups[3].labels, kind: "connects_refused", severity: .fault, stands: false),
    FindingSeries(
      labels: report.groups[4].labels, kind: "half_closed", severity: .notice, stands: true),
  ]
  return report
}

/// The daemon's own network namespace.
private func makeRichNamespace() -> NamespaceReport {
  var node = makeGroup(
    "server.js", unit: "shop.service", direction: .inbound, port: 8080,
    [.established: 12, .closeWait: 4, .listen: 1, .timeWait: 0])
  node.gauges.receiveQueue = 4096
  node.gauges.sendQueue = 18_446_744_073_709_551_615
  node.gauges.acceptQueueLength = 3
  node.gauges.acceptQueueLimit = 511
  node.gauges.acceptQueue = AcceptQueue(length: node.gauges.acceptQueueLength, limit: 511)
  var nginx = makeGroup(
    "nginx", unit: "nginx.service", direction: .inbound, port: 443, [.listen: 2, .synRecv: 3])
  nginx.gauges.deferredHandshakes = 2
  nginx.gauges.acceptQueueLimit = 1022
  nginx.gauges.acceptQueue = AcceptQueue(length: 0, limit: 1022)
  var namespace = NamespaceReport(netns: "")
  namespace.groups = [
    nginx,
    makeGroup("other", direction: .outbound, port: nil, [.established: 7]),
    node,
    makeGroup(
      "worker.py", unit: "docker-0123456789ab", direction: .outbound, port: 5432, pid: 4711,
      [.synSent: 2, .finWait1: 1]),
  ]
  namespace.groups[2] = richGroup(namespace.groups[2])
  namespace.groups[3] = richGroup(namespace.groups[3])
  namespace.destinations = [
    DestinationReport(
      destination: Endpoint(address: Address(ipv4: 0xc000_0201), port: 443), synSent: 3,
      timeWait: 40)
  ]
  namespace.ephemeralPorts = [
    EphemeralPortsReport(
      source: Address(high: 0, low: 1),
      destination: Endpoint(address: Address(high: 0, low: 1), port: 5432), used: 900,
      limit: 28_232)
  ]
  var mptcp = StateCounts()
  mptcp[.established] = 6
  namespace.mptcp = mptcp
  namespace.mptcpSeen = [TCPStateSet(.established), TCPStateSet(.listen)]
  namespace.unattributed[.timeWait] = 9
  namespace.unattributedSeen = [TCPStateSet(.timeWait), TCPStateSet(.lastAck)]
  namespace.trackedSockets = 38
  namespace.groupsRefused = 5
  var host = HostCounters()
  host.segmentsSent = 1001
  host.segmentsRetransmitted = 1002
  host.synRetransmitted = 1003
  host.connectFailures = 1004
  host.establishedResets = 1005
  host.resetsSent = 1006
  host.listenOverflows = 1007
  host.listenDrops = 1008
  host.retransmissionTimeouts = 1009
  host.aborts = [.data: 1011, .timeout: 1010]
  host.synCookies = [.sent: 1014, .received: 1015, .failed: 1016]
  host.conntrackEntries = 1017
  host.conntrackLimit = 1018
  host.orphanedSockets = 1011
  host.timeWaitSockets = 1012
  host.timeWaitLimit = 1013
  namespace.host = host
  return namespace
}

/// A second network namespace, with the names and ports of the first.
private func makeSecondNamespace(like own: NamespaceReport) -> NamespaceReport {
  let netns = "docker-0123456789ab"
  var group = makeGroup(
    "nginx", unit: netns, direction: .inbound, port: 443, [.listen: 1, .closeWait: 2])
  group.labels.netns = netns
  var namespace = NamespaceReport(netns: netns)
  namespace.groups = [group]
  namespace.destinations = own.destinations
  namespace.ephemeralPorts = own.ephemeralPorts
  namespace.destinations[0].netns = netns
  namespace.ephemeralPorts[0].netns = netns
  var host = HostCounters()
  host.listenDrops = 3
  host.aborts = [.timeout: 4]
  namespace.host = host
  return namespace
}

/// What a daemon knows about itself.
private func makeStatistics() -> DaemonStatistics {
  var daemon = DaemonStatistics()
  daemon.namespaces = 2
  daemon.pollInterval = 5
  daemon.pollDuration.observe(0.0004)
  daemon.pollDuration.observe(0.3)
  daemon.pollDuration.observe(60)
  daemon.pollCPUSeconds = 0.125
  daemon.polls = [.success: 3, .failure: 1]
  daemon.procfsLinesSkipped = 2
  daemon.destroyEvents = 77
  daemon.destroyEventsLost = 1
  daemon.eventSource = .kernelCounters
  daemon.eventsMissed = [.replaced: 2]
  var http = HTTPStatistics()
  http.requests = [503: 2, 200: 1234]
  http.requestsInFlight = 1
  http.requestsRejected = 2
  http.connections = 4
  http.connectionsAccepted = 17
  http.connectionsEvicted = 3
  http.connectionsRefused = 1
  http.connectionsTimedOut = 5
  http.acceptFailures = 6
  daemon.http = http
  daemon.process = ProcessStatistics(
    cpuSeconds: 1.5, openFDs: 12, maxFDs: 1024, virtualMemoryBytes: 40_000_000,
    virtualMemoryMaxBytes: nil, residentMemoryBytes: 17_000_000, startTime: 1_699_999_000.5)
  return daemon
}

/// The group with something in every measure.
private func richGroup(_ group: GroupReport) -> GroupReport {
  var group = group
  group.gauges.closeWaitOldest = 90_500
  group.gauges.synSentOldest = 3_000
  for cause in CloseWaitCause.allCases {
    group.causesSeen.insert(cause)
    group.gauges.stuck[cause] = UInt64(cause.rawValue)
  }
  group.stallsSeen.insert(.peerWindow)
  group.gauges.stalled[.peerWindow] = 2
  var counters = GroupCounters()
  counters.sentSegments = 100
  counters.retransmittedSegments = 7
  counters.sentBytes = 20_000
  counters.receivedBytes = 30_000
  counters.retransmittedBytes = 1_400
  counters.sendBusy = 10_250
  counters.receiveWindowLimited = 4_000
  counters.sendBufferLimited = 1_000
  counters.connectFailures[.refused] = 5
  counters.ended[.closed] = 40
  counters.ended[.aborted] = 9
  counters.cutOff = 8
  counters.resetSilence.observe(350_200)
  counters.retransmissionTimeout = 1_500
  counters.connectFailures[.unreachable] = 1
  counters.connectTime.observe(420)
  counters.connectTime.observe(1_002_000)
  counters.lifetime.observe(35_000_000)
  counters.resets[.received(.closeWait)] = 2
  counters.resets[.sent(.established, .abortOnClose)] = 3
  counters.resets[.sent(nil, nil)] = 4
  counters.rtt.observe(300)
  counters.rtt.observe(2_000_000)
  group.counters = counters
  return group
}

/// Names that attack the syntax of the formats or the terminal.
let hostileNames = [
  "", "\"", "\\", "\n", "\\n", "\\\"", "a\"} 1\nevil_metric{b=\"", "\r\n", "\t", "\u{1b}[2J",
  "a\u{0}b", "\u{7f}", "\u{9b}31m", "\u{FFFD}", "\u{1F600}", "日本語", "e\u{301}",
  "\u{202E}gnp.exe", "\u{2028}", "{}", "# EOF", String(repeating: "x", count: 1000),
]

/// One group for every hostile name, as process and as unit.
func makeHostileReport() -> Report {
  makeReport(
    hostileNames.map { makeGroup($0, unit: $0, [.established: 1, .listen: 1]) })
}

/// Reports that differ by seed and are the same in every run.
func makeGeneratedReport(seed: UInt64) -> Report {
  var random = SplitMix64(state: seed)
  var labels = Set<GroupLabels>()
  for _ in 0..<Int.random(in: 0...60, using: &random) {
    labels.insert(
      GroupLabels(
        process: hostileNames.randomElement(using: &random)!,
        unit: ["", "a.service", "docker-0123456789ab"].randomElement(using: &random)!,
        direction: Bool.random(using: &random) ? .inbound : .outbound,
        port: Bool.random(using: &random) ? .random(in: 0 ... .max, using: &random) : nil,
        pid: Bool.random(using: &random) ? .random(in: 1...9, using: &random) : nil))
  }
  var report = makeRichReport()
  report.groups = labels.sorted { "\($0)" < "\($1)" }
    .map { labels in
      var group = GroupReport(
        labels: labels,
        statesSeen: TCPStateSet(rawValue: .random(in: 0..<4096, using: &random)))
      for state in TCPState.allCases where group.statesSeen.contains(state) {
        group.gauges.sockets[state] = .random(in: 0 ... .max, using: &random)
      }
      return group
    }
  if Bool.random(using: &random) { report.namespaces[0].host = nil }
  if Bool.random(using: &random) { report.daemon = DaemonStatistics() }
  return report
}

extension Report {
  /// The same with its findings, as long after the start as it takes to know ages and counters.
  var diagnosed: Report {
    var report = self
    report.baseline = CounterBaseline(self, isFirst: false)
    report.findings = Diagnosis.findings(in: report)
    return report
  }
}

/// The text of a report.
func render(
  _ report: Report, as format: ExpositionFormat = .text, disabled: Set<String> = []
) -> String {
  var exposition = TextExposition(build: sampleBuild, disabled: disabled)
  var bytes: [UInt8] = []
  exposition.render(report, as: format, into: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

/// A leaking server, somebody who waits for an answer, names that are too long, and a full queue.
func makeSuspiciousReport() -> Report {
  var node = makeGroup(
    "server.js", unit: "shop.service", [.established: 28, .closeWait: 12, .listen: 1])
  node.gauges.closeWaitOldest = 731_600
  node.gauges.stuck[.notClosed] = 9
  node.gauges.stuck[.endUnread] = 3
  node.gauges.receiveQueue = 3
  node.gauges.acceptQueueLength = 512
  node.gauges.acceptQueueLimit = 511
  node.gauges.acceptQueue = AcceptQueue(length: node.gauges.acceptQueueLength, limit: 511)
  var worker = makeGroup(
    "a-worker-with-a-very-long-name-indeed.py", unit: "queue-consumer@orders-europe-west.service",
    direction: .outbound, port: 5432, [.established: 28, .synSent: 3, .finWait2: 2, .timeWait: 410])
  worker.gauges.synSentOldest = 32_000
  worker.gauges.stalled[.peerWindow] = 2
  worker.gauges.sendQueue = 2_626_560
  var report = makeReport([worker, node, makeGroup("nginx", unit: "nginx.service", [.listen: 4])])
  for index in 0..<4 {
    let cause: CloseWaitCause = index < 3 ? .notClosed : .endUnread
    var socket = SocketReport(
      labels: node.labels, pid: 28111, descriptor: Int32(30 - index), state: .closeWait,
      local: Endpoint(address: Address(ipv4: 0xc000_0201), port: 8080),
      remote: Endpoint(address: Address(ipv4: 0xc000_0263), port: UInt16(37_282 - index)),
      age: Int64(731_600 - index * 1000), receiveQueue: cause == .endUnread ? 1 : 0, sendQueue: 0,
      inode: UInt32(1000 + index))
    socket.cause = cause
    report.stuckSockets.append(socket)
  }
  report.destinations = [
    DestinationReport(
      destination: Endpoint(address: Address(ipv4: 0xc000_0207), port: 5432), synSent: 3,
      timeWait: 410)
  ]
  report.descriptors = [
    DescriptorReport(process: "server.js", unit: "shop.service", open: 1000, limit: 1024)
  ]
  return report
}
