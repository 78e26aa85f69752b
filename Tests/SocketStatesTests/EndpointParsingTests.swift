import Testing

@testable import SocketStates

@Suite struct EndpointParsingTests {
  @Test(arguments: [
    "127.0.0.1", "255.255.255.255", "0.0.0.0", "::", "::1", "2001:db8::1", "fe80::1:2:3:4",
    "1:2:3:4:5:6:7:8", "1::", "::ffff:0:0:1",
  ])
  func `an address is read as it is written`(text: String) {
    #expect(Address(text)?.description == text)
    for device: UInt32 in [0, 1, .max] {
      let endpoint = Address(text).map { Endpoint(address: $0, port: 443, device: device) }
      let written = endpoint.flatMap { WrittenEndpoint($0.description) }
      #expect(written?.description == endpoint?.description)
    }
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "+1.2.3.4", "a.b.c.d", "1.2.3.0004", ":",
    ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "+1::", "-1::",
    "::1%lo",
    "1:2:3:4:5:6:7::8",
  ])
  func `what is no address is none`(text: String) { #expect(Address(text) == nil) }

  @Test(arguments: [
    "", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "::1:80", "[::1]", "[1.2.3.4:80",
    "[::1]80", "[::1%]:80", "[%1]:80", "0.0.0.0%:80",
  ])
  func `what is no endpoint is none`(text: String) {
    #expect(WrittenEndpoint(text) == nil)
  }

  @Test(arguments: [
    ("[fe80::1%eth0]:443", true), ("[fe80::1%2]:443", true), ("[fe80::1]:443", true),
    ("[fe80::1%eth1]:443", false), ("[fe80::1%3]:443", false), ("[fe80::1%eth0]:444", false),
    ("[fe80::2%eth0]:443", false),
  ])
  func `an endpoint is meant by the name or the number of its device, or by none`(
    text: String, isMeant: Bool
  ) throws {
    let written = try #require(WrittenEndpoint(text))
    let address = try #require(Address("fe80::1"))
    #expect(
      written.means(Endpoint(address: address, port: 443, device: 2), on: "eth0") == isMeant)
  }

  @Test func `a link-local address without its zone is told what to add`() {
    #expect(
      WrittenEndpoint("[fe80::1]:9200")?.complaint
        == "[fe80::1]:9200: a link-local address needs its zone, as in [fe80::1%eth0]:9200")
    for text in ["[fe80::1%eth0]:9200", "[2001:db8::1]:9200", "192.0.2.1:80", "0.0.0.0%eth0:80"] {
      #expect(WrittenEndpoint(text)?.complaint == nil)
    }
  }
}

/// Endpoints as programs log them.
@Suite struct LoggedEndpointTests {
  @Test(arguments: [
    ("127.0.0.1:8080", "127.0.0.1:8080"), ("[::1]:80", "[::1]:80"),
    ("::ffff:127.0.0.1:8080", "127.0.0.1:8080"), ("[::FFFF:10.0.0.1]:8080", "10.0.0.1:8080"),
    ("/127.0.0.1:8080", "127.0.0.1:8080"), ("db.example.com/10.0.0.7:5432", "10.0.0.7:5432"),
    ("[fe80::1%eth0]:443", "[fe80::1%eth0]:443"), ("10.0.0.7%eth0:443", "10.0.0.7%eth0:443"),
  ])
  func `an endpoint is read as programs log it`(text: String, endpoint: String) {
    #expect(WrittenEndpoint(text)?.description == endpoint)
  }

  @Test(arguments: [
    "", ":", ":80", "/", "localhost:80", "10.0.0.7", "10.0.0.7:x", "10.0.0.7:70000", "server.js",
    "::1:80", "::ffff::80",
  ])
  func `what is none is none`(text: String) { #expect(WrittenEndpoint(text) == nil) }
}
