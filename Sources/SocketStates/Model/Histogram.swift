/// A cumulative histogram with fixed bounds, as Prometheus means it.
package struct Histogram: Sendable {
  /// Upper bounds, inclusive and ascending; the last bucket, `+Inf`, is not listed.
  package let bounds: [Double]
  /// Observations by bucket, not cumulated; one longer than ``bounds``.
  package private(set) var counts: [UInt64]
  /// The sum of all observations.
  package private(set) var sum = 0.0

  package init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// Counts one observation.
  package mutating func observe(_ value: Double) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  /// How many observations there were.
  package var count: UInt64 { counts.reduce(0, +) }
}
