/// Keeps searches that may be in vain to a small part of the time: each is followed by a pause in
/// proportion to what it took.
struct SearchPause: Sendable {
  /// The pause in times of what the search took.
  let factor: Int
  /// What it lasts at least.
  let least: Duration
  private var end: ContinuousClock.Instant?

  init(factor: Int, least: Duration = .zero) {
    self.factor = factor
    self.least = least
  }

  /// Whether a search may begin.
  func isOver(at now: ContinuousClock.Instant = .now) -> Bool { end.map { now >= $0 } ?? true }

  /// Begins the pause after a search.
  mutating func begin(after start: ContinuousClock.Instant) {
    let now = ContinuousClock.now
    end = max(end ?? now, now) + max((now - start) * factor, least)
  }
}
