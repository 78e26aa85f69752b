import Exposition
import MetricsServer
import NIOCore
import SocketStates

/// The last report as it is sent. Every variant is made at most once a report, and only when
/// somebody asks.
struct ResponseCache {
  /// What clients may choose.
  struct Variant: Hashable {
    var format: ExpositionFormat
    /// By gzip.
    var isCompressed: Bool
  }

  private var exposition: TextExposition
  private var sequence: UInt64 = 0
  private var responses: [Variant: HTTPResponse] = [:]
  private var bytes: [UInt8] = []

  /// Leaves these metric families out.
  init(disabled: Set<String>) {
    exposition = TextExposition(build: .current, disabled: disabled)
  }

  /// The answer to a client who chose `variant`.
  mutating func response(with report: Report, as variant: Variant) -> HTTPResponse {
    if sequence != report.sequence {
      responses.removeAll(keepingCapacity: true)
      sequence = report.sequence
    }
    if let response = responses[variant] { return response }
    exposition.render(report, as: variant.format, into: &bytes)
    var response = HTTPResponse(
      contentType: variant.format.contentType, headers: [("Vary", "Accept, Accept-Encoding")],
      body: ByteBuffer())
    if variant.isCompressed, let compressed = Gzip.compress(bytes) {
      response.headers.append(("Content-Encoding", "gzip"))
      response.body.writeBytes(compressed)
    } else {
      response.body.writeBytes(bytes)
    }
    responses[variant] = response
    return response
  }
}

extension ExpositionFormat {
  /// What a scraper likes best of what there is: OpenMetrics only where it is asked for by name.
  init(preferredBy accept: AcceptHeader) {
    for item in accept.byPreference {
      switch item.name {
      case "application/openmetrics-text":
        guard ["1.0.0", "0.0.1", nil].contains(item.parameters["version"]) else { continue }
        self = .openMetrics
        return
      case "text/plain", "text/*", "*/*":
        self = .text
        return
      default:
        continue
      }
    }
    self = .text
  }
}
