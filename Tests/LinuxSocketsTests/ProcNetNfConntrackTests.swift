import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct ProcNetNfConntrackTests {
  private static let service =
    "ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.96.0.10 sport=40000 dport=80 src=10.244.1.5 dst=10.0.0.1 sport=8080 dport=40000 [ASSURED] mark=0 zone=0 use=2\n"
  private static let plain =
    "ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40001 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40001 [ASSURED] use=2\n"
  private static let attempt =
    "ipv6     10 tcp      6 117 SYN_SENT src=fd00:0000:0000:0000:0000:0000:0000:0001 dst=fd00:0000:0000:0000:0000:0000:0000:0002 sport=1 dport=2 [UNREPLIED] src=fd00:0000:0000:0000:0000:0000:0000:0003 dst=fd00:0000:0000:0000:0000:0000:0000:0001 sport=3 dport=1 use=2"

  private func endpoint(_ text: String) throws -> Endpoint {
    try #require(WrittenEndpoint(text)).endpoint
  }

  private func destination(_ local: String?, _ remote: String) throws -> String? {
    let bytes = Array((Self.plain + Self.service + Self.attempt).utf8)
    return ProcNetNfConntrack.destination(
      of: try local.map { try endpoint($0) }, try endpoint(remote), in: bytes.span
    ).map { "\($0)" }
  }

  @Test func `where a service's address leads to is read`() throws {
    #expect(try destination("10.0.0.1:40000", "10.96.0.10:80") == "10.244.1.5:8080")
    #expect(try destination(nil, "10.96.0.10:80") == "10.244.1.5:8080")
    #expect(try destination("[fd00::1]:1", "[fd00::2]:2") == "[fd00::3]:3")
  }

  @Test func `what is not translated, or not there, leads nowhere else`() throws {
    #expect(try destination("10.0.0.1:40001", "10.0.0.2:80") == nil)
    #expect(try destination("10.0.0.9:40000", "10.96.0.10:80") == nil)
  }

  @Test(arguments: [
    "", "\n", "ipv4 2 tcp", "ipv4 2 udp 17 1 src=10.0.0.1 dst=10.96.0.10 sport=1 dport=80",
    "ipv4 2 tcp 6 1 X src=10.0.0.1 dst=10.96.0.10 sport=1 dport=80 src=x dst=y sport=1 dport=1",
    "ipv4 2 tcp 6 1 X src=10.0.0.1 dst=10.96.0.10 sport=1 dport=99999 src=10.0.0.3 dst=10.0.0.1 sport=1 dport=1",
  ])
  func `malformed lines are skipped`(text: String) throws {
    let remote = try endpoint("10.96.0.10:80")
    let bytes = Array((text + "\n" + Self.service).utf8)
    #expect(
      ProcNetNfConntrack.destination(of: nil, remote, in: bytes.span).map { "\($0)" }
        == "10.244.1.5:8080")
  }
}
