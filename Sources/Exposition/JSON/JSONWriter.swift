internal import SocketStates

/// Writes JSON (RFC 8259) into bytes.
///
/// The caller nests; the writer sets commas and escapes.
package struct JSONWriter: Sendable {
  /// What was written so far.
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  /// Goes on after what is written already.
  init(bytes: [UInt8], needsComma: Bool) {
    self.bytes = bytes
    self.needsComma = needsComma
  }

  /// Writes an object, whose members `body` writes; as a member if it has a name.
  package mutating func object(_ name: String? = nil, _ body: (inout JSONWriter) -> Void) {
    if let name { key(name) }
    nest(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  /// Writes an array, whose elements `body` writes; as a member if it has a name.
  package mutating func array(_ name: String? = nil, _ body: (inout JSONWriter) -> Void) {
    if let name { key(name) }
    nest(UInt8(ascii: "["), UInt8(ascii: "]"), body)
  }

  /// Writes the name of a member; its value has to follow.
  package mutating func key(_ name: String) {
    separate()
    appendQuoted(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// Writes a string.
  package mutating func value(_ text: String) {
    separate()
    appendQuoted(text)
  }

  /// Writes an integer.
  package mutating func value(_ number: some FixedWidthInteger) {
    separate()
    bytes.append(decimal: number)
  }

  /// Writes a number; null where JSON has none for it (infinities, NaN).
  package mutating func value(_ number: Double) {
    separate()
    bytes.append(contentsOf: (number.isFinite ? number.description : "null").utf8)
  }

  /// Writes a boolean.
  package mutating func value(_ flag: Bool) {
    separate()
    bytes.append(contentsOf: (flag ? "true" : "false").utf8)
  }

  /// Writes a member with a string.
  package mutating func member(_ name: String, _ text: String) {
    key(name)
    value(text)
  }

  /// Writes a member with an integer.
  package mutating func member(_ name: String, _ number: some FixedWidthInteger) {
    key(name)
    value(number)
  }

  /// Writes a member with a number.
  package mutating func member(_ name: String, _ number: Double) {
    key(name)
    value(number)
  }

  /// Writes a member with a boolean.
  package mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    value(flag)
  }

  private mutating func nest(
    _ opening: UInt8, _ closing: UInt8, _ body: (inout JSONWriter) -> Void
  ) {
    separate()
    bytes.append(opening)
    needsComma = false
    body(&self)
    bytes.append(closing)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func appendQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { bytes.append(UInt8(ascii: "\\")) }
      append(scalar)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends a scalar of a string; `\uXXXX` if it is not visible, which is the same to a parser.
  private mutating func append(_ scalar: Unicode.Scalar) {
    if scalar.isVisible { return bytes.append(contentsOf: String(scalar).utf8) }
    for unit in String(scalar).utf16 {
      bytes.append(contentsOf: #"\u"#.utf8)
      for shift in [12, 8, 4, 0] {
        bytes.append(contentsOf: String(unit >> shift & 15, radix: 16).utf8)
      }
    }
  }

  /// A document from elsewhere, the same to a parser, in which nothing is left that a terminal would obey.
  package static func harmless(_ document: [UInt8]) -> [UInt8] {
    var writer = JSONWriter()
    for scalar in String(decoding: document, as: UTF8.self).unicodeScalars {
      if scalar == "\n" { writer.bytes.append(UInt8(ascii: "\n")) } else { writer.append(scalar) }
    }
    return writer.bytes
  }
}
