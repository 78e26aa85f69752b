import Exposition
import LinuxSockets
import MetricsServer
import NIOCore
import SocketStates
import Synchronization

/// What the server answers.
final class Routes: Sendable {
  private let store: ReportStore
  private let statistics: StatisticsRecorder
  private let cache: Mutex<ResponseCache>

  /// - Parameter statistics: those of the server that these routes belong to.
  init(store: ReportStore, disabled: Set<String>, statistics: StatisticsRecorder) {
    self.store = store
    self.statistics = statistics
    cache = Mutex(ResponseCache(disabled: disabled))
  }

  /// Leaves these metric families out from now on.
  func disable(_ families: Set<String>) {
    cache.withLock { $0 = ResponseCache(disabled: families) }
  }

  /// The handlers by path.
  func table(telemetryPath: String) -> [String: MetricsServer.Handler] {
    let own: [String: MetricsServer.Handler] = [
      telemetryPath: { [self] request in metrics(request) },
      Page.documentPath: { [self] request in page(request) },
      "/api/v1/groups": { [self] request in json(request) { ReportJSON.groups($0) } },
      "/api/v1/leaks": { [self] request in
        json(request) { ReportJSON.leaks($0, showsAddresses: request.maySeeAddresses) }
      },
      "/-/healthy": { [self] _ in health("Healthy") },
      "/-/ready": { [self] _ in health("Ready") },
    ]
    return own.merging(Page.handlers(telemetryPath: telemetryPath)) { own, _ in own }
  }

  /// The handlers that wait for a poll, or take longer than an event loop may, by path.
  func slowTable(_ loop: PollLoop) -> [String: MetricsServer.SlowHandler] {
    [
      "/api/v1/sockets": { [self] request in
        await answer(request, ReportQuery.filter, loop, listsSockets: { _ in true }) {
          .json(
            ReportJSON.sockets(
              $0.report, $1.view.filter, showsAddresses: $1.view.showsAddresses))
        }
      },
      "/api/v1/snapshot": { [self] request in
        await answer(request, ReportQuery.table, loop) { observation, query in
          let format = Observation.Format(preferredBy: AcceptHeader(request.accept))
          return .negotiated(observation.snapshot(query.view, as: format), format)
        }
      },
      "/api/v1/watch": { [self] request in
        await answer(request, ReportQuery.table, loop) { .plain(Array($0.watchBody($1.view).utf8)) }
      },
      "/api/v1/explain": { [self] request in
        await answer(request, ReportQuery.explanation, loop, listsSockets: { _ in true }) {
          Self.explain($0, $1, request)
        }
      },
    ]
  }

  /// Answers a query with what is known: the last report or, if the sockets are wanted one by one, a
  /// poll of its own.
  private func answer(
    _ request: HTTPRequest, _ allowed: [ReportQuery.Parameter], _ loop: PollLoop,
    listsSockets: (ReportQuery) -> Bool = { !$0.view.filter.isEmpty },
    _ render: (Observation, ReportQuery) -> HTTPResponse
  ) async -> HTTPResponse {
    var query: ReportQuery
    do throws(ReportQuery.Failure) {
      query = try ReportQuery(request.query, allowed: allowed)
    } catch {
      return .text("\(error.message).", status: 400)
    }
    query.view.showsAddresses = request.maySeeAddresses
    let report: Report
    if listsSockets(query) {
      guard let list = await loop.list() else { return .text("The poll failed.", status: 503) }
      report = list
    } else {
      guard let posted = store.current.posted else { return .nothingYet }
      report = posted.report
    }
    return render(
      Observation(
        report: report, notVisible: store.current.notVisible), query)
  }

  private static func explain(
    _ observation: Observation, _ query: ReportQuery, _ request: HTTPRequest
  ) -> HTTPResponse {
    guard let subject = Explanation.Subject(query.subject) else {
      return .text(
        "subject: allowed: a pid, a process's name, or a port such as :8080.", status: 400)
    }
    let format = Observation.Format(preferredBy: AcceptHeader(request.accept))
    guard let bytes = observation.explanation(of: subject, query.view, as: format) else {
      return .text("\(observation.nothingKnown(of: subject)).", status: 404)
    }
    return .negotiated(bytes, format)
  }

  /// A report as JSON, made anew for each request: people ask, not scrapers.
  private func json(_ request: HTTPRequest, _ render: (Report) -> [UInt8]) -> HTTPResponse {
    do throws(ReportQuery.Failure) {
      _ = try ReportQuery(request.query, allowed: [])
    } catch {
      return .text("\(error.message).", status: 400)
    }
    guard let report = store.current.posted?.report else { return .nothingYet }
    return .json(render(report))
  }

  private func metrics(_ request: HTTPRequest) -> HTTPResponse {
    guard var report = store.current.posted?.report else { return .nothingYet }
    let variant = ResponseCache.Variant(
      format: ExpositionFormat(preferredBy: AcceptHeader(request.accept)),
      isCompressed: AcceptHeader(request.acceptEncoding).prefersGzip)
    report.daemon.http = statistics.snapshot
    return cache.withLock { $0.response(with: report, as: variant) }
  }

  private func health(_ good: String) -> HTTPResponse {
    if let complaint = store.current.complaint(at: MonotonicClock.now) {
      return .text("Not \(good.lowercased()): \(complaint).", status: 503)
    }
    return .text("\(good).")
  }

  private func page(_ request: HTTPRequest) -> HTTPResponse {
    let status = store.current
    guard let posted = status.posted else { return .nothingYet }
    let bytes = PageJSON.document(
      posted.report, store.history,
      PageJSON.Circumstances(
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

extension HTTPResponse {
  fileprivate static let nothingYet = text("No poll has finished yet.", status: 503)

  fileprivate static func json(_ bytes: [UInt8]) -> HTTPResponse {
    HTTPResponse(contentType: "application/json", body: ByteBuffer(bytes: bytes))
  }

  fileprivate static func plain(_ bytes: [UInt8]) -> HTTPResponse {
    HTTPResponse(contentType: "text/plain; charset=utf-8", body: ByteBuffer(bytes: bytes))
  }

  /// What a client chose by its Accept header (RFC 9110, 12.5.1).
  fileprivate static func negotiated(_ bytes: [UInt8], _ format: Observation.Format) -> HTTPResponse
  {
    var response = format == .json ? json(bytes) : plain(bytes)
    response.headers.append(("Vary", "Accept"))
    return response
  }
}

extension Observation.Format {
  /// What a client likes best; a text if it has no preference.
  init(preferredBy accept: AcceptHeader) {
    let known = accept.byPreference.first {
      ["application/json", "application/*", "text/plain", "text/*", "*/*"].contains($0.name)
    }
    self = known?.name.hasPrefix("application/") == true ? .json : .text
  }
}
