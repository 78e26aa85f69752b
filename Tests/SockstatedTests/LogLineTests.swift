import SeededRandom
import Testing

@testable import sockstated

@Suite struct LogLineTests {
  @Test(arguments: [
    ("plain", "plain"), ("", #""""#), ("two words", #""two words""#), ("a=b", #""a=b""#),
    (#"say "hi""#, #""say \"hi\"""#), ("a\nlevel=error", #""a\u000alevel=error""#),
    ("\u{1b}[2J", #""\u001b[2J""#), ("\u{9b}31m", #""\u009b31m""#), (#"a\b"#, #""a\\b""#),
    ("a\u{202e}b", #""a\u202eb""#), ("\u{e0041}", #""\udb40\udc41""#), ("größe", #""größe""#),
  ])
  func `a value cannot forge another line or field`(value: String, text: String) {
    #expect(LogLine.logfmt([("msg", value)]) == "msg=\(text)")
  }

  @Test func `JSON quotes everything`() {
    #expect(
      LogLine.json([("level", "info"), ("msg", "a \"b\"\n")])
        == #"{"level":"info","msg":"a \"b\"\u000a"}"#)
  }

  @Test func `nothing that is not seen is in a line`() {
    var random = SplitMix64(state: 9)
    for _ in 0..<2_000 {
      let fields = [("msg", HostileText.random(&random)), ("path", HostileText.random(&random))]
      for line in [LogLine.logfmt(fields), LogLine.json(fields)] {
        #expect(HostileText.scalars(in: line).isEmpty)
      }
    }
  }
}
