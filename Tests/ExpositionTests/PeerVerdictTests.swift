import SocketStates
import Testing

@testable import Exposition

@Suite struct PeerVerdictTests {
  private func endpoint(_ text: String) throws -> Endpoint {
    try #require(WrittenEndpoint(text)).endpoint
  }

  private func socket(
    _ local: String, _ remote: String, _ state: TCPState = .established,
    _ direction: Direction = .inbound, receiveQueue: UInt32 = 0
  ) throws -> SocketReport {
    SocketReport(
      labels: GroupLabels(process: "api", unit: "", direction: direction, port: 8000), pid: 7,
      state: state, local: try endpoint(local), remote: try endpoint(remote), age: 90_000,
      receiveQueue: receiveQueue, sendQueue: 0, inode: 1)
  }

  /// What the other end says to a connection of 10.0.0.1:4000 to 10.0.0.2:8000.
  private func end(
    _ kind: String, sent: UInt64? = nil, there: SocketReport? = nil, json: String = "{}",
    listeners: [SocketReport]? = nil
  ) throws -> String {
    var here = try socket("10.0.0.1:4000", "10.0.0.2:8000", .established, .outbound)
    here.sentBytes = sent
    var answers = PeerVerdict.Answers()
    var answer = try #require(PeerAnswer(Array(json.utf8)))
    if let there { answer.sockets = [there] }
    answers.connection = there == nil ? nil : answer
    answers.port = there == nil ? answer : nil
    answers.listeners = listeners
    return PeerVerdict(PeerQuestion(here, kind: kind), at: "db1", answers).end
  }

  @Test func `which direction loses is told by what both ends have counted`() throws {
    var there = try socket("10.0.0.2:8000", "10.0.0.1:4000")
    there.receivedBytes = 900
    #expect(
      try end("dead_path", sent: 1000, there: there).contains(
        "Nothing that this side sends arrives at db1 any more (1,000 bytes sent here, 900 received there)"
      ))
    #expect(
      try end("dead_path", sent: 900, there: there).contains(
        "what db1 sends does not come back"))
    there.receivedBytes = nil
    #expect(try end("dead_path", sent: 900, there: there).contains("its source does not tell"))
  }

  @Test func `a finding of other connections is not taken for the cause`() throws {
    let finding =
      #"{"findings":[{"kind":"unread_data","severity":"fault","responsible":"process","process":"api","direction":"inbound","port":8000,"words":{"headline":"api reads nothing."}}]}"#
    let reads = try socket("10.0.0.2:8000", "10.0.0.1:4000")
    #expect(
      try end("peer_not_reading", there: reads, json: finding).contains("nothing unread now"))
    let stuck = try socket("10.0.0.2:8000", "10.0.0.1:4000", receiveQueue: 5)
    #expect(try end("peer_not_reading", there: stuck, json: finding).hasPrefix("api at db1: "))
  }

  @Test func `no such connection there is said as what it may be`() throws {
    let text = try end("dead_path")
    for word in ["NAT", "proxy", "network namespace", "--namespaces=all"] {
      #expect(text.contains(word), "\(text)")
    }
  }

  @Test(arguments: [
    ("10.0.0.2:8000", "would take such attempts now"), ("0.0.0.0:8000", "would take such attempts"),
    ("127.0.0.1:8000", "nobody listens on 10.0.0.2:8000; api (pid 7) listens on 127.0.0.1:8000"),
    ("10.0.0.2:9000", "nobody listens on port 8000; there are listeners on 9000."),
  ])
  func `refused attempts are explained by who listens where`(local: String, words: String) throws {
    let listener = try socket(local, "0.0.0.0:0", .listen)
    let text = try end("connects_refused", listeners: [listener])
    #expect(text.contains(words), "\(text)")
  }

  @Test func `loss is told of one direction or of both`() throws {
    #expect(try end("loss").contains("only the direction from here to there loses"))
    let both =
      #"{"findings":[{"kind":"loss","severity":"fault","responsible":"network","process":"api","direction":"inbound","port":8000,"words":{"headline":"h"}}]}"#
    #expect(try end("loss", json: both).contains("both directions lose"))
  }

  @Test func `nothing is asked of this host, nor of who is not the cause`() throws {
    func questions(_ kind: String, _ evidence: String, cause: String = "") throws -> Int {
      let json =
        #"{"findings":[{"kind":"\#(kind)","cause":"\#(cause)","severity":"fault","responsible":"peer","process":"p","direction":"outbound","port":80,"evidence":[\#(evidence)],"words":{"headline":"h"}}]}"#
      let finding = try #require(PeerAnswer(Array(json.utf8))?.findings.first)
      return PeerQuestion.all(of: finding).count
    }
    let far = #"{"peers":[{"address":"10.0.0.2"},{"address":"10.0.0.3"},{"address":"10.0.0.2"}]}"#
    #expect(try questions("connects_refused", far) == 2)
    #expect(try questions("connects_refused", #"{"peers":[{"address":"127.0.0.1"}]}"#) == 0)
    #expect(try questions("close_wait", far) == 0)
    #expect(try questions("connections_reset", far, cause: "received") == 2)
    #expect(try questions("connections_reset", far, cause: "sent") == 0)
  }
}
