internal import SocketStates

/// The first thing that is wrong with the configuration, as one line for a person.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, as the user named it; a flag (`--poll.interval`) if the value came from there.
  package let source: String
  /// Where in the file; nil if the file could not be read, or for a flag.
  package let position: Position?
  /// The key, with the keys around it: `web.listen_addresses[0]`. Empty for the file as a whole.
  package let path: String
  /// What is wrong.
  package let problem: String
  /// What would be right; nil if the problem says it.
  package let allowed: String?

  init(source: String, flaw: Flaw) {
    self.source = source
    position = flaw.position
    path = flaw.path
    problem = flaw.problem
    allowed = flaw.allowed
  }

  /// `FILE:LINE:COLUMN: key.path: what is wrong; allowed: …`, never more than one line.
  package var description: String {
    var line = source
    if let position { line += ":\(position.line):\(position.column)" }
    line += ": "
    if !path.isEmpty { line += "\(path): " }
    line += problem
    if let allowed { line += "; allowed: \(allowed)" }
    return line.visible
  }
}

/// What is wrong with a value, before anybody knows which file it stands in.
struct Flaw: Error, Equatable {
  var position: Position?
  var path = ""
  var problem: String
  var allowed: String?
}

/// The beginning of a text that may be any length.
func shortened(_ text: String) -> String {
  let limit = 64
  let start = text.unicodeScalars.prefix(limit)
  return start.endIndex == text.endIndex ? text : String(start) + "..."
}
