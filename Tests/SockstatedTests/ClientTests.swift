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
  ])
  func `addresses are read`(
    text: String, place: DaemonAddress.Place, prefix: String, host: String
  ) throws {
    let address = try DaemonAddress(text)
    #expect(address.place == place)
    #expect(address.prefix == prefix)
    #expect(address.host == host)
  }

  @Test(arguments: [
    "", "localhost:10793", "unix:run", "unix:", "http://", "http://:80", "http://host:",
    "http://h:0",
    "http://h:65536", "http://h:80x", "http://user:secret@host", "https://host", "ftp://host",
    "http://h/a b", "http://h/a\r\nX: y", "http://a b/", "http://h/?q", "http://h/#f",
    "unix:/" + String(repeating: "x", count: 107),
  ])
  func `what is no address is refused with the word that was given`(text: String) {
    let failure = #expect(throws: Failure.self) { try DaemonAddress(text) }
    #expect(failure?.status == Failure.usage)
    #expect(failure?.message.hasPrefix("--connect \(text): ") == true)
  }

  @Test func `TLS is refused with the reason and with what is allowed`() {
    let failure = #expect(throws: Failure.self) { try DaemonAddress("https://host:10793") }
    for part in ["do not speak TLS", "unix:/path", "http://host:port", "--web.listen-address"] {
      #expect(failure?.message.contains(part) == true)
    }
  }

  private func answer(_ text: String) -> HTTPAnswer? { HTTPAnswer(Array(text.utf8)) }

  @Test func `answers are read`() {
    let good = answer("HTTP/1.0 200 OK\r\nContent-Type: a\r\nCONTENT-LENGTH: 2\r\n\r\n{}")
    #expect(good?.status == 200)
    #expect(good?.body == Array("{}".utf8))
    #expect(answer("HTTP/1.1 503 No\r\n\r\nA\r\n\r\nB")?.body == Array("A\r\n\r\nB".utf8))
    #expect(answer("HTTP/1.1 204\r\n\r\n")?.body == [])
  }

  @Test(arguments: [
    ("nothing", ""), ("no head", "HTTP/1.1 200 OK\r\n"), ("not HTTP", "SSH-2.0-x\r\n\r\n"),
    ("no status", "HTTP/1.1\r\n\r\n"), ("a status of words", "HTTP/1.1 two OK\r\n\r\n"),
    ("another version", "HTTP/2 200 OK\r\n\r\n"),
    ("cut off", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"),
    ("longer than it says", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}"),
    ("no length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}"),
    ("chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
  ])
  func `what is no answer is none`(name: String, text: String) { #expect(answer(text) == nil) }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("üß?", "w7zDnz8="),
  ])
  func `base64 as RFC 4648 has it`(text: String, encoded: String) {
    #expect(Authorization.base64(Array(text.utf8)) == encoded)
  }

  @Test func `queries are escaped`() {
    #expect(DaemonClient.escaped("a-b_c.d~9") == "a-b_c.d~9")
    #expect(DaemonClient.escaped("a b&c=\n/ü\u{1}") == "a%20b%26c%3D%0A%2F%C3%BC%01")
  }
}

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
