import Exposition
import Foundation
import Logging
import SocketStates
import Testing

@testable import MetricsServer
@testable import sockstated

/// `docs/api.md` says what the routes do.
@Suite struct APIDocumentTests {
  private static let text =
    (try? String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/api.md"), encoding: .utf8)) ?? ""

  private let store = ReportStore(interval: 5_000)

  /// The paths of the routes but those of the page, with their handlers.
  private func routes() throws -> (
    quick: [String: MetricsServer.Handler], slow: [String: MetricsServer.SlowHandler]
  ) {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let routes = Routes(store: store, disabled: [], statistics: StatisticsRecorder())
    let loop = try PollLoop(store: store, manager: ServiceManager(), logger: logger)
    return (routes.table(telemetryPath: "/metrics"), routes.slowTable(loop))
  }

  /// What the table of routes names.
  private var documented: Set<String> {
    Set(
      Self.text.matches(of: /\n\| \[(`[^\]]*)\]\(#/).flatMap { row in
        row.1.split(separator: ", ").map { $0.filter { $0 != "`" } }
      })
  }

  private func section(_ path: String) throws -> Substring {
    let start = try #require(Self.text.range(of: "\n## `\(path)`"))
    let rest = Self.text[start.upperBound...]
    return rest[..<(rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex)]
  }

  @Test func `every route is documented, and every documented one is there`() throws {
    let (quick, slow) = try routes()
    let served = (Array(quick.keys) + Array(slow.keys)).filter {
      $0 != "/" && !$0.hasPrefix("/_/")
    }
    #expect(documented == Set(served))
    for path in served where !path.hasPrefix("/-/") {
      #expect(throws: Never.self) { try section(path) }
    }
  }

  @Test(arguments: [
    ("/api/v1/sockets", ReportQuery.filter), ("/api/v1/snapshot", ReportQuery.table),
    ("/api/v1/explain", ReportQuery.explanation),
    ("/api/v1/connections", ReportQuery.connections),
  ])
  func `the parameters of a route are documented`(
    path: String, parameters: [ReportQuery.Parameter]
  ) throws {
    let list = try section(path).firstMatch(of: /Parameters: ([^.]*)\./)?.1 ?? ""
    #expect(list == parameters.map { "`\($0)`" }.joined(separator: ", "))
    let table = try #require(Self.text.range(of: "\n## Parameters\n"))
    for parameter in parameters {
      #expect(Self.text[table.upperBound...].contains("\n| `\(parameter)` |"))
    }
    for order in GroupOrder.allCases { #expect(Self.text.contains("`\(order.rawValue)`")) }
    for state in TCPState.allCases { #expect(Self.text.contains("`\(state.label)`")) }
  }

  /// The path of every value: `groups[].process`; below a field that is documented with `.*`, that.
  private func fields(_ value: Any, _ path: String, _ known: Set<String>) -> Set<String> {
    switch value {
    case let object as [String: Any]:
      Set(
        object.flatMap { name, value in
          known.contains("\(path).*") && !known.contains("\(path).\(name)[]")
            ? ["\(path).*"] : fields(value, path.isEmpty ? name : "\(path).\(name)", known)
        })
    case let array as [Any]:
      // A list whose elements are described elsewhere stands for them.
      known.contains("\(path)[]") && !known.contains { $0.hasPrefix("\(path)[].") }
        ? ["\(path)[]"] : Set(array.flatMap { fields($0, path + "[]", known) })
    default: [path]
    }
  }

  private func documentedFields(_ path: String) throws -> Set<String> {
    Set(
      try section(path).matches(of: /\n\| (`[^|]*`) \|/).flatMap { row in
        row.1.split(separator: ", ").map { $0.filter { $0 != "`" } }
      })
  }

  /// A report in which every field has a value.
  private func report() -> Report {
    let labels = GroupLabels(
      process: "server.js", unit: "", direction: .outbound, port: 80, pid: 7, netns: "n")
    var group = GroupReport(
      labels: labels, statesSeen: [TCPStateSet(.closeWait), TCPStateSet(.listen)])
    group.gauges.sockets[.closeWait] = 2
    group.gauges.closeWaitOldest = 90_000
    group.gauges.synSentOldest = 1_000
    group.gauges.sockets[.synRecv] = 3
    group.gauges.deferredHandshakes = 2
    group.gauges.stuck[.notClosed] = 2
    group.counters = GroupCounters()
    let end = Endpoint(address: .anyIPv4, port: 80)
    var socket = SocketReport(
      labels: labels, pid: 7, descriptor: 3, state: .closeWait, local: end, remote: end,
      age: 90_000, stall: .localReader, receiveQueue: 1, sendQueue: 1, inode: 1)
    socket.cause = .notClosed
    socket.isAgeAtLeast = true
    socket.stalledFor = 1_000
    socket.isStalledAtLeast = true
    socket.rate = 7
    socket.hasWaitingPeer = true
    socket.sentBytes = 1
    socket.receivedBytes = 1
    socket.holders = [
      .init(process: "server.js", pid: 7, descriptor: 3),
      .init(process: "sleep", pid: 8, descriptor: 3),
    ]
    var namespace = NamespaceReport(netns: "")
    group.isExposed = false
    namespace.groups = [group]
    namespace.unattributedSeen = TCPStateSet(.timeWait)
    namespace.sockets = [socket]
    namespace.stuckSockets = [socket]
    var report = Report(
      sequence: 1, time: 1, source: .sockDiag, namespaces: [namespace],
      // Half of them are leaked: the finding about them follows from that.
      descriptors: [DescriptorReport(process: "server.js", unit: "", open: 4, limit: 4)])
    var row = SocketRow()
    row.local = end
    row.remote = end
    row.hasInfo = true
    row.info.hasBytesSent = true
    row.info.rtt = 1
    row.info.bytesSent = 1
    var ending = EndedConnection(row, .aborted, labels: labels, isInbound: false, ended: 1)
    ending.lastState = .established
    ending.openBy = 1
    report.ended = EndedConnections(limit: 1)
    report.ended?.insert(ending)
    var diagnostics = Diagnostics()
    _ = diagnostics.diagnose(&report, at: 0, linger: 0)
    return report
  }

  @Test(arguments: [
    "/api/v1/groups", "/api/v1/leaks", "/api/v1/findings", "/api/v1/sockets",
    "/api/v1/connections", "/api/v1/explain",
  ])
  func `every field of an answer is documented, and every documented one is there`(path: String)
    throws
  {
    let report = report()
    let observation = Observation(
      report: report, notVisible: ["what root could see"])
    let json =
      switch path {
      case "/api/v1/groups": ReportJSON.groups(report)
      case "/api/v1/leaks": ReportJSON.leaks(report, showsAddresses: true)
      case "/api/v1/findings": ReportJSON.findings(report, showsAddresses: false)
      case "/api/v1/sockets":
        ReportJSON.sockets(report, SocketFilter(), showsAddresses: true)
      case "/api/v1/connections":
        SocketListJSON(report, ConnectionFilter(), showsAddresses: true).reduce(into: []) {
          $0 += $1
        }
      default:
        observation.explanation(of: .process("server.js"), TextView(), as: .json)?.bytes ?? []
      }
    let known = try documentedFields(path)
    let object = try JSONSerialization.jsonObject(with: Data(json))
    let answered = fields(object, "", known)
    #expect(answered.subtracting(known) == [])
    // Lists and what only some findings, subjects or polls have.
    var optional: Set = [
      "perhaps[]", "past[]", "related[]", "groups[]", "findings[]", "leaks[].oldest[]",
      "containers.*",
      "full_poll_age_seconds", "before_owners",
    ]
    if path == "/api/v1/explain" {
      optional.formUnion(["sockets[]", "subject.local", "subject.remote"])
    }
    #expect(known.subtracting(answered).subtracting(optional) == [])
  }
}
