import SeededRandom
import Testing

@testable import SocketStates

@Suite struct VisibleTextTests {
  @Test(arguments: [
    ("plain 1~", "plain 1~"), ("\u{1b}[2J", #"\u{1b}[2J"#), ("\u{9b}31m", #"\u{9b}31m"#),
    ("a\nb\t\r", #"a\u{a}b\u{9}\u{d}"#), ("\u{7f}\u{0}", #"\u{7f}\u{0}"#),
    ("x\u{202e}gpj.exe", #"x\u{202e}gpj.exe"#), ("ngi\u{200b}nx", #"ngi\u{200b}nx"#),
    ("\u{2066}a\u{2069}", #"\u{2066}a\u{2069}"#), ("\u{ad}\u{feff}", #"\u{ad}\u{feff}"#),
    ("\u{3164}\u{fe0f}", #"\u{3164}\u{fe0f}"#), ("\u{2028}\u{2029}", #"\u{2028}\u{2029}"#),
    ("\u{e0041}\u{10ffff}", #"\u{e0041}\u{10ffff}"#),
    ("größe שלום e\u{301} 😀", "größe שלום e\u{301} 😀"),
    (#"wg\x2dquick@wg0.service"#, #"wg\x2dquick@wg0.service"#),
  ])
  func `what does not show itself is written by its number`(text: String, visible: String) {
    #expect(text.visible == visible)
    #expect(text.visibleName == visible)
  }

  @Test func `a name that looks like an escape is not taken for one`() {
    #expect(#"\u{1b}"#.visibleName == #"\u{5c}u{1b}"#)
    #expect(#"\u{1b}"#.visible == #"\u{1b}"#)
    #expect(
      "\\u{\u{301}".visibleName.unicodeScalars.elementsEqual(
        #"\u{5c}u{"#.unicodeScalars + ["\u{301}"]))
  }

  @Test func `nothing hostile is left, twice is as once, and different names stay different`() {
    var random = SplitMix64(state: 7)
    for _ in 0..<20_000 {
      let name = HostileText.random(&random)
      let visible = name.visibleName
      #expect(HostileText.scalars(in: visible).isEmpty)
      #expect(HostileText.scalars(in: name.visible).isEmpty)
      #expect(visible.visible.unicodeScalars.elementsEqual(visible.unicodeScalars))
      #expect(Self.undone(visible).unicodeScalars.elementsEqual(name.unicodeScalars))
    }
  }

  /// The name that the visible one was made of.
  private static func undone(_ visible: String) -> String {
    var name = String.UnicodeScalarView()
    var rest = visible.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if scalar == "\\", rest.starts(with: "u{".unicodeScalars), let end = rest.firstIndex(of: "}"),
        let value = UInt32(String(rest[..<end].dropFirst(2)), radix: 16),
        let original = Unicode.Scalar(value)
      {
        name.append(original)
        rest = rest[rest.index(after: end)...]
      } else {
        name.append(scalar)
      }
    }
    return String(name)
  }
}
