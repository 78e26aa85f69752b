/// Why a poll failed and nothing of it was published.
package struct PollFailure: Error, CustomStringConvertible {
  /// One line.
  package var description: String
}
