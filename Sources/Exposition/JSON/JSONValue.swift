/// A value of JSON (RFC 8259), as a daemon answers.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that 64 bits hold.
  case integer(sign: FloatingPointSign, magnitude: UInt64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue {
  /// The member of an object; nil where there is none, or no object.
  package subscript(name: String) -> JSONValue? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  /// The elements; none where it is no array.
  package var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }

  /// The text; nil where it is no string.
  package var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The number; nil where it is none.
  package var double: Double? {
    switch self {
    case .integer(let sign, let magnitude): sign == .minus ? -Double(magnitude) : Double(magnitude)
    case .number(let number): number
    default: nil
    }
  }

  /// The number, where it is an integer that `Number` holds.
  package func integer<Number: FixedWidthInteger>(as _: Number.Type = Number.self) -> Number? {
    guard case .integer(let sign, let magnitude) = self else { return nil }
    if sign == .plus { return Number(exactly: magnitude) }
    return Int64(exactly: magnitude).flatMap { Number(exactly: -$0) }
  }
}
