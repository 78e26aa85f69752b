/// Keeps searches that may be in vain to a small part of the time: each is followed by a pause in
/// proportion to what it took.
struct SearchPause: Sendable {
  /// The pause in times of what the search took.
  let factor: Int
  private var end: ContinuousClock.Instant?

  init(factor: Int) { self.factor = factor }

  /// Whether a search may begin.
  func isOver(at now: ContinuousClock.Instant = .now) -> Bool { end.map { now >= $0 } ?? true }

  /// Begins the pause after a search.
  mutating func begin(after start: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    end = max(end ?? now, now) + (now - start) * factor
  }
}
