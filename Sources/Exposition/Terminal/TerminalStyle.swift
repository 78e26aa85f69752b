/// What may be written to where: its width, and whether colours are wanted.
package struct TerminalStyle: Sendable, Equatable {
  /// Columns; nil is as wide as the text gets.
  package var width: Int?
  /// Whether emphasis is written (ECMA-48 SGR).
  package var isColoured: Bool
  /// Whether nothing but ASCII can be shown.
  package var isASCII: Bool

  package init(width: Int? = nil, isColoured: Bool = false, isASCII: Bool = false) {
    self.width = width
    self.isColoured = isColoured
    self.isASCII = isASCII
  }

  /// The text as it can be shown.
  func shown(_ text: String) -> String { isASCII ? TerminalText.ascii(text) : text }

  /// What stands for the rest of a text.
  var ellipsis: String { isASCII ? "..." : "\u{2026}" }

  /// The text as it can be shown, cut and ended by ``ellipsis`` where it is wider than `limit`.
  func truncated(_ text: String, to limit: Int) -> String {
    TerminalText.truncated(shown(text), to: limit, ending: ellipsis)
  }

  /// What text is set off by. The colours are those of the terminal's own palette, which its user chose.
  package enum Emphasis: String, Sendable {
    case strong = "1"
    case dim = "2"
    case fault = "1;31"
    case notice = "33"
    case good = "32"
  }

  /// The text with its emphasis, where that is wanted.
  package func apply(_ emphasis: Emphasis?, to text: String) -> String {
    guard isColoured, let emphasis, !text.isEmpty else { return text }
    return "\u{1b}[\(emphasis.rawValue)m\(text)\u{1b}[0m"
  }

  /// The text broken into lines at blanks, each after `indent` blanks; a word that is wider than a line
  /// stays whole.
  func wrap(_ text: String, indent: Int = 0, first: String? = nil) -> String {
    let blanks = String(repeating: " ", count: indent)
    var result = ""
    var line = first ?? blanks
    var isEmpty = true
    for word in shown(text).split(separator: " ") {
      if !isEmpty, let width,
        TerminalText.width(line) + 1 + TerminalText.width(String(word)) > width
      {
        result += line + "\n"
        line = blanks
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return result + line + "\n"
  }
}
