@testable import MetricsServer
import Glibc
import Testing

@Suite struct ListenAddressTests {
  @Test(
    arguments: [
      (":10793", .tcp(host: nil, port: 10793)),
      (":0", .tcp(host: nil, port: 0)),
      (":65535", .tcp(host: nil, port: 65535)),
      ("127.0.0.1:9", .tcp(host: "127.0.0.1", port: 9)),
      ("0.0.0.0:9", .tcp(host: "0.0.0.0", port: 9)),
      ("[::1]:10793", .tcp(host: "::1", port: 10793)),
      ("[::]:10793", .tcp(host: "::", port: 10793)),
      ("[fe80::1%eth0]:1", .tcp(host: "fe80::1%eth0", port: 1)),
      ("localhost:80", .tcp(host: "localhost", port: 80)),
      ("unix:/run/x.sock", .unix(path: "/run/x.sock")),
      ("unix:/run/a b:c", .unix(path: "/run/a b:c")),
    ] as [(String, ListenAddress)])
  func `is read, and written the same`(text: String, address: ListenAddress) throws {
    #expect(try ListenAddress(parsing: text) == address)
    #expect(address.description == text)
  }

  @Test(arguments: [
    ("", "the port is missing"),
    ("10793", "the port is missing"),
    ("localhost", "the port is missing"),
    ("[::1]", "the port is missing"),
    ("[::1]80:80", "the port is missing"),
    ("[::1", "the bracket is not closed"),
    ("[", "the port is missing"),
    ("[]:80", "what stands in brackets is not an IPv6 address"),
    ("[localhost]:80", "what stands in brackets is not an IPv6 address"),
    ("[::1]]:80", "what stands in brackets is not an IPv6 address"),
    ("::1:80", "an IPv6 address must stand in brackets"),
    ("http://localhost:80", "an IPv6 address must stand in brackets"),
    (":", "the port is not a number from 0 to 65535"),
    (":http", "the port is not a number from 0 to 65535"),
    (":65536", "the port is not a number from 0 to 65535"),
    (":-1", "the port is not a number from 0 to 65535"),
    (":+1", "the port is not a number from 0 to 65535"),
    (":99999999999999999999", "the port is not a number from 0 to 65535"),
    (":\u{0661}", "the port is not a number from 0 to 65535"),
    ("a b:80", "the host has characters that no name or address has"),
    ("a\0b:80", "the host has characters that no name or address has"),
    ("unix:", "the path is not absolute"),
    ("unix:/", "the path is not absolute"),
    ("unix:x.sock", "the path is not absolute"),
    ("unix:/a\0b", "the path has a NUL byte"),
    ("unix:/" + String(repeating: "a", count: 107), "the path is longer than 107 bytes"),
  ])
  func `is refused with the reason`(text: String, reason: String) {
    let error = #expect(throws: ListenAddressError.self) { try ListenAddress(parsing: text) }
    #expect(
      error?.description == "listen address \(text.debugDescription): \(reason); "
        + "allowed are :port, host:port, [IPv6]:port and unix:/path")
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true),
    ("10.0.0.1", false), ("128.0.0.1", false), ("::", false), ("::ffff:10.0.0.1", false),
    ("::127.0.0.1", false), ("", false),
  ])
  func `loopback is told by the address`(text: String, isLoopback: Bool) {
    #expect(ClientKind.isLoopback(text) == isLoopback)
  }

  @Test(arguments: [(EAFNOSUPPORT, true), (EADDRNOTAVAIL, true), (EADDRINUSE, false)])
  func `IPv4 stands in only where there is no IPv6`(number: Int32, isMissing: Bool) {
    #expect(MetricsServerError.Reason.system(number).meansNoIPv6 == isMissing)
  }
}
