import Foundation

/// How long a test waits for what must come. Only a hang reaches it, however busy the machine is; no test depends
/// on it.
let hangLimit = Duration.seconds(180)

/// Asks until there is an answer.
func eventually<Answer>(
  _ what: String, within limit: Duration = hangLimit, _ attempt: () async throws -> Answer?
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
