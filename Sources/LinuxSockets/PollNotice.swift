/// Something that the operator is told once: a log line with named details.
package struct PollNotice: Sendable {
  package var message: String
  package var isWarning: Bool
  package var details: [(name: String, value: String)]

  init(_ message: String, isWarning: Bool = false, _ details: [(name: String, value: String)] = []) {
    self.message = message
    self.isWarning = isWarning
    self.details = details
  }
}

/// Why nothing was published.
package struct PollFailure: Error, CustomStringConvertible {
  /// One line.
  package var description: String
}
