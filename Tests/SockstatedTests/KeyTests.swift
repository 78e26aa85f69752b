import Testing

@testable import sockstated

@Suite struct KeyTests {
  @Test(arguments: [
    ("q", [Key.quit]), ("\u{3}", [.quit]), ("ss S", [.sort, .sort, .pause, .sortBack]),
    ("\u{1b}[A\u{1b}OB", [.up, .down]), ("\u{1b}[5~\u{1b}[6~", [.pageUp, .pageDown]),
    ("\u{1b}[H\u{1b}[1~g", [.top, .top, .top]), ("r?hkj", [.refresh, .help, .help, .up, .down]),
    // What is no key of ours: a mouse, a function key, half a sequence, Escape alone.
    ("\u{1b}[M", []), ("\u{1b}[15~", []), ("\u{1b}[1;5D", []), ("\u{1b}[", []), ("\u{1b}", []),
    ("\u{1b}[1;5Dq", [.quit]), ("äx", []),
  ])
  func `keys are told from what a terminal sends`(text: String, keys: [Key]) {
    #expect(Key.keys(in: Array(text.utf8)) == keys)
  }
}
