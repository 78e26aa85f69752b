import Foundation
import SocketStates
import Testing

@testable import Exposition

@Suite struct FleetTests {
  /// A finding as a daemon writes it.
  private func finding(
    _ kind: String, _ process: String, _ direction: String, port: Int = 8000,
    severity: String = "fault", follows: (String, String, String, Int)? = nil, evidence: String = ""
  ) -> String {
    let cause = follows.map {
      #""follows":{"kind":"\#($0.0)","process":"\#($0.1)","unit":"","direction":"\#($0.2)","port":\#($0.3)},"#
    }
    return
      #"{"kind":"\#(kind)","severity":"\#(severity)","responsible":"process","process":"\#(process)","unit":"","direction":"\#(direction)","port":\#(port),\#(cause ?? "")"evidence":[\#(evidence)],"words":{"headline":"\#(process) has \#(kind)."}}"#
  }

  private func socket(_ local: String, _ remote: String) -> String {
    #"{"socket":{"process":"p","direction":"outbound","port":1,"state":"established","local":"\#(local)","remote":"\#(remote)","age_seconds":1,"receive_queue":0,"send_queue":0}}"#
  }

  private func host(_ name: String, _ findings: String...) throws -> Fleet.Host {
    var host = Fleet.Host(name: name, addresses: [try #require(Address(name))])
    let json = #"{"findings":[\#(findings.joined(separator: ","))]}"#
    host.findings = try #require(PeerAnswer(Array(json.utf8))).findings
    return host
  }

  /// front waits for api, which waits for db, which does not read.
  private func chain() throws -> [Fleet.Host] {
    [
      try host(
        "10.0.0.1",
        finding(
          "peer_not_reading", "front", "outbound", severity: "notice",
          evidence: socket("10.0.0.1:4000", "10.0.0.2:8000"))),
      try host(
        "10.0.0.2",
        finding(
          "peer_not_reading", "api", "outbound", port: 5432, severity: "notice",
          evidence: socket("10.0.0.2:4001", "10.0.0.3:5432")),
        finding(
          "unread_data", "api", "inbound", severity: "notice",
          follows: ("peer_not_reading", "api", "outbound", 5432))),
      try host("10.0.0.3", finding("unread_data", "db", "inbound", port: 5432)),
    ]
  }

  @Test func `a chain over three hosts has one root, and the rest follows in order`() throws {
    let fleet = Fleet(try chain())
    let root = try #require(fleet.roots.first)
    #expect(fleet.roots.count == 1)
    #expect(root.finding.labels.process == "db")
    #expect(root.count == 3)
    let text = fleet.text(TextView())
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines[1] == "FAULT  10.0.0.3: db: db has unread_data.")
    #expect(lines[2] == "       -> 10.0.0.2: api: api has peer_not_reading.")
    #expect(lines[4].hasSuffix("-> 10.0.0.1: front: front has peer_not_reading."), "\(text)")
    let document = try JSONSerialization.jsonObject(with: Data(fleet.json())) as? [String: Any]
    #expect((document?["roots"] as? [Any])?.count == 1)
  }

  @Test func `who did not answer is told with what that leaves open`() throws {
    var hosts = try chain()
    hosts[2].findings = []
    hosts[2].trouble = "connection attempt timed out"
    let text = Fleet(hosts).text(TextView())
    #expect(
      text.contains(
        "10.0.0.3: no answer: connection attempt timed out. Nothing is known of what is there. 1 finding of other hosts may have the cause there."
      ), "\(text)")
    hosts[1].hidesAddresses = true
    #expect(
      Fleet(hosts).text(TextView()).contains("10.0.0.2: does not show connections to this client"))
  }

  @Test func `hosts that name each other in a circle are cut`() throws {
    let hosts = try [("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1")].map { own, other in
      try host(
        own,
        finding(
          "peer_not_reading", "a", "outbound", port: 1,
          evidence: socket("\(own):9", "\(other):1")),
        finding(
          "unread_data", "a", "inbound", port: 1,
          follows: ("peer_not_reading", "a", "outbound", 1)))
    }
    let fleet = Fleet(hosts)
    #expect(!fleet.roots.isEmpty)
    #expect(fleet.roots.reduce(0) { $0 + 1 + $1.count } == 4)
  }

  @Test func `what others say is bounded and visible`() throws {
    let many = Array(repeating: finding("loss", "a\\u001b[2J\\u202e", "outbound"), count: 2000)
    let json = #"{"findings":[\#(many.joined(separator: ","))]}"#
    let answer = try #require(PeerAnswer(Array(json.utf8)))
    #expect(answer.findings.count == PeerAnswer.limit)
    #expect(answer.findings[0].labels.process == #"a\u{1b}[2J\u{202e}"#)
  }

  @Test(arguments: [
    "", "{", "[]", "null", #"{"findings":{}}"#, #"{"findings":[{}]}"#, #"{"findings":[1]}"#,
    #"{"sockets":[{"process":"p","direction":"x","state":"listen","age_seconds":"1"}]}"#,
    #"{"sockets":[{"process":"p","direction":"x","state":"listen","age_seconds":1,"receive_queue":-1,"send_queue":0}]}"#,
    String(repeating: "[", count: 100_000), "\u{0}",
  ])
  func `what is no answer is none`(text: String) { #expect(PeerAnswer(Array(text.utf8)) == nil) }
}
