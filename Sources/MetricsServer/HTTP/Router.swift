internal import NIOHTTP1

/// From a request's head to its response, without I/O.
struct Router: Sendable {
  /// What a request leads to.
  enum Outcome {
    case response(HTTPResponse)
    /// A response that somebody else has to make first.
    case pending(@Sendable () async -> HTTPResponse)
  }

  let routes: [String: MetricsServer.Handler]
  let slowRoutes: [String: MetricsServer.SlowHandler]

  func outcome(
    of head: HTTPRequestHead, from client: ClientKind, isAuthenticated: Bool
  ) -> Outcome {
    guard let method = HTTPRequest.Method(head.method) else { return .response(.methodNotAllowed) }
    // RFC 9112, 3.2: a server must answer so to a request of HTTP/1.1 without exactly one Host.
    guard head.version == .http1_0 || head.headers["Host"].count == 1,
      let target = RequestTarget(parsing: head.uri)
    else { return .response(.badRequest) }
    let request = HTTPRequest(
      method: method, path: target.path, query: target.query,
      accept: Self.joined(head.headers["Accept"]),
      acceptEncoding: Self.joined(head.headers["Accept-Encoding"]),
      client: client, isAuthenticated: isAuthenticated)
    if let route = routes[target.path] { return .response(route(request)) }
    guard let route = slowRoutes[target.path] else { return .response(.notFound) }
    return .pending { await route(request) }
  }

  private static func joined(_ values: [String]) -> String? {
    values.isEmpty ? nil : values.joined(separator: ", ")
  }
}

extension HTTPRequest.Method {
  init?(_ method: HTTPMethod) {
    switch method {
    case .GET: self = .get
    case .HEAD: self = .head
    default: return nil
    }
  }
}
