package import NIOCore

/// A request for one of the server's routes.
package struct HTTPRequest: Sendable {
  /// The methods that reach a route; others are answered with 405.
  package enum Method: Sendable {
    case get, head
  }

  package var method: Method
  /// Percent-decoded, without the query.
  package var path: String
  /// Percent-decoded, in the order of the request; a name may come more than once.
  package var query: [QueryItem]
  /// The Accept header; nil if there is none. Several are joined by commas (RFC 9110, 5.3).
  package var accept: String?
  /// The Accept-Encoding header, as `accept`.
  package var acceptEncoding: String?
  package var client: ClientKind
  /// Whether the client has shown a password or certificate that the server asks for.
  package var isAuthenticated: Bool

  /// The values of a query item, in the order of the request.
  package func values(of name: String) -> [String] {
    query.filter { $0.name == name }.map(\.value)
  }
}

/// `name=value` in a query; the value is empty if there is no `=`.
package struct QueryItem: Sendable, Hashable {
  package var name: String
  package var value: String
}

/// The answer to a request. The server adds the headers of framing, and leaves the body out for HEAD.
package struct HTTPResponse: Sendable {
  /// Makes a body piece by piece, as the client reads. Each client gets a copy.
  package typealias Pieces = any IteratorProtocol<[UInt8]> & Sendable

  /// Status code (RFC 9110, 15).
  package var status: Int
  package var contentType: String
  /// Headers beyond Content-Type and those of framing.
  package var headers: [(name: String, value: String)]
  package var body: ResponseBody
  /// nil if `body` has the bytes. It runs on the event loop: each piece must be quick, and may be empty.
  package var pieces: Pieces?

  package init(
    status: Int = 200, contentType: String, headers: [(name: String, value: String)] = [],
    body: ResponseBody, pieces: Pieces? = nil
  ) {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    self.body = body
    self.pieces = pieces
  }

  package init(
    status: Int = 200, contentType: String, headers: [(name: String, value: String)] = [],
    body: ByteBuffer
  ) {
    self.init(
      status: status, contentType: contentType, headers: headers, body: ResponseBody(body))
  }

  /// Whether it is more than a connection is handed at once: then it takes a place.
  var isLarge: Bool { pieces != nil || body.bytes.readableBytes > BodyCursor.pieceSize }

  /// A line of plain text; its final newline is added here.
  package static func text(
    _ line: String, status: Int = 200, headers: [(name: String, value: String)] = []
  ) -> HTTPResponse {
    HTTPResponse(
      status: status, contentType: "text/plain; charset=utf-8", headers: headers,
      body: ByteBuffer(string: line + "\n"))
  }
}

extension HTTPResponse {
  static let badRequest = text("Bad request.", status: 400)
  /// In the words of Go's servers.
  static let lacksTLS = text("Client sent an HTTP request to an HTTPS server.", status: 400)
  static let unauthorized = text(
    "Unauthorized.", status: 401,
    headers: [("WWW-Authenticate", "Basic realm=\"sockstated\"")])
  static let tooManyPasswords = text(
    "Too many passwords to check, try again later.", status: 503, headers: [("Retry-After", "1")])
  static func rateLimited(seconds: Int64) -> HTTPResponse {
    text(
      "Too many requests (rate_limit), try again later.", status: 429,
      headers: [("Retry-After", "\(seconds)")])
  }
  static let notFound = text("Not found.", status: 404)
  static let methodNotAllowed = text(
    "Method not allowed.", status: 405, headers: [("Allow", "GET, HEAD")])
  static let contentTooLarge = text("Request body too large.", status: 413)
  static let headerTooLarge = text("Request header too large.", status: 431)

  /// In the words of the Prometheus exporters.
  static func tooManyRequests(limit: Int) -> HTTPResponse {
    text(
      "Limit of concurrent requests reached (\(limit)), try again later.", status: 503,
      headers: [("Retry-After", "1")])
  }
}
