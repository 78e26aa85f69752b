import Exposition
import Foundation
import LinuxSockets
import SocketStates
import Testing

/// The whole way from what a real kernel said (`scripts/record-dump.sh`) to the text that is served.
@Suite struct RecordedDumpTests {
  /// `SOCK_DIAG_BY_FAMILY` (`include/uapi/linux/sock_diag.h`).
  private static let sockDiagByFamily: UInt16 = 20

  private static func rows() throws -> ContiguousArray<SocketRow> {
    let url = GoldenTests.folder.appending(path: "linux-6.18.nlmsg")
    let bytes = [UInt8](try Data(contentsOf: url))
    var messages = NetlinkMessages()
    var rows = ContiguousArray<SocketRow>()
    // One dump a family, each with its own sequence number.
    while let (header, payload) = try messages.next(in: bytes.span.bytes) {
      var dump = SockDiagDump(
        sequence: header.sequence, port: header.port, messageType: sockDiagByFamily)
      let message = payload.lowerBound - 16..<payload.upperBound
      _ = try dump.decode(bytes.span.bytes.extracting(message), into: &rows)
    }
    return rows
  }

  /// Two polls, so that counters and ages have moved; owners by port.
  private static func report() throws -> Report {
    let rows = try rows()
    var tracker = SocketTracker()
    tracker.ephemeralPorts = EphemeralPorts(ports: 32_768...60_999)
    var host = HostCounters()
    host.segmentsRetransmitted = 4
    var namespace = NamespaceReport(netns: "")
    for poll in 1...2 as ClosedRange<Int64> {
      let pending = tracker.update(from: .sockDiag, at: 1_000_000 + poll * 120_000) {
        $0(rows.span)
      }
      let wanted = Set(tracker.request(for: pending)?.sockets ?? [])
      var holders = HolderTable()
      for row in rows where wanted.contains(row.inode) {
        holders.add(row.inode, heldBy: holders.add(owner(of: row)))
      }
      namespace = tracker.attribute(pending, to: holders, host: host)
    }
    namespace.host = nil
    return Report(
      sequence: 2, time: 1_700_000_000, source: .sockDiag, namespaces: [namespace])
  }

  private static func owner(of row: SocketRow) -> Owner {
    let isServer = row.local.port < 32_768
    return Owner(
      identity: ProcessIdentity(pid: isServer ? 100 : 200, startTime: 1),
      name: isServer ? "server.js" : "client.py", unit: isServer ? "shop.service" : "")
  }

  @Test func `the recording has what it is for`() throws {
    let states = Set(try Self.rows().map(\.state))
    #expect(states == [.established, .closeWait, .finWait2, .timeWait, .listen, .synSent])
  }

  @Test func `recorded messages give the recorded text`() throws {
    try GoldenTests.compare(render(try Self.report()), with: "recorded.prom")
  }
}
