import Configuration
import NIOCore
import Testing

@testable import MetricsServer

@Suite struct TokenBucketTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  /// Takes tokens at these ms; gives what was had.
  private func taken(_ limit: WebConfig.RateLimit, at times: [Int64]) -> [Bool] {
    var bucket = TokenBucket()
    return times.map { bucket.takeToken(limit, at: start + .milliseconds($0)) }
  }

  @Test func `a burst is let through, then one request an interval`() {
    let limit = WebConfig.RateLimit(interval: 100, burst: 2)
    #expect(
      taken(limit, at: [0, 0, 0, 99, 100, 100, 150, 200, 1000, 1000, 1000])
        == [true, true, false, false, true, false, false, true, true, true, false])
  }

  @Test func `without an interval there is no limit, and without a burst no request`() {
    #expect(taken(.init(), at: [0, 0, 0]) == [true, true, true])
    #expect(taken(.init(interval: 0, burst: 1), at: [0, 0]) == [true, true])
    #expect(taken(.init(interval: 1, burst: 0), at: [0, 5000]) == [false, false])
  }

  @Test func `another limit begins anew`() {
    var bucket = TokenBucket()
    let taken = [1, 1, 2, 2, 2].map { burst in
      bucket.takeToken(WebConfig.RateLimit(interval: 1000, burst: burst), at: start)
    }
    #expect(taken == [true, false, true, true, false])
  }
}
