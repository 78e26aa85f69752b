/// The buckets of a ``FixedHistogram``.
package protocol HistogramScale: Sendable {
  /// Upper bounds.
  static var bounds: InlineArray<14, UInt32> { get }
  /// In how many of their unit a second is.
  static var unitsPerSecond: Double { get }
}

/// Round-trip times in µs, from a loopback to a satellite with a full buffer.
package enum RTTScale: HistogramScale {
  package static let bounds: InlineArray<14, UInt32> = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000,
  ]
  package static let unitsPerSecond = 1e6
}

/// Silences in ms. The idle timeouts of common programs and devices are bounds: what they end is just above.
package enum SilenceScale: HistogramScale {
  package static let bounds: InlineArray<14, UInt32> = [
    1_000, 5_000, 10_000, 30_000, 60_000, 75_000, 120_000, 240_000, 300_000, 350_000, 600_000,
    900_000, 1_800_000, 3_600_000,
  ]
  package static let unitsPerSecond = 1e3
}

/// Times that connect() took in µs; a second SYN goes out after a second, the next after three. `CONNECT_BOUNDS` of
/// sockstated-bpf's `format.h`.
package enum ConnectScale: HistogramScale {
  package static let bounds: InlineArray<14, UInt32> = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 3_000_000,
  ]
  package static let unitsPerSecond = 1e6
}

/// Lifetimes of connections in 10 µs, from a millisecond to ten hours. `LIFETIME_BOUNDS` of sockstated-bpf's `format.h`.
package enum LifetimeScale: HistogramScale {
  package static let bounds: InlineArray<14, UInt32> = [
    100, 1_000, 10_000, 50_000, 100_000, 500_000, 1_500_000, 6_000_000, 30_000_000, 90_000_000,
    180_000_000, 360_000_000, 2_160_000_000, 3_600_000_000,
  ]
  package static let unitsPerSecond = 1e5
}

/// A histogram of durations with fixed buckets, without allocation.
package struct FixedHistogram<Scale: HistogramScale>: Sendable {
  /// Observations by bucket, not cumulated; the last is `+Inf`.
  package private(set) var counts = InlineArray<15, UInt64>(repeating: 0)
  /// In the unit of the scale.
  package private(set) var sum: UInt64 = 0

  package init() {}

  /// Takes what was counted elsewhere.
  package init(counts: InlineArray<15, UInt64>, sum: UInt64) {
    self.counts = counts
    self.sum = sum
  }

  /// How many observations there were.
  package var count: UInt64 {
    var sum: UInt64 = 0
    for index in counts.indices { sum += counts[index] }
    return sum
  }

  /// Counts one observation.
  package mutating func observe(_ duration: UInt32) {
    var bucket = 0
    while bucket < Scale.bounds.count, duration > Scale.bounds[bucket] { bucket += 1 }
    counts[bucket] += 1
    sum += UInt64(duration)
  }

  /// Takes each number together with that of another histogram.
  mutating func combine(_ other: FixedHistogram, _ combined: (UInt64, UInt64) -> UInt64) {
    for index in counts.indices { counts[index] = combined(counts[index], other.counts[index]) }
    sum = combined(sum, other.sum)
  }
}

extension FixedHistogram: Equatable {
  package static func == (one: Self, other: Self) -> Bool {
    one.sum == other.sum && one.counts.indices.allSatisfy { one.counts[$0] == other.counts[$0] }
  }
}
