import Testing

@testable import SocketStates

/// A report over several network namespaces.
@Suite struct ReportTests {
  private func report(_ namespaces: [NamespaceReport], destinations: Int = 50) -> Report {
    Report(
      sequence: 1, time: 0, source: .sockDiag, namespaces: namespaces, destinations: destinations,
      formerlyRefused: 7)
  }

  private func namespace(_ netns: String, ports: [UInt16: Int], sockets: Int) -> NamespaceReport {
    var namespace = NamespaceReport(netns: netns)
    namespace.destinations = ports.sorted { $0.value > $1.value }.map {
      DestinationReport(
        netns: netns, destination: Endpoint(address: .anyIPv4, port: $0.key), synSent: $0.value,
        timeWait: 0)
    }
    namespace.trackedSockets = sockets
    namespace.unattributed[.timeWait] = UInt32(sockets)
    namespace.unattributedSeen = TCPStateSet(.timeWait)
    namespace.groupsRefused = 1
    return namespace
  }

  @Test func `sums are over all namespaces, and over those that have ended`() {
    let report = report([
      namespace("", ports: [:], sockets: 3), namespace("netns-blue", ports: [:], sockets: 4),
    ])
    #expect(report.trackedSockets == 7)
    #expect(report.unattributed[.timeWait] == 7)
    #expect(report.unattributedSeen == TCPStateSet(.timeWait))
    #expect(report.groupsRefused == 9)
    #expect(report.namespaces.map(\.netns) == ["", "netns-blue"])
  }

  @Test func `the fullest destinations of all namespaces come first, and no more than wanted`() {
    let report = report(
      [
        namespace("", ports: [1: 5, 2: 1], sockets: 6),
        namespace("netns-blue", ports: [3: 7, 4: 5, 5: 1], sockets: 13),
      ], destinations: 4)
    #expect(report.destinations.map(\.destination.port) == [3, 1, 4, 2])
    #expect(report.destinations.map(\.netns) == ["netns-blue", "", "netns-blue", ""])
  }

  @Test func `only who asks for a list of sockets gets one`() {
    var listed = namespace("", ports: [:], sockets: 1)
    #expect(report([listed]).sockets == nil)
    listed.sockets = [
      SocketReport(
        labels: GroupLabels(process: "a", unit: "", direction: .inbound, port: 1), pid: 1,
        state: .listen, local: Endpoint(address: .anyIPv4, port: 1),
        remote: Endpoint(address: .anyIPv4, port: 0), age: 0, receiveQueue: 0, sendQueue: 0,
        inode: 1)
    ]
    let report = report([listed, namespace("netns-blue", ports: [:], sockets: 0)])
    #expect(report.sockets?.count == 1)
    #expect(report.withoutSockets().sockets == nil)
    #expect(report.namespaces.allSatisfy { $0.sockets == nil })
  }

  @Test func `groups carry the namespace, also that of retransmissions without a socket`() {
    var tracker = SocketTracker(netns: "netns-blue")
    var namespace = NamespaceReport(netns: "")
    for (poll, retransSegs) in [(0, 0), (1, 5), (2, 5)] as [(Int64, UInt64)] {
      let pending = tracker.update(from: .sockDiag, at: poll) { body in
        if poll == 0 { body(ContiguousArray([SocketRow.listener(80, cookie: 1, inode: 1)]).span) }
      }
      var holders = HolderTable()
      holders.add(1, heldBy: holders.add(.process("server", pid: 1)))
      var host = HostCounters()
      host.segmentsRetransmitted = retransSegs
      namespace = tracker.attribute(pending, to: holders, host: host)
    }
    #expect(namespace.groups.map(\.labels.process) == ["server", "unknown"])
    #expect(namespace.groups.allSatisfy { $0.labels.netns == "netns-blue" })
    #expect(namespace.netns == "netns-blue")
  }
}
