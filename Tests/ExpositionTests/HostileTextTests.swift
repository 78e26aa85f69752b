import Foundation
import SeededRandom
import Testing

@testable import Exposition
@testable import SocketStates

/// Names that strangers choose, in everything that leaves the daemon, even if they were not made visible when
/// they were read.
@Suite struct HostileTextTests {
  private static let seeds = 0..<60 as Range<UInt64>

  /// Groups, findings and sockets of such names.
  private static func report(_ names: [String]) -> Report {
    var report = makeSuspiciousReport()
    for index in report.groups.indices {
      report.groups[index].labels.process = names[index]
      report.groups[index].labels.unit = names[index + 1]
      report.groups[index].labels.netns = names[index + 2]
    }
    for index in report.stuckSockets.indices {
      report.stuckSockets[index].labels = report.groups[1].labels
    }
    report.sockets = report.stuckSockets
    report.descriptors[0].process = names[1]
    report.descriptors[0].unit = names[2]
    return report.diagnosed
  }

  private static func names(_ seed: UInt64) -> [String] {
    var random = SplitMix64(state: seed)
    return (0..<6).map { "\($0)" + HostileText.random(&random) }
  }

  private static func expectHarmless(_ text: String, _ exit: String) {
    let hostile = HostileText.scalars(in: text).filter { $0 != "\n" }
    #expect(hostile.isEmpty, "\(exit): \(hostile.map { String($0.value, radix: 16) })")
  }

  @Test(arguments: seeds)
  func `metrics show such names by their numbers`(seed: UInt64) throws {
    let names = Self.names(seed)
    let report = Self.report(names)
    for format in ExpositionFormat.allCases {
      let text = render(report, as: format)
      Self.expectHarmless(text, "\(format)")
      let processes = Set(
        try checkExposition(text, as: format).filter { $0.name == "sockstate_sockets" }
          .compactMap { $0.labels["process"] })
      #expect(processes == Set(names[0..<3].map(\.visible)))
    }
  }

  @Test(arguments: seeds)
  func `JSON escapes them, and is the same to a parser`(seed: UInt64) throws {
    let names = Self.names(seed)
    let report = Self.report(names)
    let explanation = Explanation(of: .process(names[1]), in: report, missing: names)
    let page = PageJSON.document(
      report, History(), PageJSON.Circumstances(age: 1, interval: 1, showsAddresses: true))
    for (exit, bytes) in [
      ("groups", ReportJSON.groups(report)),
      ("leaks", ReportJSON.leaks(report, showsAddresses: true)),
      ("sockets", ReportJSON.sockets(report, SocketFilter(), showsAddresses: true)),
      ("explanation", explanation.json()), ("page", page),
    ] {
      let text = String(decoding: bytes, as: UTF8.self)
      Self.expectHarmless(text, exit)
      #expect(JSONWriter.harmless(bytes) == bytes)
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(bytes)) }
    }
    let object = try JSONSerialization.jsonObject(with: Data(ReportJSON.groups(report)))
    let groups = try #require((object as? [String: Any])?["groups"] as? [[String: Any]])
    let read = groups.compactMap { $0["process"] as? String }
    #expect(
      Set(read.map { Array($0.unicodeScalars) })
        == Set(names[0..<3].map { Array($0.unicodeScalars) }))
  }

  @Test(arguments: seeds)
  func `the terminal gets none of them`(seed: UInt64) {
    let names = Self.names(seed)
    let report = Self.report(names)
    var view = TextView(style: TerminalStyle(width: 200))
    view.notVisible = names
    let facts = WatchScreen.Facts(clock: names[0], place: names[1], interval: 1, failure: names[2])
    var filtered = view
    filtered.filter.port = "8080"
    for text in [
      SnapshotTable.render(report, view), SnapshotTable.render(report, filtered),
      WatchBody.render(report, view),
      ExplanationText.render(Explanation(of: .process(names[1]), in: report, missing: names), view),
      WatchScreen().lines(WatchBody.render(report), facts, rows: 100, view.style).joined(),
      TerminalText.harmless(names.joined(separator: "\n")),
    ] { Self.expectHarmless(text, "terminal") }
  }

  @Test(arguments: [
    ("{\"a\":\"\u{202e}\"}\n", #"{"a":"\u202e"}"# + "\n"), ("\u{1b}[2J", #"\u001b[2J"#),
    ("[\"\u{9b}m\",\n\"\u{e0041}ü\"]", #"[""# + #"\u009bm",\#n"\udb40\udc41ü"]"#),
  ])
  func `JSON from elsewhere is made harmless`(document: String, shown: String) {
    #expect(String(decoding: JSONWriter.harmless(Array(document.utf8)), as: UTF8.self) == shown)
  }
}
