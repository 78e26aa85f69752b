internal import NIOHTTP1

/// From a request's head to its response, without I/O.
struct Router: Sendable {
  let routes: [String: @Sendable (HTTPRequest) -> HTTPResponse]

  func response(
    to head: HTTPRequestHead, from client: ClientKind, isAuthenticated: Bool
  ) -> HTTPResponse {
    guard let method = HTTPRequest.Method(head.method) else { return .methodNotAllowed }
    // RFC 9112, 3.2: a server must answer so to a request of HTTP/1.1 without exactly one Host.
    guard head.version == .http1_0 || head.headers["Host"].count == 1,
      let target = RequestTarget(parsing: head.uri)
    else { return .badRequest }
    guard let route = routes[target.path] else { return .notFound }
    return route(
      HTTPRequest(
        method: method, path: target.path, query: target.query,
        accept: Self.joined(head.headers["Accept"]),
        acceptEncoding: Self.joined(head.headers["Accept-Encoding"]),
        client: client, isAuthenticated: isAuthenticated))
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
