import Exposition
import SeededRandom
import Testing

@testable import MetricsServer
@testable import sockstated

@Suite struct ReportQueryTests {
  private func read(_ query: String, _ allowed: [ReportQuery.Parameter] = ReportQuery.table)
    throws -> ReportQuery
  {
    try ReportQuery(try #require(RequestTarget(parsing: "/?\(query)")).query, allowed: allowed)
  }

  /// What is wrong with a query; nil if nothing is.
  private func complaint(_ query: String, _ allowed: [ReportQuery.Parameter]) throws -> String? {
    do {
      _ = try read(query, allowed)
      return nil
    } catch let failure as ReportQuery.Failure {
      return failure.message
    }
  }

  @Test func `a query that a command writes is read as it was meant`() throws {
    var query = ReportQuery()
    query.subject = "a b&c=ü/\"+%"
    query.view.filter = SocketFilter(state: "close_wait", process: "a b&c=ü", port: "80", pid: "7")
    query.view.order = .timeWait
    query.view.style = TerminalStyle(width: 120, isColoured: true, isASCII: true)
    query.view.invocation = InvocationFlags([
      "--connect", "unix:/run/it's a socket", "--user", "ü", "--insecure",
    ])
    let all = ReportQuery.Parameter.allCases
    let text = query.items(all).map { "\($0.name)=\(DaemonClient.escaped($0.value))" }
      .joined(separator: "&")
    let again = try read(text, all)
    #expect(again.view == query.view)
    #expect(again.subject == query.subject)
  }

  @Test func `without parameters, all sockets are meant, in plain text as wide as it gets`() throws
  {
    #expect(try read("").view == TextView())
    #expect(ReportQuery().items(ReportQuery.filter).isEmpty)
  }

  @Test(arguments: [
    (
      "statee=x",
      "statee: no such parameter; allowed: state, process, port, pid, sort, width, color, charset"
    ),
    ("STATE=listen", "STATE: no such parameter; allowed: "), ("%1b%5b2J=1", #"\u{1b}[2J: no such"#),
    ("state=listen&state=listen", "state: given more than once"),
    ("state=closed-wait", "state: no such state; allowed: established, "),
    ("state=", "state: no such state"),
    ("port=http", "port: not a port; allowed: 0 to 65535, other"),
    ("pid=0", "pid: not a process id; allowed: 1 to 2147483647"), ("pid=x", "pid: not"),
    ("sort=size", "sort: no such order; allowed: severity, process, "),
    ("width=19", "width: not a width; allowed: 20 to 1000"), ("width=1001", "width: "),
    ("width=99999999999999999999", "width: "), ("color=yes", "color: allowed: always, never"),
    ("charset=latin1", "charset: allowed: ascii, utf-8"),
    ("subject=:1", "subject: no such parameter"), ("flag=--user", "flag: no such parameter"),
  ])
  func `what is not understood is an error that says what is allowed`(query: String, line: String)
    throws
  {
    let complaint = try complaint(query, ReportQuery.table)
    #expect(complaint?.hasPrefix(line) == true, "\(complaint ?? "none")")
  }

  @Test(arguments: [
    "flag=--config.file&flag=/etc/shadow", "flag=--connect", "flag=--connect&flag=--user",
    "flag=rm&flag=-rf", "flag=--user&flag=a%0Arm", "flag=--user&flag=%1b[2J",
    "flag=--user&flag=" + String(repeating: "x", count: 513),
    Array(repeating: "flag=--insecure", count: 11).joined(separator: "&"),
  ])
  func `only flags that say whom to ask come back in commands`(query: String) throws {
    #expect(try complaint(query, ReportQuery.explanation)?.hasPrefix("flag: ") == true)
  }

  @Test func `a route without parameters takes none`() throws {
    #expect(try complaint("process=x", []) == "process: no such parameter; none is allowed")
  }

  @Test(arguments: [
    (nil, Observation.Format.text), ("*/*", .text), ("text/plain", .text),
    ("application/json", .json), ("application/*", .json), ("text/html, */*;q=0.8", .text),
    ("application/json;q=0.5, text/plain", .text), ("application/json, */*;q=0.1", .json),
    ("application/json;q=0", .text), ("image/png", .text),
  ])
  func `the format is what the client likes best`(accept: String?, format: Observation.Format) {
    #expect(Observation.Format(preferredBy: AcceptHeader(accept)) == format)
  }
}
