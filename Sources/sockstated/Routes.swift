import Exposition
import LinuxSockets
import MetricsServer
import NIOCore
import SocketStates
import Synchronization

/// What the server answers.
final class Routes: Sendable {
  private let board: ReportBoard
  private let statistics: StatisticsRecorder
  private let renderings: Mutex<Renderings>

  /// - Parameter statistics: those of the server that these routes belong to.
  init(board: ReportBoard, disabled: Set<String>, statistics: StatisticsRecorder) {
    self.board = board
    self.statistics = statistics
    renderings = Mutex(Renderings(disabled: disabled))
  }

  /// Leaves these metric families out from now on.
  func disable(_ families: Set<String>) {
    renderings.withLock { $0 = Renderings(disabled: families) }
  }

  /// The handlers by path.
  func table(telemetryPath: String) -> [String: MetricsServer.Handler] {
    [
      telemetryPath: { [self] request in metrics(request) },
      "/": { [self] _ in page(telemetryPath: telemetryPath) },
      "/-/healthy": { [self] _ in health("Healthy") },
      "/-/ready": { [self] _ in health("Ready") },
    ]
  }

  private func metrics(_ request: HTTPRequest) -> HTTPResponse {
    guard var report = board.current.posted?.report else {
      return .text("No poll has finished yet.", status: 503)
    }
    let variant = Renderings.Variant(
      format: ExpositionFormat(preferredBy: AcceptHeader(request.accept)),
      isCompressed: AcceptHeader(request.acceptEncoding).prefersGzip)
    report.daemon.http = HTTPStatistics(statistics.snapshot)
    return renderings.withLock { $0.response(with: report, as: variant) }
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
