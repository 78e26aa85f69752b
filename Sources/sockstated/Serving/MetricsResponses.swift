import Exposition
import MetricsServer
import SocketStates

/// The last report as it is sent to scrapers.
struct MetricsResponses {
  /// What clients may choose.
  struct Variant: Hashable {
    var format: ExpositionFormat
    /// By gzip.
    var isCompressed: Bool
  }

  private var exposition: TextExposition
  private var cache = ResponseCache<Variant>(keeping: .max)
  private var bytes: [UInt8] = []

  /// Leaves these metric families out.
  init(disabled: Set<String>) {
    exposition = TextExposition(build: .current, disabled: disabled)
  }

  /// The answer to a client who chose `variant`.
  mutating func response(with report: Report, as variant: Variant) -> HTTPResponse {
    if let known = cache.response(of: report.sequence, as: variant) { return known }
    exposition.render(report, as: variant.format, into: &bytes)
    let response = HTTPResponse.negotiated(
      bytes, contentType: variant.format.contentType, varying: "Accept, Accept-Encoding",
      isCompressed: variant.isCompressed)
    cache.insert(response, as: variant)
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
