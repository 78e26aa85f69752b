internal import FoundationEssentials

/// The name and password of a request (RFC 7617).
package struct BasicCredentials: Equatable {
  package var user: String
  package var password: String

  /// - Parameter authorization: the header `Authorization`.
  /// - Returns: nil if it is of another scheme or cannot be read.
  package init?(_ authorization: String) {
    let scheme = "basic "
    guard authorization.prefix(scheme.count).lowercased() == scheme else { return nil }
    let digits = authorization.dropFirst(scheme.count).drop { $0 == " " }
    // Too much padding is taken by Foundation.
    guard digits.utf8.count.isMultiple(of: 4), let bytes = Data(base64Encoded: String(digits)),
      let text = String(validating: bytes, as: UTF8.self),
      let colon = text.firstIndex(of: ":")
    else { return nil }
    user = String(text[..<colon])
    password = String(text[text.index(after: colon)...])
  }
}
