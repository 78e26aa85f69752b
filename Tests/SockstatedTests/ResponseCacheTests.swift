import NIOCore
import SocketStates
import Testing

@testable import MetricsServer
@testable import sockstated

@Suite struct ResponseCacheTests {
  private static func response(_ size: Int) -> HTTPResponse {
    HTTPResponse(
      contentType: "text/plain", headers: [("Vary", "Accept")],
      body: ByteBuffer(repeating: 1, count: size))
  }

  @Test func `who asks the same of a report is sent the same bytes`() {
    var cache = ResponseCache<String>(keeping: 100)
    #expect(cache.response(of: 1, as: "a") == nil)
    let made = Self.response(10)
    cache.insert(made, as: "a")
    let known = cache.response(of: 1, as: "a")
    #expect(known?.body === made.body)
    #expect(known?.headers.first?.value == "Accept")
    #expect(cache.response(of: 1, as: "b") == nil)
    #expect(cache.response(of: 2, as: "a") == nil, "another report")
    #expect(cache.response(of: 2, as: "a") == nil)
  }

  @Test func `small bodies are kept, a large one while somebody is sent it`() {
    var cache = ResponseCache<String>(keeping: 100)
    _ = cache.response(of: 1, as: "small")
    cache.insert(Self.response(60), as: "small")
    var large: HTTPResponse? = Self.response(60)
    cache.insert(large!, as: "large")
    #expect(cache.response(of: 1, as: "large")?.body === large?.body)
    large = nil
    #expect(cache.response(of: 1, as: "large") == nil)
    #expect(cache.response(of: 1, as: "small") != nil)
  }

  @Test func `ever new queries do not fill it`() {
    var cache = ResponseCache<Int>(keeping: .max)
    var bodies: [Weak] = []
    for number in 0..<1000 where cache.response(of: 1, as: number) == nil {
      let response = Self.response(1)
      bodies.append(Weak(body: response.body))
      cache.insert(response, as: number)
    }
    #expect(bodies.count { $0.body != nil } <= 64)
  }

  private struct Weak {
    weak var body: ResponseBody?
  }

  @Test func `pages, groups and leaks are made once a report`() throws {
    let store = ReportStore(interval: 5_000)
    let routes = Routes(store: store, disabled: [], statistics: StatisticsRecorder())
      .table(telemetryPath: "/metrics")
    let report = { sequence in
      Report(
        sequence: sequence, time: 0, source: .sockDiag, namespaces: [NamespaceReport(netns: "")])
    }
    for path in ["/metrics", "/api/v1/groups", "/api/v1/leaks", Page.documentPath, "/_/page.js"] {
      store.post(report(1))
      // The page's document says its age, in seconds: it may be another between two requests.
      let tries = path == Page.documentPath ? 100 : 1
      let request = HTTPRequest(
        method: .get, path: path, query: [], accept: nil, acceptEncoding: "gzip", client: .loopback,
        isAuthenticated: false)
      let handler = try #require(routes[path])
      #expect(handler(request).status == 200)
      let areSame = (0..<tries).contains { _ in handler(request).body === handler(request).body }
      #expect(areSame, "\(path)")
      let first = handler(request)
      store.post(report(2))
      #expect((handler(request).body === first.body) == path.hasSuffix(".js"), "\(path)")
    }
  }
}
