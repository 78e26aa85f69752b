/// What a client accepts, and what it likes best: the values of an Accept or Accept-Encoding header
/// (RFC 9110, 12.4.2 and 12.5).
package struct AcceptHeader: Sendable, Equatable {
  /// One value with its preference.
  package struct Item: Sendable, Equatable {
    /// In lower case: `text/plain`, `gzip`, `*`.
    package var name: String
    /// Names in lower case; without `q`.
    package var parameters: [String: String] = [:]
    /// Thousandths: 1000 is the most liked, 0 is not acceptable.
    package var quality = 1000
  }

  /// In the order of the header. What cannot be read is left out.
  package let items: [Item]

  /// - Parameter text: the header's value; nil if there is no such header.
  package init(_ text: String?) {
    items = Self.split(text ?? "", at: ",").compactMap(Self.item)
  }

  /// The items that are acceptable, the most liked first; equally liked ones in their order.
  package var byPreference: [Item] {
    items.enumerated().filter { $0.element.quality > 0 }
      .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
      .map(\.element)
  }

  /// How much a client that sent this as Accept-Encoding likes an encoding, in thousandths; nil
  /// if it says nothing about it.
  package func quality(of name: String) -> Int? {
    (items.first { $0.name == name } ?? items.first { $0.name == "*" })?.quality
  }

  /// Whether a client that sent this as Accept-Encoding would have gzip (RFC 9110, 12.5.3).
  package var prefersGzip: Bool {
    guard let gzip = quality(of: "gzip"), gzip > 0 else { return false }
    return gzip >= (quality(of: "identity") ?? 0)
  }

  private static func item(_ text: String) -> Item? {
    let parts = split(text, at: ";")
    guard let name = parts.first, !name.isEmpty else { return nil }
    var item = Item(name: name.lowercased())
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
      guard pair.count == 2 else { continue }
      let key = pair[0].lowercased()
      if key == "q" {
        guard let quality = quality(parsing: pair[1]) else { return nil }
        item.quality = quality
      } else {
        item.parameters[key] = unquoted(pair[1])
      }
    }
    return item
  }

  /// Thousandths: a weight is 0 or 1 with at most three decimals, and not above 1.
  private static func quality(parsing text: String) -> Int? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, whole == "0" || whole == "1" else { return nil }
    let decimals = parts.dropFirst().joined()
    guard decimals.utf8.count <= 3,
      decimals.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let fraction = Int(decimals + String(repeating: "0", count: 3 - decimals.utf8.count))
    else { return nil }
    let quality = (whole == "1" ? 1000 : 0) + fraction
    return quality <= 1000 ? quality : nil
  }

  /// The parts between separators that do not stand in quotes, without the space around them.
  private static func split(_ text: String, at separator: Unicode.Scalar) -> [String] {
    var parts: [String] = []
    var part = ""
    var isQuoted = false
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if scalar == separator, !isQuoted {
        parts.append(trimmed(part))
        part = ""
        continue
      }
      if scalar == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && scalar == "\\" && !isEscaped
      part.unicodeScalars.append(scalar)
    }
    return parts + [trimmed(part)]
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    let start = text.drop(while: isSpace)
    let trailing = start.reversed().prefix(while: isSpace).count
    return String(start.dropLast(trailing))
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    var unquoted = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      isEscaped = character == "\\" && !isEscaped
      if !isEscaped { unquoted.append(character) }
    }
    return unquoted
  }
}
