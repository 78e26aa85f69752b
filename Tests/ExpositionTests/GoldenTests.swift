import Exposition
import Foundation
import SocketStates
import Testing

/// Whole outputs for one report, held in files; `UPDATE_FIXTURES=1 swift test` writes them anew.
@Suite struct GoldenTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  @Test(arguments: ["report.prom", "report.openmetrics", "report.json", "report.table"])
  func `output is as recorded`(file: String) throws {
    let report = makeRichReport()
    let output =
      switch file {
      case "report.prom": render(report)
      case "report.openmetrics": render(report, as: .openMetrics)
      case "report.json": String(decoding: ReportJSON.groups(report), as: UTF8.self)
      default: SnapshotTable.render(report)
      }
    try Self.compare(output, with: file)
  }

  @Test(arguments: [60, 80, 200])
  func `table fits the terminal`(width: Int) throws {
    let table = SnapshotTable.render(
      makeSuspiciousReport(), TextView(style: TerminalStyle(width: width)))
    try Self.compare(table, with: "snapshot-\(width).table")
    #expect(table.split(separator: "\n").allSatisfy { $0.count <= width })
  }

  @Test(arguments: [60, 80, 200])
  func `screen fits the terminal`(width: Int) throws {
    let report = makeSuspiciousReport().diagnosed
    var view = TextView(style: TerminalStyle(width: width))
    view.notVisible = ["what root could see"]
    let lines = WatchScreen().lines(
      WatchBody.render(report, view),
      WatchScreen.Facts(clock: "03:04:05", place: "this host", interval: 2000), rows: 24,
      view.style)
    try Self.compare(lines.joined(separator: "\n") + "\n", with: "watch-\(width).screen")
    #expect(lines.count <= 24)
    #expect(lines.allSatisfy { $0.count <= width })
  }

  @Test(arguments: ["explanation.text", "explanation.json"])
  func `explanation is as recorded`(file: String) throws {
    let explanation = Explanation(
      of: .process("server.js"), in: makeSuspiciousReport().diagnosed,
      missing: ["what root could see"])
    try Self.compare(
      file == "explanation.json"
        ? String(decoding: explanation.json(), as: UTF8.self)
        : ExplanationText.render(explanation), with: file)
  }

  /// Compares with the file, or writes it.
  static func compare(_ output: String, with file: String) throws {
    let url = folder.appending(path: file)
    if ProcessInfo.processInfo.environment["UPDATE_FIXTURES"] == "1" {
      try output.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(try output == String(contentsOf: url, encoding: .utf8))
  }
}
