import Foundation

/// Asks until there is an answer. The deadline is one that only a hang reaches; no test depends on it.
func eventually<Answer>(
  _ what: String, within limit: Duration = .seconds(60), _ attempt: () async throws -> Answer?
) async throws -> Answer {
  let clock = ContinuousClock()
  let deadline = clock.now + limit
  while true {
    if let answer = try await attempt() { return answer }
    guard clock.now < deadline else {
      throw Child.Failure(description: "waited in vain for \(what)")
    }
    try await Task.sleep(for: .milliseconds(20))
  }
}
