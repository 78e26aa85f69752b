/// The text formats that Prometheus reads.
package enum ExpositionFormat: Sendable, CaseIterable {
  /// Prometheus text format 0.0.4
  /// (https://prometheus.io/docs/instrumenting/exposition_formats/).
  case text
  /// OpenMetrics 1.0.0 (https://github.com/prometheus/OpenMetrics, specification/OpenMetrics.md).
  case openMetrics

  /// The value of the header `Content-Type`.
  package var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }
}
