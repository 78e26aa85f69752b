import SocketStates

/// What is to be logged of the polls, since it was last asked for.
struct PollLog {
  private(set) var events: [PollLogEvent] = []
  /// What was said once and need not be said again.
  private var told: Set<String> = []

  mutating func add(_ event: PollLogEvent) { events.append(event) }

  /// Says once what cannot be seen, and why.
  /// - Parameter isWarning: false if it is so by choice.
  mutating func once(_ message: String, _ reason: String, isWarning: Bool = true) {
    guard told.insert(message).inserted else { return }
    var event = PollLogEvent(message, isWarning: isWarning, [("reason", reason)])
    event.limitsSight = isWarning
    events.append(event)
  }

  /// Takes back what was said once.
  /// - Returns: whether it was said.
  mutating func forget(_ message: String) -> Bool { told.remove(message) != nil }

  /// Hands out the events.
  mutating func take() -> [PollLogEvent] {
    defer { events = [] }
    return events
  }
}
