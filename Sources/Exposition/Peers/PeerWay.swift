internal import SocketStates

/// The way from a finding of this host to what is the cause on another, host by host.
package struct PeerWay: Sendable {
  /// One host that was asked.
  package struct Step: Sendable {
    package var question: PeerQuestion
    package var host: String
    /// What it says, in sentences.
    package var lines: [String] = []

    package init(question: PeerQuestion, host: String) {
      self.question = question
      self.host = host
    }
  }

  /// What it begins with.
  package var start: String
  package var steps: [Step] = []
  /// Who is at the end, in which state and since when.
  package var end = ""

  package init(start: String) { self.start = start }

  /// The ways for people, behind an explanation.
  package static func text(_ ways: [PeerWay], _ view: TextView) -> String {
    var style = view.style
    style.width = min(style.width ?? ExplanationText.defaultWidth, ExplanationText.maximumWidth)
    guard !ways.isEmpty else {
      return "\n" + style.wrap("Nothing here has a cause that another host could tell.")
    }
    var text = "\n" + style.wrap("Host by host, from what is found here:")
    for way in ways {
      text += "\n" + style.wrap("here: \(way.start)".visible, indent: 4, first: "  ")
      for (depth, step) in way.steps.enumerated() {
        let blanks = String(repeating: " ", count: 2 * depth + 4)
        text += style.wrap(
          "\(step.host) (\(step.question.words)):".visible, indent: 2 * depth + 7,
          first: blanks + "-> ")
        for line in step.lines { text += style.wrap(line.visible, indent: 2 * depth + 7) }
      }
      text += style.wrap("The end: \(way.end)".visible, indent: 4, first: "  ")
    }
    return text
  }

  /// An explanation as JSON with the ways behind it, as `peers`.
  package static func appended(_ ways: [PeerWay], to document: [UInt8]) -> [UInt8] {
    guard let end = document.lastIndex(of: UInt8(ascii: "}")) else { return document }
    var json = JSONWriter(bytes: Array(document[..<end]), needsComma: true)
    json.array("peers") { json in
      for way in ways {
        json.object { json in
          json.member("start", way.start)
          json.array("steps") { json in
            for step in way.steps {
              json.object { json in
                json.member("host", step.host)
                json.member("remote", step.question.remote.description)
                if let local = step.question.local { json.member("local", local.description) }
                json.array("words") { json in for line in step.lines { json.value(line) } }
              }
            }
          }
          json.member("end", way.end)
        }
      }
    }
    return json.bytes + Array("}\n".utf8)
  }
}

extension PeerQuestion {
  /// `10.0.0.1:40000 to 10.1.0.2:8000`.
  fileprivate var words: String {
    let there = remote.port == 0 ? "port \(port.map { "\($0)" } ?? "unknown")" : "\(remote)"
    return local.map { "\($0) to \(there)" } ?? there
  }
}
