import Testing

@testable import sockstated

@Suite struct LogLineTests {
  @Test(arguments: [
    ("plain", "plain"), ("", #""""#), ("two words", #""two words""#), ("a=b", #""a=b""#),
    (#"say "hi""#, #""say \"hi\"""#), ("a\nlevel=error", #""a\nlevel=error""#),
    ("\u{1b}[2J", #""\u001b[2J""#), ("\u{9b}31m", #""\u009b31m""#), (#"a\b"#, #""a\\b""#),
    ("größe", #""größe""#),
  ])
  func `a value cannot forge another line or field`(value: String, text: String) {
    #expect(LogLine.logfmt([("msg", value)]) == "msg=\(text)")
  }

  @Test func `JSON quotes everything`() {
    #expect(
      LogLine.json([("level", "info"), ("msg", "a \"b\"\n")])
        == #"{"level":"info","msg":"a \"b\"\n"}"#)
  }
}
