/// The `name` of a rule: text with `$1`…`$9` or `${1}`…`${9}` for a pattern's groups, `$$` for a
/// dollar sign.
struct NameTemplate: Equatable {
  struct Invalid: Error {
    let problem: String
  }

  private enum Part: Equatable {
    case text(String)
    case group(Int)
  }

  private let parts: [Part]

  /// The highest group that the name needs; 0 if it needs none.
  var highestGroup: Int {
    parts.reduce(0) { highest, part in
      if case .group(let group) = part { max(highest, group) } else { highest }
    }
  }

  init(_ text: String) throws(Invalid) {
    guard !text.isEmpty else { throw Invalid(problem: "must not be empty") }
    var parts: [Part] = []
    var literal = ""
    var rest = text[...]
    while let character = rest.popFirst() {
      guard character == "$" else {
        literal.append(character)
        continue
      }
      if rest.first == "$" {
        rest.removeFirst()
        literal.append("$")
        continue
      }
      let braced = rest.first == "{"
      if braced { rest.removeFirst() }
      guard let group = rest.popFirst().flatMap({ Int(String($0)) }), (1...9).contains(group),
        !braced || rest.popFirst() == "}"
      else { throw Invalid(problem: "has a $ that starts no group") }
      parts += [.text(literal), .group(group)]
      literal = ""
    }
    self.parts = (parts + [.text(literal)]).filter { $0 != .text("") }
  }

  /// The name for a match; element 0 is the whole match, as in POSIX.
  func expand(_ groups: [String]) -> String {
    parts.reduce(into: "") { name, part in
      switch part {
      case .text(let text): name += text
      case .group(let group): if group < groups.count { name += groups[group] }
      }
    }
  }
}
