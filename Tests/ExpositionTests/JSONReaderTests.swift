import Foundation
import Testing

@testable import Exposition
@testable import SocketStates

@Suite struct JSONReaderTests {
  private func read(_ text: String) throws(JSONError) -> JSONValue {
    try JSONReader.read(Array(text.utf8))
  }

  @Test func `every kind of value`() throws {
    let text = #"""
       {"a": [1, -2, 0, 18446744073709551615, 1.5, -1e3, 2E+2],
        "b": {"c": null, "d": true, "e": false}, "": "\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00ü", "f": [], "g": {}}
      """#
    let value = try read(text)
    #expect(
      value["a"]?.elements.map(\.double) == [1, -2, 0, 0x1p64, 1.5, -1000, 200])
    #expect(value["a"]?.elements[3].integer() == UInt64.max)
    #expect(value["a"]?.elements[1].integer() == Int8(-2))
    #expect(value["a"]?.elements[1].integer(as: UInt8.self) == nil)
    #expect(value["a"]?.elements[4].integer(as: Int.self) == nil)
    #expect(value["b"] == .object(["c": .null, "d": .bool(true), "e": .bool(false)]))
    #expect(value[""]?.text == "\"\\/\u{8}\u{c}\n\r\t\u{e4}\u{1F600}ü")
    #expect(value["f"] == .array([]))
    #expect(value["g"] == .object([:]))
    #expect(value["h"] == nil)
  }

  @Test(arguments: [
    ("nothing", ""), ("blanks", "  "), ("two values", "1 2"), ("open array", "[1"),
    ("open object", #"{"a":1"#), ("comma at the end", "[1,]"), ("comma in an object", #"{"a":1,}"#),
    ("no colon", #"{"a" 1}"#), ("no name", "{1:2}"), ("a name twice", #"{"a":1,"a":2}"#),
    ("a word cut", "tru"), ("a word too long", "nulll"), ("leading zero", "01"), ("plus", "+1"),
    ("no digits", "-"), ("no fraction", "1."), ("no exponent", "1e"), ("too large", "1e999"),
    ("infinity", "Infinity"), ("open string", #""a"#), ("open escape", #""\"#),
    ("wrong escape", #""\x""#), ("short hex", #""\u12""#), ("no hex", #""\u12g4""#),
    ("half a pair", #""\ud83d""#), ("low half", #""\ude00""#),
    ("two high halves", #""\ud83d\ud83d""#),
    ("control character", "\"\u{1}\""), ("newline", "\"\n\""), ("comment", "1 // one"),
    ("single quotes", "'a'"), ("byte order mark", "\u{feff}1"),
  ])
  func `what is no JSON is refused`(name: String, text: String) {
    #expect(throws: JSONError.self) { try read(text) }
  }

  @Test func `bytes that are no UTF-8 are refused`() {
    for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]] {
      #expect(throws: JSONError.self) { try JSONReader.read([0x22] + bytes + [0x22]) }
    }
  }

  @Test func `depth has a bound`() throws {
    let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
    _ = try read(nested(JSONReader.maximumDepth))
    #expect(throws: JSONError.self) { try read(nested(JSONReader.maximumDepth + 1)) }
    #expect(throws: JSONError.self) { try read(String(repeating: "[", count: 1_000_000)) }
  }

  @Test func `what is cut or changed anywhere is refused or read, and never a trap`() {
    let whole = ReportJSON.whole(makeRichReport(), showsAddresses: true)
    for end in 0..<whole.count - 1 {
      #expect(throws: JSONError.self) { try JSONReader.read(Array(whole[..<end])) }
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      _ = try? ReportReading.report(bytes)
    }
  }
}

@Suite struct ReportReadingTests {
  @Test func `a report that was written is read as it was`() throws {
    var report = makeRichReport()
    var listener = try #require(makeSuspiciousReport().stuckSockets.first).socket
    listener.state = .listen
    listener.cause = nil
    report.fullListeners = [listener]
    let written = ReportJSON.whole(report, showsAddresses: true)
    let (read, showsAddresses) = try ReportReading.report(written)
    #expect(showsAddresses)
    #expect(ReportJSON.whole(read, showsAddresses: true) == written)
    #expect(SnapshotTable.render(read) == SnapshotTable.render(report))
  }

  @Test func `without addresses there are none`() throws {
    let report = makeSuspiciousReport()
    let written = ReportJSON.whole(report, showsAddresses: false)
    #expect(!String(decoding: written, as: UTF8.self).contains("192.0.2."))
    let (read, showsAddresses) = try ReportReading.report(written)
    #expect(!showsAddresses)
    #expect(read.stuckSockets.count == report.stuckSockets.count)
    #expect(SnapshotTable.render(read).contains("not_closed"))
  }

  @Test func `sockets are read as they were`() throws {
    var report = makeSuspiciousReport()
    report.sockets = report.stuckSockets.map(\.socket)
    let written = ReportJSON.sockets(report, SocketFilter(), showsAddresses: true)
    report.sockets = try ReportReading.sockets(written)
    #expect(report.sockets?.count == 4)
    #expect(ReportJSON.sockets(report, SocketFilter(), showsAddresses: true) == written)
  }

  @Test(arguments: [
    "", "{}", "[]", #"{"time":1}"#, #"{"time":1,"source":"guess"}"#,
    #"{"time":1,"source":"procfs","groups":[{}]}"#,
    #"{"time":1,"source":"procfs","groups":[{"process":"a","unit":"","direction":"up"}]}"#,
    #"{"time":1,"source":"procfs","stuckSockets":[{}]}"#,
  ])
  func `what is no report is refused`(text: String) {
    #expect(throws: ReportReadingError.self) { try ReportReading.report(Array(text.utf8)) }
  }

  @Test func `what a newer daemon adds is passed over`() throws {
    let text =
      #"{"time":1,"source":"procfs","groups":[],"new":{"a":[1]},"unattributed":{"bound":3}}"#
    #expect(try ReportReading.report(Array(text.utf8)).report.groups.isEmpty)
  }
}
