import Foundation
import Testing

@testable import Exposition

/// docs/metrics.md is made from the definitions: `UPDATE_FIXTURES=1 swift test`, or `make fixtures`, writes it anew.
@Suite struct MetricsDocumentTests {
  @Test func `docs/metrics.md says what the definitions say`() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/metrics.md").standardizedFileURL
    let document = Self.document()
    if ProcessInfo.processInfo.environment["UPDATE_FIXTURES"] == "1" {
      try document.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(try document == String(contentsOf: url, encoding: .utf8))
  }

  /// Labels that are there in some configurations only, and need not be in a definition.
  private static let common: Set<String> = [
    "process", "unit", "direction", "port", "pid", "netns", "le",
  ]

  @Test(arguments: MetricFamily.all.map(\.name))
  func `the samples have the labels of the definition`(name: String) throws {
    let family = try #require(MetricFamily.all.first { $0.name == name })
    let samples = try checkExposition(render(makeRichReport()), as: .text).filter {
      $0.name == name || (family.kind == .histogram && $0.name.hasPrefix(name + "_"))
    }
    let written = Set(samples.flatMap(\.labels.keys))
    let defined = Set(family.labels.map(\.key))
    #expect(!samples.isEmpty)
    #expect(written.subtracting(Self.common) == defined.subtracting(Self.common))
    #expect(defined.isSubset(of: written))
  }

  private static func document() -> String {
    let chapters = MetricSection.all.map { section in
      let rows = section.families.map(row).joined(separator: "\n")
      return """
        ## \(section.title)

        \(wrapped(section.introduction))

        | metric | type, unit | labels | meaning | from | absent if |
        | --- | --- | --- | --- | --- | --- |
        \(rows)

        """
    }
    return """
      <!-- Made from the definitions in Sources/Exposition/Prometheus/Families by `make fixtures`; do not edit. -->
      # Metrics

      \(wrapped(introduction))

      \(names)

      \(chapters.joined(separator: "\n"))
      """
  }

  private static let introduction = """
    Every metric that sockstated serves. A metric without a unit counts things. An empty field in the last column \
    means: always there. `metrics.disable` in the configuration leaves metrics out, by their name without \
    `sockstate_`. With the source procfs (sock_diag is not available) all that needs `struct tcp_info` is absent, \
    not zero. *From* names fields of sock_diag (`struct inet_diag_msg`, include/uapi/linux/inet_diag.h) as \
    `idiag_…`, fields of `struct tcp_info` as `tcpi_…`, or a file of procfs; it is empty if the daemon itself is \
    the source.
    """

  private static let names = #"""
    ## Names in label values

    Strangers choose the names of processes, and some of those of units. What a name has that does not show itself is
    written by its number, as `\u{202e}`: control characters (C0, DEL, C1), format characters such as those that turn
    the direction of writing, line and paragraph separators, characters that are drawn as nothing, private and
    unassigned ones. A `\u{` that the name has itself is written `\u{5c}u{`, so different names stay different.
    The name is the same in the metrics, JSON, the page, the log and the commands, which take it as it is shown.
    Bytes that are not UTF-8 become U+FFFD. A process name has 128 characters at most after that.

    `unit` is the same at every start. Of one connection or one start, the number, address or identifier is left out:
    `sshd@0-….service` is `sshd@.service`, `session-3.scope` is `session.scope`, `run-u42.service` is `run.service`,
    `app-gnome-firefox-4711.scope` is `app-firefox.scope`; a container keeps 12 characters of its identifier. What a
    user's own service manager runs says whose it is: `user@1000/nginx.service`.
    """#

  private static func row(_ family: MetricFamily) -> String {
    let labels = family.labels.map { "`\($0.key)`: \($0.value)" }.joined(separator: "; ")
    let type = family.kind.rawValue + (family.unit.map { ", " + $0 } ?? "")
    let cells = ["`\(family.name)`", type, labels, family.help, family.source, family.absent]
    return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
  }

  /// Lines of at most 110 characters.
  private static func wrapped(_ text: String) -> String {
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines[lines.count - 1].count + word.count >= 110 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines.joined(separator: "\n")
  }
}
