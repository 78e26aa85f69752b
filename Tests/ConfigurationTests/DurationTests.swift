import Configuration
import Testing

@Suite struct DurationTests {
  @Test(arguments: [
    ("0", 0), ("0s", 0), ("500ms", 500), ("5s", 5000), ("1m", 60_000), ("1h30m", 5_400_000),
    ("1y2w3d4h5m6s7ms", 33_019_506_007), ("90d", 7_776_000_000), ("0001s", 1000),
    ("9223372036854ms", 9_223_372_036_854),
  ])
  func `a duration is read in milliseconds`(text: String, milliseconds: Int64) throws {
    let duration = try PrometheusDuration(text)
    #expect(duration.milliseconds == milliseconds)
    #expect(duration.duration == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    "", " ", "5", "s", "1.5s", "-1s", "+1s", "1s ", " 1s", "1m1h", "1s1s", "1ms1s", "1S", "1us",
    "5 s", "1h30", "00", "٣s", "1s\0", "0x5s",
  ])
  func `what is no duration is refused`(text: String) {
    #expect(throws: PrometheusDuration.ParseError.malformed) { try PrometheusDuration(text) }
  }

  @Test(arguments: [
    "9223372036855ms", "293y", "99999999999999999999ms", "9223372036854775807y",
    "292y9223372036854775807ms",
  ])
  func `what Prometheus cannot hold is refused`(text: String) {
    #expect(throws: PrometheusDuration.ParseError.overflow) { try PrometheusDuration(text) }
  }

  @Test(arguments: [
    (0, "0s"), (1, "1ms"), (60_000, "1m"), (5_400_000, "1h30m"), (7_776_000_000, "90d"),
    (604_800_000, "1w"), (691_200_000, "8d"), (31_536_000_000, "1y"), (31_536_000_001, "365d1ms"),
    (9_223_372_036_854, "106751d23h47m16s854ms"),
  ])
  func `a duration prints as Prometheus writes it`(milliseconds: Int64, text: String) throws {
    let duration = try #require(PrometheusDuration(milliseconds: milliseconds))
    #expect(duration.description == text)
    #expect(try PrometheusDuration(text) == duration)
  }

  @Test func `counts outside of the range are refused`() {
    #expect(PrometheusDuration(milliseconds: -1) == nil)
    #expect(PrometheusDuration(milliseconds: .max) == nil)
  }
}
