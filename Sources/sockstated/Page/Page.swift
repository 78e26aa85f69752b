import Exposition
import MetricsServer
import NIOCore

/// The page at `/`: three files of its own, which the browser keeps together by fetching
/// `/api/v1/overview` for as long as somebody looks.
enum Page {
  /// What there is to fetch.
  enum Part {
    case html(telemetryPath: String)
    case css
    case script
  }

  /// Nothing from another host, nothing inline, nowhere to be framed, nothing to send.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  /// Answers with one part.
  static func handler(for part: Part) -> MetricsServer.Handler {
    let (bytes, contentType) = content(of: part)
    return { request in
      .negotiated(
        bytes, contentType: contentType,
        headers: [
          ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"),
          ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-cache"),
        ], for: request)
    }
  }

  private static func content(of part: Part) -> (bytes: [UInt8], contentType: String) {
    switch part {
    case .html(let telemetryPath):
      let document = String(decoding: PackageResources.page_html, as: UTF8.self)
      return (
        Array(
          filled(document, ["METRICS": telemetryPath, "VERSION": BuildInfo.current.description])
            .utf8),
        "text/html; charset=utf-8"
      )
    case .css: return (PackageResources.page_css, "text/css; charset=utf-8")
    case .script: return (PackageResources.page_js, "text/javascript; charset=utf-8")
    }
  }

  /// The document with `{{NAME}}` replaced.
  private static func filled(_ document: String, _ values: [String: String]) -> String {
    var rest = document[...]
    var text = ""
    while let opening = rest.firstRange(of: "{{"), let closing = rest.firstRange(of: "}}") {
      text += rest[..<opening.lowerBound]
      text += escaped(values[String(rest[opening.upperBound..<closing.lowerBound])] ?? "")
      rest = rest[closing.upperBound...]
    }
    return text + rest
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}

extension HTTPResponse {
  /// An answer in gzip for those who like it best.
  static func negotiated(
    _ bytes: [UInt8], contentType: String, headers: [(name: String, value: String)] = [],
    for request: HTTPRequest
  ) -> HTTPResponse {
    var response = HTTPResponse(
      contentType: contentType, headers: headers + [("Vary", "Accept-Encoding")],
      body: ByteBuffer())
    if AcceptHeader(request.acceptEncoding).prefersGzip, let compressed = Gzip.compress(bytes) {
      response.headers.append(("Content-Encoding", "gzip"))
      response.body.writeBytes(compressed)
    } else {
      response.body.writeBytes(bytes)
    }
    return response
  }
}
