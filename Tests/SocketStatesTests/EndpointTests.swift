import Testing

@testable import SocketStates

@Suite struct EndpointTests {
  @Test(arguments: [
    (Address(ipv4: 0x7f00_0001), "127.0.0.1"),
    (.anyIPv4, "0.0.0.0"),
    (.anyIPv6, "::"),
    (Address(high: 0, low: 1), "::1"),
    (Address(high: 0x2001_0db8_0000_0000, low: 0x0000_0000_0000_0001), "2001:db8::1"),
    (Address(high: 0x2001_0db8_0000_0001, low: 0x0001_0001_0001_0001), "2001:db8:0:1:1:1:1:1"),
    (Address(high: 0x2001_0000_0000_0001, low: 0x0000_0000_0000_0001), "2001:0:0:1::1"),
    (Address(high: 0xfe80_0000_0000_0000, low: 0), "fe80::"),
  ])
  func `prints addresses as RFC 5952 does`(address: Address, text: String) {
    #expect(address.description == text)
  }

  @Test func `prints endpoints with brackets only around IPv6`() {
    #expect(Endpoint(address: Address(ipv4: 0x0a00_0001), port: 80).description == "10.0.0.1:80")
    #expect(Endpoint(address: .anyIPv6, port: 443).description == "[::]:443")
  }

  @Test func `prints the device behind the address, by its name if that is known`() throws {
    let bound = Endpoint(address: .anyIPv4, port: 80, device: 2)
    #expect(bound.description == "0.0.0.0%2:80")
    #expect(bound.text(device: "eth0") == "0.0.0.0%eth0:80")
    let linkLocal = Endpoint(address: try #require(Address("fe80::1")), port: 443, device: 3)
    #expect(linkLocal.address.isLinkLocal)
    #expect(linkLocal.text(device: "wlan0") == "[fe80::1%wlan0]:443")
    // It was bound to none.
    #expect(Endpoint(address: .anyIPv6, port: 443).text(device: "eth0") == "[::]:443")
  }

  @Test(arguments: [("fe80::1", true), ("febf::", true), ("fec0::", false), ("fe7f::", false)])
  func `a tenth of the bits tells a link-local address`(text: String, isLinkLocal: Bool) {
    #expect(Address(text)?.isLinkLocal == isLinkLocal)
  }
}
