@testable import MetricsServer
import Testing

@Suite struct RequestTargetTests {
  static let good: [(String, String, [QueryItem])] = [
    ("/", "/", []),
    ("/metrics", "/metrics", []),
    ("/metrics?", "/metrics", []),
    ("/%2Fa%2fb%20c", "//a/b c", []),
    ("/+", "/+", []),
    ("/%C3%A9", "/\u{e9}", []),
    ("/a?b", "/a", [QueryItem(name: "b", value: "")]),
    ("/a?b=", "/a", [QueryItem(name: "b", value: "")]),
    ("/a?&b=c=d&&", "/a", [QueryItem(name: "b", value: "c=d")]),
    ("/a?b=1?2", "/a", [QueryItem(name: "b", value: "1?2")]),
    ("/a?b=%26+x", "/a", [QueryItem(name: "b", value: "& x")]),
    ("http://host:1/a?b=c", "/a", [QueryItem(name: "b", value: "c")]),
    ("HTTPS://host", "/", []),
    ("http://host?a=b", "/", [QueryItem(name: "a", value: "b")]),
  ]

  @Test(arguments: good)
  func `a target is read`(target: String, path: String, query: [QueryItem]) throws {
    let parsed = try #require(RequestTarget(parsing: target))
    #expect(parsed.path == path)
    #expect(parsed.query == query)
  }

  @Test(arguments: [
    "", "*", "metrics", "ftp://host/a", "host:443", "/%", "/%2", "/%zz", "/%00", "/%ff", "/a?%",
    "/a?b=%f",
    "/a?b=%ff",
  ])
  func `a bad target is refused`(target: String) {
    #expect(RequestTarget(parsing: target) == nil)
  }
}
