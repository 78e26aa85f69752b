import Exposition
import MetricsServer
import NIOCore

/// The page at `/`, and the files that it fetches. Its script asks for ``PageJSON`` while somebody looks.
///
/// What is below `/_/` belongs to the page and may change with any version.
enum Page {
  /// Where the script finds the page's document.
  static let documentPath = "/_/page"

  /// Nothing from another host, nothing inline, nowhere to be framed, nothing to send.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  private static let script = "text/javascript; charset=utf-8"

  /// The handlers by path.
  static func handlers(telemetryPath: String) -> [String: MetricsServer.Handler] {
    [
      "/": handler(html(telemetryPath), "text/html; charset=utf-8"),
      "/_/page.css": handler(PackageResources.page_css, "text/css; charset=utf-8"),
      "/_/page.js": handler(PackageResources.page_js, script),
      "/_/elements.js": handler(PackageResources.elements_js, script),
      "/_/findings.js": handler(PackageResources.findings_js, script),
      "/_/freshness.js": handler(PackageResources.freshness_js, script),
      "/_/lookup.js": handler(PackageResources.lookup_js, script),
      "/_/table.js": handler(PackageResources.table_js, script),
      "/_/theme.js": handler(PackageResources.theme_js, script),
    ]
  }

  private static func handler(_ bytes: [UInt8], _ contentType: String) -> MetricsServer.Handler {
    let make = { isCompressed in
      var response = HTTPResponse.negotiated(
        bytes, contentType: contentType, isCompressed: isCompressed)
      response.headers += [
        ("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
      ]
      return response
    }
    let (plain, compressed) = (make(false), make(true))
    return { $0.prefersGzip ? compressed : plain }
  }

  private static func html(_ telemetryPath: String) -> [UInt8] {
    let document = String(decoding: PackageResources.page_html, as: UTF8.self)
    let values = ["METRICS": telemetryPath, "VERSION": BuildInfo.current.description]
    return Array(filled(document, values).utf8)
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

extension HTTPRequest {
  /// Whether the client would rather have a compressed body.
  var prefersGzip: Bool { AcceptHeader(acceptEncoding).prefersGzip }
}

extension HTTPResponse {
  /// The bytes, compressed by gzip if that is wanted.
  /// - Parameter headers: those of the request that the response depends on.
  static func negotiated(
    _ bytes: [UInt8], contentType: String, varying headers: String = "Accept-Encoding",
    isCompressed: Bool
  ) -> HTTPResponse {
    let compressed = isCompressed ? Gzip.compress(bytes) : nil
    return HTTPResponse(
      contentType: contentType,
      headers: [("Vary", headers)] + (compressed == nil ? [] : [("Content-Encoding", "gzip")]),
      body: ByteBuffer(bytes: compressed ?? bytes))
  }
}
