package import SocketStates

/// One screen of `watch`: what is at fault, then the tables, cut to the terminal's size.
package struct WatchScreen: Sendable {
  package var order = GroupOrder.severity
  /// Lines of the body that are scrolled away.
  package var offset = 0
  package var isPaused = false
  package var showsHelp = false
  package var filter = SocketFilter()

  /// Headlines that a screen has at most.
  private static let headlines = 5

  package init() {}

  /// What is shown besides the report.
  package struct Facts: Sendable {
    /// The time, as a clock shows it.
    package var clock: String
    /// From whom it is known: `this host`, or an address.
    package var place: String
    /// ms from one look to the next.
    package var interval: Int64
    /// Why the last look failed; nil where it did not.
    package var failure: String?
    /// What could not be seen.
    package var missing: [String]

    package init(
      clock: String, place: String, interval: Int64, failure: String? = nil, missing: [String] = []
    ) {
      self.clock = clock
      self.place = place
      self.interval = interval
      self.failure = failure
      self.missing = missing
    }
  }

  /// As many lines as there are `rows`.
  package func lines(
    _ report: Report?, _ facts: Facts, rows: Int, _ style: TerminalStyle
  ) -> [String] {
    let width = style.width ?? 80
    let head = header(facts, width, style)
    let body = showsHelp ? help : body(report, facts, style)
    let room = max(0, rows - head.count - 1)
    let start = min(offset, max(0, body.count - room))
    let shown = body[start..<min(body.count, start + room)]
    let more = body.count - start - shown.count
    let keys = TerminalText.truncated(
      "q quit  s sort  space pause  ↑↓ scroll  ? help"
        + (more > 0 ? "  (\(more) more)" : ""), to: width)
    // The keys stay at the bottom, however little there is.
    let blank = Array(repeating: "", count: max(0, room - shown.count))
    return Array((head + shown + blank + [style.apply(.dim, to: keys)]).prefix(rows))
  }

  private func header(_ facts: Facts, _ width: Int, _ style: TerminalStyle) -> [String] {
    var title =
      "sockstated  \(facts.place)  \(facts.clock)  every \(Format.duration(facts.interval))  by \(order.rawValue)"
    if isPaused { title += "  PAUSED" }
    let first = TerminalText.truncated(TerminalText.visible(title), to: width)
    guard let failure = facts.failure else { return [style.apply(.strong, to: first), ""] }
    let second = TerminalText.truncated(TerminalText.visible(failure), to: width)
    return [style.apply(.strong, to: first), style.apply(.fault, to: second), ""]
  }

  private func body(_ report: Report?, _ facts: Facts, _ style: TerminalStyle) -> [String] {
    guard let report else { return [facts.failure == nil ? "The first look is under way." : ""] }
    let findings = report.findings.filter {
      $0.severity > .normal && filter.admits($0.labels)
    }
    var lines = findings.prefix(Self.headlines).map { finding in
      let isFault = finding.severity == .fault
      let text = TerminalText.visible(
        (isFault ? "FAULT: " : "NOTE: ") + FindingWords(finding).headline)
      return style.apply(
        isFault ? .fault : .notice, to: TerminalText.truncated(text, to: style.width ?? 80))
    }
    if findings.count > Self.headlines {
      lines.append("… and \(findings.count - Self.headlines) more")
    }
    if !lines.isEmpty { lines.append("") }
    let table =
      filter.isEmpty
      ? SnapshotTable.render(report, style, order: order)
      : SnapshotTable.render(report, filter, style, order: order)
    lines += table.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(
      String.init)
    for missing in facts.missing {
      lines += style.wrap(TerminalText.visible("Not seen: \(missing).")).split(separator: "\n")
        .map(String.init)
    }
    return lines
  }

  private var help: [String] {
    [
      "q, Ctrl-C       quit", "s, S            sort by the next, the previous of:",
      "                \(GroupOrder.allCases.map(\.rawValue).joined(separator: ", "))",
      "space           pause, and go on", "r               look now",
      "↑ ↓, k j        scroll a line", "PgUp PgDn       scroll a page",
      "Home, g         to the top",
      "?, h            this help, and back",
    ]
  }
}
