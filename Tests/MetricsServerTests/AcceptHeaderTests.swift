import MetricsServer
import Testing

@Suite struct AcceptHeaderTests {
  @Test(arguments: [
    ("text/plain", ["text/plain 1000 [:]"]),
    ("a/b;q=0.5, c/d ; Q=1.0", ["a/b 500 [:]", "c/d 1000 [:]"]),
    (
      "application/openmetrics-text;version=1.0.0;q=0.75,*/*;q=0.1",
      [#"application/openmetrics-text 750 ["version": "1.0.0"]"#, "*/* 100 [:]"]
    ),
    (#"A/B;X="y, \"z;"; q=0"#, [#"a/b 0 ["x": "y, \"z;"]"#]),
    ("a;q=2, b;q=1.001, c;q=0.1234, d;q=x, e;q=.5, f;q=-1, g;q=1.", ["g 1000 [:]"]),
    (" , ,,;q=1", []), ("", []), ("\"", ["\" 1000 [:]"]), ("a;;b;=;c=", ["a 1000 [:]"]),
  ]) func `values are read with their weights`(text: String, items: [String]) {
    let read = AcceptHeader(text).items.map { "\($0.name) \($0.quality) \($0.parameters)" }
    #expect(read == items)
  }

  @Test func `no header has no values`() {
    #expect(AcceptHeader(nil).items.isEmpty)
  }

  @Test func `the most liked comes first, then the first`() {
    let header = AcceptHeader("a;q=0.1, b;q=0, c, d;q=0.5, e")
    #expect(header.byPreference.map(\.name) == ["c", "e", "d", "a"])
  }

  @Test(arguments: [
    (nil, false), ("", false), ("gzip", true), ("GZIP", true), ("gzip;q=0", false),
    ("gzip;q=0.001", true), ("deflate, br", false), ("deflate, gzip;q=0.5", true), ("*", true),
    ("*;q=0", false), ("*, gzip;q=0", false), ("identity", false), ("identity, gzip", true),
    ("identity, gzip;q=0.9", false), ("identity;q=0, *;q=0.5", true),
    ("identity;q=0.5, gzip;q=0.5", true), ("gzip;q=x", false),
  ]) func `gzip is for those who would have it`(text: String?, isPreferred: Bool) {
    #expect(AcceptHeader(text).prefersGzip == isPreferred)
  }
}
