internal import Configuration
internal import NIOCore

/// Counts requests against `rate_limit`.
struct TokenBucket {
  private var limit = WebConfig.RateLimit()
  /// As of `filled`.
  private var tokens = 0.0
  private var filled = NIODeadline.now()

  /// Takes a token for a request; false if there is none. A limit that is new begins with all its tokens.
  mutating func takeToken(_ limit: WebConfig.RateLimit, at now: NIODeadline) -> Bool {
    guard limit.interval > 0 else { return true }
    if limit != self.limit {
      self.limit = limit
      tokens = Double(limit.burst)
    } else {
      tokens += Double((now - filled).nanoseconds) / Double(limit.interval * 1_000_000)
    }
    filled = now
    tokens = min(tokens, Double(limit.burst))
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}
