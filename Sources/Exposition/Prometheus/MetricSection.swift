/// Metrics that belong together: a chapter of docs/metrics.md.
package struct MetricSection: Sendable {
  package let title: String
  /// What they have in common, in Markdown.
  package let introduction: String
  package let families: [MetricFamily]

  /// Every metric, in the order in which they are written.
  package static let all: [MetricSection] = [
    groupGauges, groupCounters, findings, containers, destinations, descriptors, namespaces, daemon,
    http, process,
  ]
}

extension MetricFamily {
  /// Every metric, in the order in which they are written.
  package static let all: [MetricFamily] = MetricSection.all.flatMap(\.families)

  /// The names that `metrics.disable` may hold.
  package static let knownNames = Set(all.compactMap(\.shortName))
}
