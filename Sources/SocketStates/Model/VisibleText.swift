extension Unicode.Scalar {
  /// Whether it shows itself and nothing else: a control or format character would be obeyed by a terminal,
  /// turn the direction of writing, end a line or make two texts look the same.
  package var isVisible: Bool {
    if (0x20..<0x7f).contains(value) { return true }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      return false
    default: return !properties.isDefaultIgnorableCodePoint
    }
  }
}

extension String {
  /// The text with each scalar that is not visible written by its number, as `\u{202e}`; twice is as once.
  package var visible: String {
    if utf8.allSatisfy({ 0x20 <= $0 && $0 < 0x7f }) { return self }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars { result.append(visible: scalar) }
    return String(result)
  }

  /// A name that a stranger chose, ``visible`` and still another than any other name: a `\u{` that it has
  /// itself becomes `\u{5c}u{`.
  package var visibleName: String {
    if utf8.allSatisfy({ 0x20 <= $0 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) { return self }
    var result = String.UnicodeScalarView()
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if scalar == "\\", rest.starts(with: "u{".unicodeScalars) {
        result.append(contentsOf: #"\u{5c}"#.unicodeScalars)
      } else {
        result.append(visible: scalar)
      }
    }
    return String(result)
  }
}

extension String.UnicodeScalarView {
  /// Appends the scalar, or its number if it is not visible.
  package mutating func append(visible scalar: Unicode.Scalar) {
    if scalar.isVisible { return append(scalar) }
    append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
  }
}
