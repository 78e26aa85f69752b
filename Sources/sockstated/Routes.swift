import Exposition
import LinuxSockets
import MetricsServer
import NIOCore
import SocketStates
import Synchronization

/// What the server answers. Every rendering is made at most once a report, and only when somebody
/// asks.
final class Routes: Sendable {
  private struct Rendered {
    var exposition: TextExposition
    var sequence: UInt64 = 0
    var body = ByteBuffer()
  }

  private let board: ReportBoard
  private let text: Mutex<Rendered>

  init(board: ReportBoard, disabled: Set<String>) {
    self.board = board
    text = Mutex(Rendered(exposition: TextExposition(build: .current, disabled: disabled)))
  }

  /// Leaves these metric families out from now on.
  func disable(_ families: Set<String>) {
    text.withLock {
      $0 = Rendered(exposition: TextExposition(build: .current, disabled: families))
    }
  }

  /// The handlers by path.
  func table(telemetryPath: String) -> [String: MetricsServer.Handler] {
    [
      telemetryPath: { [self] _ in metrics() },
      "/": { [self] _ in page(telemetryPath: telemetryPath) },
      "/api/v1/groups": { [self] _ in json(ReportJSON.groups) },
      "/api/v1/leaks": { [self] request in
        json { ReportJSON.leaks($0, showsAddresses: request.maySeeAddresses) }
      },
      "/-/healthy": { [self] _ in health("Healthy") },
      "/-/ready": { [self] _ in health("Ready") },
    ]
  }

  /// The handlers that wait for a poll, by path.
  func slowTable(_ loop: PollLoop) -> [String: MetricsServer.SlowHandler] {
    ["/api/v1/sockets": { request in await Self.sockets(request, loop) }]
  }

  private static func sockets(_ request: HTTPRequest, _ loop: PollLoop) async -> HTTPResponse {
    let filter = SocketFilter(
      state: request.values(of: "state").last, process: request.values(of: "process").last,
      port: request.values(of: "port").last)
    if let complaint = filter.complaint { return .text("\(complaint).", status: 400) }
    guard let report = await loop.list() else { return .text("The poll failed.", status: 503) }
    return json(ReportJSON.sockets(report, filter, showsAddresses: request.maySeeAddresses))
  }

  private static func json(_ bytes: [UInt8]) -> HTTPResponse {
    HTTPResponse(contentType: "application/json", body: ByteBuffer(bytes: bytes))
  }

  /// A report as JSON, made anew for each request: people ask, not scrapers.
  private func json(_ render: (Report) -> [UInt8]) -> HTTPResponse {
    guard let report = board.current.posted?.report else {
      return .text("No poll has finished yet.", status: 503)
    }
    return Self.json(render(report))
  }

  private func metrics() -> HTTPResponse {
    guard let report = board.current.posted?.report else {
      return .text("No poll has finished yet.", status: 503)
    }
    let body = text.withLock { rendered in
      if rendered.sequence != report.sequence {
        var bytes: [UInt8] = []
        rendered.exposition.render(report, as: .text, into: &bytes)
        rendered.body = ByteBuffer(bytes: bytes)
        rendered.sequence = report.sequence
      }
      return rendered.body
    }
    return HTTPResponse(contentType: ExpositionFormat.text.contentType, body: body)
  }

  private func health(_ good: String) -> HTTPResponse {
    if let complaint = board.current.complaint(at: MonotonicClock.now) {
      return .text("Not \(good.lowercased()): \(complaint).", status: 503)
    }
    return .text("\(good).")
  }

  private func page(telemetryPath: String) -> HTTPResponse {
    HTTPResponse(
      contentType: "text/html; charset=utf-8",
      headers: [("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")],
      body: ByteBuffer(
        string: LandingPage.html(report: board.current.posted?.report, telemetryPath: telemetryPath)
      ))
  }
}

extension HTTPRequest {
  /// Who is connected to this host is nobody else's business: it is shown to clients on the host,
  /// and to those who have shown who they are.
  var maySeeAddresses: Bool { client != .remote || isAuthenticated }
}
