import Exposition
import LinuxSockets
import MetricsServer
import NIOCore
import SocketStates
import Synchronization

/// What the server answers.
final class Routes: Sendable {
  private let store: ReportStore
  private let procfs: ProcFS
  private let statistics: StatisticsRecorder
  private let scrapes: Mutex<MetricsResponses>
  private let documents = Mutex(ResponseCache<Document>(keeping: 4 << 20))
  private let queries = QueryResponses()

  /// What is answered at once, and is not for scrapers.
  private struct Document: Hashable {
    var path: String
    var showsAddresses = false
    var isCompressed = false
    /// Of the report, in whole seconds, if the document says it.
    var age: Int64 = 0
  }

  /// - Parameters:
  ///   - statistics: those of the server that these routes belong to.
  ///   - procfs: where the processes are.
  init(
    store: ReportStore, disabled: Set<String>, statistics: StatisticsRecorder,
    procfs: ProcFS = ProcFS(root: "/proc")
  ) {
    self.store = store
    self.procfs = procfs
    self.statistics = statistics
    scrapes = Mutex(MetricsResponses(disabled: disabled))
  }

  /// Leaves these metric families out from now on.
  func disable(_ families: Set<String>) {
    scrapes.withLock { $0 = MetricsResponses(disabled: families) }
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
      "/api/v1/findings": { [self] request in
        json(request) { ReportJSON.findings($0, showsAddresses: request.maySeeAddresses) }
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
          .sockets($0, $1)
        }
      },
      "/api/v1/connections": { [self] request in
        await answer(request, ReportQuery.connections, loop, listsSockets: { _ in true }) {
          .connections($0, $1)
        }
      },
      "/api/v1/snapshot": { [self] request in
        await answer(request, ReportQuery.table, loop) { source, query in
          let format = Observation.Format(preferredBy: AcceptHeader(request.accept))
          if format == .json, !query.view.filter.isEmpty {
            return .sockets(source, query, varying: "Accept")
          }
          return .negotiated(source.observation.snapshot(query.view, as: format), format)
        }
      },
      "/api/v1/watch": { [self] request in
        await answer(request, ReportQuery.table, loop) {
          .plain(Array($0.observation.watchBody($1.view).utf8))
        }
      },
      "/api/v1/explain": { [self] request in
        await answer(request, ReportQuery.explanation, loop, listsSockets: { _ in true }) {
          Self.explain($0.observation, $1, request)
        }
      },
    ]
  }

  /// What a query is answered from.
  fileprivate struct Source: Sendable {
    var observation: Observation
    /// What holds the sockets; nil if the report is without.
    var list: ResponseBody?
  }

  /// Answers a query with what is known: the last report or, if the sockets are wanted one by one, a
  /// poll of its own.
  private func answer(
    _ request: HTTPRequest, _ allowed: [ReportQuery.Parameter], _ loop: PollLoop,
    listsSockets: (ReportQuery) -> Bool = { !$0.view.filter.isEmpty },
    _ render: @Sendable (Source, ReportQuery) -> HTTPResponse
  ) async -> HTTPResponse {
    var query: ReportQuery
    do throws(ReportQuery.Failure) {
      query = try ReportQuery(request.query, allowed: allowed)
    } catch {
      return .text("\(error.message).", status: 400)
    }
    query.view.showsAddresses = request.maySeeAddresses
    guard query.view.showsAddresses || !query.connections.namesAddresses else {
      return .text(
        "Who is connected is shown only to clients on this host, and to those with a password or certificate.",
        status: 403)
    }
    let source: Source
    let notVisible = store.current.notVisible
    if listsSockets(query) {
      guard let list = await loop.list() else { return .text("The poll failed.", status: 503) }
      source = Source(
        observation: Observation(report: list.report, notVisible: notVisible, procfs: procfs),
        list: list.body)
    } else {
      guard let posted = store.current.posted else { return .nothingYet }
      source = Source(
        observation: Observation(report: posted.report, notVisible: notVisible, procfs: procfs))
    }
    let variant = QueryResponses.Variant(
      path: request.path, query: request.query, accept: request.accept,
      showsAddresses: request.maySeeAddresses, notVisible: notVisible.count)
    return await queries.response(of: source.observation.report.sequence, as: variant) {
      [query] in render(source, query)
    }
  }

  private static func explain(
    _ observation: Observation, _ query: ReportQuery, _ request: HTTPRequest
  ) -> HTTPResponse {
    guard let subject = query.subject.isEmpty ? .host : Explanation.Subject(query.subject) else {
      return .text(
        "subject: allowed: a pid, a process's name, a port such as :8080, or two endpoints such as 192.0.2.1:443 [2001:db8::1]:443.",
        status: 400)
    }
    if let complaint = subject.complaint { return .text("\(complaint).", status: 400) }
    if case .connection = subject, !query.view.showsAddresses {
      return .text(
        "subject: who is connected is shown only to clients on this host and to those with a password or certificate.",
        status: 403)
    }
    let format = Observation.Format(preferredBy: AcceptHeader(request.accept))
    guard let answer = observation.explanation(of: subject, query.view, as: format) else {
      return .text("\(observation.nothingKnown(of: subject)).", status: 404)
    }
    var response = HTTPResponse.negotiated(answer.bytes, format)
    if !answer.isKnown { response.status = 404 }
    return response
  }

  /// A report as JSON.
  private func json(
    _ request: HTTPRequest, _ render: (Report) -> [UInt8]
  ) -> HTTPResponse {
    do throws(ReportQuery.Failure) {
      _ = try ReportQuery(request.query, allowed: [])
    } catch {
      return .text("\(error.message).", status: 400)
    }
    guard let report = store.current.posted?.report else { return .nothingYet }
    let document = Document(path: request.path, showsAddresses: request.maySeeAddresses)
    return self.document(document, of: report) { .json(render(report)) }
  }

  private func document(
    _ document: Document, of report: Report, _ make: () -> HTTPResponse
  ) -> HTTPResponse {
    documents.withLock { cache in
      if let known = cache.response(of: report.sequence, as: document) { return known }
      let response = make()
      cache.insert(response, as: document)
      return response
    }
  }

  private func metrics(_ request: HTTPRequest) -> HTTPResponse {
    guard var report = store.current.posted?.report else { return .nothingYet }
    let variant = MetricsResponses.Variant(
      format: ExpositionFormat(preferredBy: AcceptHeader(request.accept)),
      isCompressed: request.prefersGzip)
    report.daemon.http = statistics.snapshot
    return scrapes.withLock { $0.response(with: report, as: variant) }
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
    let age = MonotonicClock.now - posted.at
    let document = Document(
      path: request.path, showsAddresses: request.maySeeAddresses,
      isCompressed: request.prefersGzip, age: age / 1000)
    return self.document(document, of: posted.report) {
      let bytes = PageJSON.document(
        posted.report, store.history,
        PageJSON.Circumstances(
          age: age, interval: status.interval, showsAddresses: document.showsAddresses))
      return .negotiated(
        bytes, contentType: "application/json", isCompressed: document.isCompressed)
    }
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

  /// Sockets one by one, as JSON.
  /// - Parameter header: that of the request which the response depends on.
  fileprivate static func sockets(
    _ source: Routes.Source, _ query: ReportQuery, varying header: String? = nil
  ) -> HTTPResponse {
    let view = query.view
    return HTTPResponse(
      contentType: "application/json", headers: header.map { [("Vary", $0)] } ?? [],
      body: source.list ?? ResponseBody(sizeOfSource: 0),
      pieces: SocketListJSON(
        source.observation.report, view.filter, showsAddresses: view.showsAddresses))
  }

  /// Connections one by one, as JSON.
  fileprivate static func connections(
    _ source: Routes.Source, _ query: ReportQuery
  ) -> HTTPResponse {
    HTTPResponse(
      contentType: "application/json", body: source.list ?? ResponseBody(sizeOfSource: 0),
      pieces: SocketListJSON(
        source.observation.report, query.connections, showsAddresses: query.view.showsAddresses))
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
