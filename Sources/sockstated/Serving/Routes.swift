import Exposition
import LinuxSockets
import MetricsServer
import NIOCore
import SocketStates
import Synchronization

/// What the server answers.
final class Routes: Sendable {
  private let board: ReportStore
  private let statistics: StatisticsRecorder
  private let renderings: Mutex<ResponseCache>

  /// - Parameter statistics: those of the server that these routes belong to.
  init(board: ReportStore, disabled: Set<String>, statistics: StatisticsRecorder) {
    self.board = board
    self.statistics = statistics
    renderings = Mutex(ResponseCache(disabled: disabled))
  }

  /// Leaves these metric families out from now on.
  func disable(_ families: Set<String>) {
    renderings.withLock { $0 = ResponseCache(disabled: families) }
  }

  /// The handlers by path.
  func table(telemetryPath: String) -> [String: MetricsServer.Handler] {
    [
      telemetryPath: { [self] request in metrics(request) },
      "/": Page.handler(for: .html(telemetryPath: telemetryPath)),
      "/page.css": Page.handler(for: .css),
      "/page.js": Page.handler(for: .script),
      "/api/v1/overview": { [self] request in overview(request) },
      "/api/v1/groups": { [self] _ in json(ReportJSON.groups) },
      "/api/v1/leaks": { [self] request in
        json { ReportJSON.leaks($0, showsAddresses: request.maySeeAddresses) }
      },
      "/api/v1/report": { [self] request in
        json { ReportJSON.whole($0, showsAddresses: request.maySeeAddresses) }
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
      port: request.values(of: "port").last, pid: request.values(of: "pid").last)
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

  private func metrics(_ request: HTTPRequest) -> HTTPResponse {
    guard var report = board.current.posted?.report else {
      return .text("No poll has finished yet.", status: 503)
    }
    let variant = ResponseCache.Variant(
      format: ExpositionFormat(preferredBy: AcceptHeader(request.accept)),
      isCompressed: AcceptHeader(request.acceptEncoding).prefersGzip)
    report.daemon.http = statistics.snapshot
    return renderings.withLock { $0.response(with: report, as: variant) }
  }

  private func health(_ good: String) -> HTTPResponse {
    if let complaint = board.current.complaint(at: MonotonicClock.now) {
      return .text("Not \(good.lowercased()): \(complaint).", status: 503)
    }
    return .text("\(good).")
  }

  private func overview(_ request: HTTPRequest) -> HTTPResponse {
    let status = board.current
    guard let posted = status.posted else {
      return .text("No poll has finished yet.", status: 503)
    }
    let bytes = OverviewJSON.document(
      posted.report, board.history,
      OverviewJSON.Circumstances(
        age: MonotonicClock.now - posted.at, interval: status.interval,
        showsAddresses: request.maySeeAddresses))
    return .negotiated(bytes, contentType: "application/json", for: request)
  }
}

extension HTTPRequest {
  /// Who is connected to this host is nobody else's business: it is shown to clients on the host,
  /// and to those who have shown who they are.
  var maySeeAddresses: Bool { client != .remote || isAuthenticated }
}
