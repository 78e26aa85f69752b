import Glibc
import SeededRandom
import Testing

@testable import sockstated

@Suite struct ClientTests {
  @Test(arguments: [
    ("unix:/run/s.sock", DaemonAddress.Place.unix(path: "/run/s.sock"), "", "localhost"),
    ("http://localhost:10793", .tcp(host: "localhost", port: 10793), "", "localhost:10793"),
    ("http://localhost:10793/", .tcp(host: "localhost", port: 10793), "", "localhost:10793"),
    ("http://[::1]:10793", .tcp(host: "::1", port: 10793), "", "[::1]:10793"),
    ("http://[::1]", .tcp(host: "::1", port: 80), "", "[::1]:80"),
    ("http://proxy/a/b/", .tcp(host: "proxy", port: 80), "/a/b", "proxy:80"),
    ("https://host", .tcp(host: "host", port: 443), "", "host:443"),
    ("https://[::1]:10793/a", .tcp(host: "::1", port: 10793), "/a", "[::1]:10793"),
  ])
  func `addresses are read`(
    text: String, place: DaemonAddress.Place, prefix: String, host: String
  ) throws {
    let address = try DaemonAddress(text, named: "--connect")
    #expect(address.place == place)
    #expect(address.prefix == prefix)
    #expect(address.host == host)
    #expect(address.isSecure == text.hasPrefix("https:"))
  }

  @Test(arguments: [
    "", "localhost:10793", "unix:run", "unix:", "http://", "http://:80", "http://host:",
    "http://h:0",
    "http://h:65536", "http://h:80x", "http://user:secret@host", "https://", "https://host:x",
    "ftp://host",
    "http://h/a b", "http://h/a\r\nX: y", "http://a b/", "http://h/?q", "http://h/#f",
    "unix:/" + String(repeating: "x", count: 107),
  ])
  func `what is no address is refused with the word that was given`(text: String) {
    let failure = #expect(throws: Failure.self) { try DaemonAddress(text, named: "--connect") }
    #expect(failure?.status == Failure.usage)
    #expect(failure?.message.hasPrefix("--connect \(text): ") == true)
  }

  @Test func `queries are escaped`() {
    #expect(DaemonClient.escaped("a-b_c.d~9") == "a-b_c.d~9")
    #expect(DaemonClient.escaped("a b&c=\n/ü\u{1}") == "a%20b%26c%3D%0A%2F%C3%BC%01")
  }

  private static let ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"

  /// Asks a server that sends these bytes.
  private func ask(
    _ answer: String, then ending: OddServer.Ending = .closes, asJSON: Bool = false,
    _ adjust: (inout DaemonClient) -> Void = { _ in }
  ) throws(Failure) -> String {
    let server = OddServer(sending: Array(answer.utf8), then: ending)
    var client = DaemonClient(address: try DaemonAddress("unix:\(server.path)", named: "--connect"))
    adjust(&client)
    do throws(Failure) {
      return String(
        decoding: try client.answer("/x", [("name", "ü")], asJSON: asJSON), as: UTF8.self)
    } catch {
      let prefix = "unix:\(server.path): "
      #expect(error.message.hasPrefix(prefix))
      throw Failure(message: String(error.message.dropFirst(prefix.count)), status: error.status)
    }
  }

  @Test(arguments: [
    ("with a length", "Content-Length: 2\r\n\r\nab", "ab"),
    ("in chunks", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1;x=y\r\nb\r\n0\r\n\r\n", "ab"),
    ("up to the end", "\r\nab", "ab"), ("empty", "Content-Length: 0\r\n\r\n", ""),
    ("with more behind it", "Content-Length: 1\r\n\r\nab", "a"),
    ("for a terminal", "\r\n\u{1b}[1mA\u{1b}[0m\n\u{1b}[2J", "\u{1b}[1mA\u{1b}[0m\n\\u{1b}[2J"),
  ])
  func `a response is read whole`(name: String, rest: String, body: String) throws {
    #expect(try ask(Self.ok + rest) == body)
  }

  @Test func `what precedes the response is skipped, and a connection kept open is left`()
    throws
  {
    let answer = "HTTP/1.1 100 Continue\r\n\r\n" + Self.ok + "Content-Length: 1\r\n\r\na"
    #expect(try ask(answer, then: .stalls) == "a")
  }

  @Test(arguments: [
    ("nothing", ""), ("no head", "HTTP/1.1 200 OK\r\n"), ("another protocol", "SSH-2.0-x\r\n\r\n"),
    ("a status of words", "HTTP/1.1 two OK\r\n\r\n"),
    ("cut off", ok + "Content-Length: 3\r\n\r\n{}"),
    ("a length of words", ok + "Content-Length: x\r\n\r\n{}"),
    ("two lengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
    ("a chunk cut off", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n{}"),
    ("chunks without an end", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
    ("a head without an end", ok + "X: " + String(repeating: "x", count: 1 << 20)),
  ])
  func `what is no whole response is an error`(name: String, answer: String) {
    let failure = #expect(throws: Failure.self) { try ask(answer) }
    #expect(failure?.message == "malformed or truncated HTTP response")
    #expect(failure?.status == 1)
  }

  @Test(arguments: [
    ("302 Found", "Location: http://elsewhere/\r\n\r\n", "status 302; redirects are not followed"),
    ("401 No", "\r\n", "authentication required; use --user"),
    ("404 No", "\r\nNot found.\n", "it has no /x; is it a sockstated of this version?"),
    (
      "404 No", "Content-Type: text/html\r\n\r\n<html>",
      "it has no /x; is it a sockstated of this version?"
    ),
    ("404 No", "Content-Type: text/plain\r\n\r\nport 9: nothing.\n", "port 9: nothing"),
    ("503 No", "\r\n\u{1b}[2Jbusy\nmore", #"status 503: \u{1b}[2Jbusy"#),
    ("500 No", "\r\n", "status 500: "),
    (
      "200 OK", "Content-Type: text/html\r\n\r\n<html>",
      "the response is not text/plain; is it a sockstated?"
    ),
  ])
  func `what is no answer is said in one harmless line`(status: String, rest: String, line: String)
  {
    let failure = #expect(throws: Failure.self) { try ask("HTTP/1.1 \(status)\r\n" + rest) }
    #expect(failure?.message == line)
  }

  @Test func `nothing that a foreign server says is obeyed by a terminal`() {
    var random = SplitMix64(state: 4)
    for _ in 0..<300 {
      let text = "x" + HostileText.random(&random)
      for (answer, isJSON) in [
        (Self.ok + "\r\n" + text, false), ("HTTP/1.1 500 \(text)\r\n\r\n" + text, false),
        ("HTTP/1.1 404 No\r\nContent-Type: text/plain\r\n\r\n" + text, false),
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a\":\"\(text)\"}", true),
        ("HTTP/1.1 200 OK\r\nContent-Type: \(text)\r\n\r\n", true),
      ] {
        let shown: String
        do throws(Failure) { shown = try ask(answer, asJSON: isJSON) } catch {
          shown = error.message
        }
        #expect(
          HostileText.scalars(in: shown).allSatisfy { $0 == "\n" }, "\(answer.debugDescription)")
      }
    }
  }

  @Test func `size and silence have bounds`() throws {
    let body = String(repeating: "x", count: 1000)
    let asked = { (limit: Int) throws(Failure) in
      try ask(Self.ok + "Content-Length: 1000\r\n\r\n" + body) { $0.maximumBody = limit }
    }
    #expect(try asked(1000) == body)
    let long = #expect(throws: Failure.self) { try asked(999) }
    #expect(long?.message == "the response is too long")
    for answer in ["", Self.ok, Self.ok + "Content-Length: 2\r\n\r\na"] {
      let silent = #expect(throws: Failure.self) {
        try ask(answer, then: .stalls) { $0.patience = .milliseconds(50) }
      }
      #expect(silent?.message == "no response in time")
    }
  }

  @Test func `a server that hangs up at once is noticed, at whatever moment it does`() {
    for _ in 0..<300 {
      let failure = #expect(throws: Failure.self) { try ask("", then: .hangsUp) }
      #expect(failure?.message == "malformed or truncated HTTP response")
    }
  }

  @Test func `a response of noise is an answer or an error, never a trap`() throws {
    var random = SplitMix64(state: 15)
    let whole = Array((Self.ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n").utf8)
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      _ = try? ask(String(decoding: bytes, as: UTF8.self))
    }
  }
}

@Suite struct AuthorizationTests {
  @Test func `user and password are in the header as RFC 7617 has it`() throws {
    let path = "/tmp/sockstated-password-\(getpid())"
    defer { unlink(path) }
    for (password, encoded) in [
      ("open sesame\nsecond line", "YWxhZGRpbjpvcGVuIHNlc2FtZQ=="), ("", "YWxhZGRpbjo="),
      ("üß?\n", "YWxhZGRpbjrDvMOfPw=="),
    ] {
      let file = try #require(fopen(path, "w"))
      fputs(password, file)
      fclose(file)
      #expect(
        try Authorization.basic(user: "aladdin", passwordFile: path) == "Basic " + encoded)
    }
    #expect(throws: Failure.self) { try Authorization.basic(user: "a:b", passwordFile: path) }
    #expect(throws: Failure.self) { try Authorization.basic(user: "a", passwordFile: "/nowhere") }
  }
}
