internal import SocketStates

/// Text that is safe and aligned on a terminal.
package enum TerminalText {
  /// Makes a text of many lines from elsewhere visible, but for line ends and emphasis as ``TerminalStyle``
  /// writes it.
  package static func harmless(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
      let count = scalar == "\n" ? 1 : emphasisLength(rest)
      if count == 0 { result.append(visible: scalar) }
      result.append(contentsOf: rest.prefix(count))
      rest = rest.dropFirst(max(1, count))
    }
    return String(result)
  }

  /// How long the emphasis (ECMA-48 SGR) is that a text begins with; 0 if there is none.
  private static func emphasisLength(_ text: Substring.UnicodeScalarView) -> Int {
    guard text.starts(with: "\u{1b}[".unicodeScalars) else { return 0 }
    let parameters = text.dropFirst(2).prefix { "0"..."9" ~= $0 || $0 == ";" }
    guard parameters.count <= 8, text[parameters.endIndex...].first == "m" else { return 0 }
    return parameters.count + 3
  }

  /// Roughly the columns that the text takes: two for East Asian wide characters and emoji, none
  /// for marks that combine.
  static func width(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + width($1) } }

  /// The text with each scalar beyond ASCII written by its number, as ``String/visible`` writes others.
  package static func ascii(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    return text.unicodeScalars.map { $0.isASCII ? "\($0)" : "\\u{\(String($0.value, radix: 16))}" }
      .joined()
  }

  /// The text, cut and ended by `ending` where it is wider than `limit`.
  package static func truncated(
    _ text: String, to limit: Int, ending: String = "…"
  ) -> String {
    guard width(text) > limit else { return text }
    var result = String.UnicodeScalarView()
    var used = width(ending)
    for scalar in text.unicodeScalars {
      used += width(scalar)
      if used > limit { break }
      result.append(scalar)
    }
    return String(result) + ending
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch scalar.value {
    // The blocks that Unicode's EastAsianWidth.txt gives as wide or fullwidth.
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff,
      0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff,
      0x1f900...0x1faff, 0x20000...0x3fffd:
      return 2
    default:
      return 1
    }
  }
}
