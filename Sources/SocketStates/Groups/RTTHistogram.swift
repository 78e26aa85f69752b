/// A histogram of round-trip times with fixed buckets, without allocation.
package struct RTTHistogram: Sendable {
  /// Upper bounds in µs: from a loopback to a satellite with a full buffer.
  package static let bounds: InlineArray<14, UInt32> = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000,
  ]
  /// Observations by bucket, not cumulated; the last is `+Inf`.
  package private(set) var counts = InlineArray<15, UInt64>(repeating: 0)
  /// µs.
  package private(set) var sum: UInt64 = 0

  package init() {}

  /// How many observations there were.
  package var count: UInt64 {
    var sum: UInt64 = 0
    for index in counts.indices { sum += counts[index] }
    return sum
  }

  /// Counts one observation of `microseconds`.
  package mutating func observe(_ microseconds: UInt32) {
    var bucket = 0
    while bucket < RTTHistogram.bounds.count, microseconds > RTTHistogram.bounds[bucket] {
      bucket += 1
    }
    counts[bucket] += 1
    sum += UInt64(microseconds)
  }

  /// Takes each number together with that of another histogram.
  mutating func combine(_ other: RTTHistogram, _ combined: (UInt64, UInt64) -> UInt64) {
    for index in counts.indices { counts[index] = combined(counts[index], other.counts[index]) }
    sum = combined(sum, other.sum)
  }
}
