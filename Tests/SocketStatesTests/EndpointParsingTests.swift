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
      #expect(endpoint.flatMap { Endpoint($0.description) } == endpoint)
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
    "[::1]80", "[::1%]:80", "[::1%0]:80", "[::1%-1]:80", "[%1]:80", "[::1%1%2]:80",
  ])
  func `what is no endpoint is none`(text: String) { #expect(Endpoint(text) == nil) }
}
