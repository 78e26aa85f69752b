import Foundation
import Testing

@testable import Exposition
@testable import SocketStates

@Suite struct OverviewTests {
  private func overview(_ report: Report, showsAddresses: Bool) throws -> [String: Any] {
    var history = History()
    history.record(report, at: 0)
    history.record(report, at: 10_000)
    let bytes = OverviewJSON.document(
      report.diagnosed, history,
      OverviewJSON.Circumstances(age: 1500, interval: 5000, showsAddresses: showsAddresses))
    return try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test func `findings, their history and the groups come in one answer`() throws {
    let report = makeRichReport()
    let overview = try overview(report, showsAddresses: true)
    #expect(overview["age_seconds"] as? Double == 1.5)
    #expect(overview["interval_seconds"] as? Double == 5)
    #expect((overview["groups"] as? [Any])?.count == report.groups.count)
    let findings = try #require(overview["findings"] as? [[String: Any]])
    let leak = try #require(findings.first { $0["kind"] as? String == "close_wait" })
    #expect(leak["process"] as? String == "server.js")
    let words = try #require(leak["words"] as? [String: Any])
    #expect((words["steps"] as? [Any])?.isEmpty == false)

    let history = try #require(overview["history"] as? [String: Any])
    #expect(history["length"] as? Int == 180)
    let trends = try #require(history["groups"] as? [[String: Any]])
    let trend = try #require(trends.first { $0["process"] as? String == "server.js" })
    #expect(trend["close_wait"] as? [Int] == [4, 4])
    // A group with several findings has one history.
    let names = trends.map { "\($0["process"] ?? "")\($0["port"] ?? "")\($0["direction"] ?? "")" }
    #expect(Set(names).count == names.count)
  }

  @Test func `who may not see addresses sees none`() throws {
    let hidden = "\(try overview(makeRichReport(), showsAddresses: false))"
    let shown = "\(try overview(makeRichReport(), showsAddresses: true))"
    for address in ["192.0.2.1", "192.0.2"] where shown.contains(address) {
      #expect(!hidden.contains(address))
    }
    #expect(shown.contains("192.0.2.1"))
  }

  @Test func `many findings are cut, and the rest is counted`() throws {
    let groups = (0..<100).map { index in
      var group = makeGroup("leak \(index)", [.closeWait: 1])
      group.gauges.stuck[.notClosed] = 1
      return group
    }
    let overview = try overview(makeReport(groups), showsAddresses: false)
    #expect((overview["findings"] as? [Any])?.count == 60)
    #expect(overview["findings_left_out"] as? Int == 40)
  }
}
