import Foundation
import SocketStates
import Testing

@testable import Exposition

@Suite struct ReportJSONTests {
  @Test(arguments: hostileNames)
  func `a hostile name survives the JSON`(name: String) throws {
    let json = ReportJSON.groups(makeReport([makeGroup(name, [.closeWait: 4])]))
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
    let groups = try #require(object["groups"] as? [[String: Any]])
    let process = try #require(groups[0]["process"] as? String)
    #expect(Array(process.unicodeScalars) == Array(name.unicodeScalars))
    #expect(groups[0]["sockets"] as? [String: Int] == ["close_wait": 4])
  }

  @Test func `numbers that JSON lacks are null`() {
    var json = JSONWriter()
    json.array { json in
      json.value(.infinity)
      json.value(.nan)
      json.value(0.5)
      json.value(UInt64.max)
      json.value(Int32.min)
      json.value(true)
      json.object { $0.member("empty", false) }
      json.array { _ in }
    }
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"[null,null,0.5,18446744073709551615,-2147483648,true,{"empty":false},[]]"#)
  }
}

@Suite struct SnapshotTableTests {
  @Test func `the most suspicious comes first`() {
    let table = SnapshotTable.render(
      makeReport([
        makeGroup("idle", [.established: 0]), makeGroup("busy", [.established: 900]),
        makeGroup("quiet", [.established: 1]),
        makeGroup("stuck", direction: .outbound, [.synSent: 1]),
        makeGroup("leaky", [.closeWait: 1]),
      ]))
    let names = table.split(separator: "\n").map { $0.prefix { $0 != " " } }
    #expect(names.prefix(6) == ["PROCESS", "leaky", "stuck", "busy", "quiet", "TOTAL"])
  }

  @Test func `hostile names keep the table whole`() {
    let table = SnapshotTable.render(makeHostileReport())
    for scalar in table.unicodeScalars where scalar != "\n" {
      #expect(![.control, .format, .lineSeparator].contains(scalar.properties.generalCategory))
    }
    let lines = table.split(separator: "\n").map(String.init)
    #expect(lines.count == hostileNames.count + 3)
    #expect(Set(lines.dropLast().map(TerminalText.width)).count == 1)
  }

  @Test(arguments: [
    ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"),
    ("日本語", 4, "日…"), ("e\u{301}e", 2, "e\u{301}e"), ("", 1, ""),
  ])
  func `a text is cut by its width`(text: String, limit: Int, result: String) {
    #expect(TerminalText.truncated(text, to: limit) == result)
  }

  @Test func `an empty report is a table too`() {
    let table = SnapshotTable.render(makeReport([]))
    #expect(table.hasPrefix("PROCESS"))
    #expect(table.hasSuffix("0 sockets in 0 groups, from sock_diag\n"))
  }
}
