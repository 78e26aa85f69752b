/// Scalars that no output may have as they are: a terminal obeys them, they turn the direction of writing,
/// end a line, or are not seen.
package enum HostileText {
  /// Apart from the code under test: the ranges of the Unicode charts and of UAX #9.
  private static let ranges: [ClosedRange<UInt32>] = [
    0x00...0x1f, 0x7f...0x9f, 0xad...0xad, 0x34f...0x34f, 0x61c...0x61c, 0x115f...0x1160,
    0x180b...0x180f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0x3164...0x3164,
    0xe000...0xe0ff, 0xfe00...0xfe0f, 0xfeff...0xfeff, 0xfff9...0xfffb, 0x1d173...0x1d17a,
    0xe0001...0xe007f,
  ]

  /// Text that is as it should be, and such as looks like an escape.
  private static let harmless = [
    "nginx", "a", "ü", "日本", "שלום", "e\u{301}", "😀", "\\", "\\u{", "\\u{5c}", "u{1b}", "\"", "}",
    " ",
    "\u{301}",
  ]

  /// The scalars of a text that are hostile.
  package static func scalars(in text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter { scalar in ranges.contains { $0.contains(scalar.value) } }
  }

  /// A name of up to twelve parts, of which about half are hostile.
  package static func random(_ random: inout SplitMix64) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      if Bool.random(using: &random), let range = ranges.randomElement(using: &random),
        let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random))
      {
        text.unicodeScalars.append(scalar)
      } else {
        text.unicodeScalars.append(
          contentsOf: harmless.randomElement(using: &random)!.unicodeScalars)
      }
    }
    return text
  }
}
