/// The name and password of a request (RFC 7617).
package struct BasicCredentials: Equatable {
  package var user: String
  package var password: String

  /// - Parameter authorization: the header `Authorization`.
  /// - Returns: nil if it is of another scheme or cannot be read.
  package init?(_ authorization: String) {
    let scheme = "basic "
    guard authorization.prefix(scheme.count).lowercased() == scheme,
      let bytes = Self.base64(authorization.dropFirst(scheme.count)),
      let text = String(validating: bytes, as: UTF8.self),
      let colon = text.firstIndex(of: ":")
    else { return nil }
    user = String(text[..<colon])
    password = String(text[text.index(after: colon)...])
  }

  /// Decodes RFC 4648, 4; padding is needed.
  private static func base64(_ text: Substring) -> [UInt8]? {
    let digits = text.utf8.drop { $0 == UInt8(ascii: " ") }
    guard !digits.isEmpty, digits.count.isMultiple(of: 4) else { return nil }
    let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for digit in digits.dropLast(padding) {
      guard let value = value(of: digit) else { return nil }
      bits = (bits << 6 | value) & 0xFFFF
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }

  private static func value(of digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
