extension Daemon {
  /// What `explain` says of a subject, in one line, once it has these words: what a finding is told by may change with
  /// the poll.
  @discardableResult
  func explain(_ subject: String, saying words: String) async throws -> String {
    var text = ""
    do {
      return try await eventually("“\(words)” about \(subject)") {
        let child = try await program.namespace.result([
          Self.binary, "explain", subject, "--connect=unix:\(socket)",
        ])
        text = (child.output + child.errors).unwrapped
        return child.end == .exited(0) && text.contains(words) ? text : nil
      }
    } catch {
      throw Child.Failure(description: "\(error): \(text)")
    }
  }
}

extension String {
  /// The text in one line.
  var unwrapped: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
