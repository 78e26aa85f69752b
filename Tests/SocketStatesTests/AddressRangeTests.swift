import SocketStates
import Testing

@Suite struct AddressRangeTests {
  @Test(arguments: [
    ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["11.0.0.0", "9.255.255.255", "::a00:1"]),
    ("192.0.2.1", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]),
    ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "fd00::1"]),
    ("fc00::/7", ["fc00::1", "fdff::"], ["fe00::", "fbff::", "10.0.0.1"]),
    ("2001:db8::/65", ["2001:db8::7fff:0:0:1"], ["2001:db8::8000:0:0:1"]),
    ("::/0", ["::1", "fd00::1"], ["10.0.0.1"]),
    ("fd00::1/128", ["fd00::1"], ["fd00::2"]),
  ])
  func `a range has its addresses and no others`(
    text: String, inside: [String], outside: [String]
  ) throws {
    let range = try #require(AddressRange(text))
    for address in inside { #expect(range.contains(try #require(Address(address))), "\(address)") }
    for address in outside {
      #expect(!range.contains(try #require(Address(address))), "\(address)")
    }
    #expect(AddressRange("\(range)") == range)
  }

  @Test(arguments: [
    "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "fc00::/129",
    "fd00::1/64", "x/8", "10.0.0/8", "10.0.0.0/8/8", "10.0.0.0/99999999999999999999",
  ])
  func `what is no range is none`(text: String) { #expect(AddressRange(text) == nil) }

  @Test func `the private ranges are those of RFC 1918 and RFC 4193`() {
    #expect(
      AddressRange.privateRanges.map(\.description) == [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
      ])
  }
}
