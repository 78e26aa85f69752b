import Exposition
import Foundation
import Testing

/// Whole outputs for one report, held in files; `UPDATE_FIXTURES=1 swift test` writes them anew.
@Suite struct GoldenTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  @Test(arguments: ["report.prom", "report.openmetrics", "report.json", "report.table"])
  func outputIsAsRecorded(file: String) throws {
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

  /// Compares with the file, or writes it.
  static func compare(_ output: String, with file: String) throws {
    let url = folder.appending(path: file)
    if ProcessInfo.processInfo.environment["UPDATE_FIXTURES"] == "1" {
      try output.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(try output == String(contentsOf: url, encoding: .utf8))
  }
}
