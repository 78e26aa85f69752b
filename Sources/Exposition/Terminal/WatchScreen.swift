internal import SocketStates

/// One screen of `watch`: a line about itself, as much of the body as fits, and the keys.
package struct WatchScreen: Sendable {
  package var order = GroupOrder.severity
  /// Lines of the body that are scrolled away.
  package var offset = 0
  package var isPaused = false
  package var showsHelp = false

  package init() {}

  /// What is shown besides the body.
  package struct Facts: Sendable {
    /// The time, as a clock shows it.
    package var clock: String
    /// From whom it is known: `this host`, or an address.
    package var place: String
    /// ms from one poll to the next.
    package var interval: Int64
    /// Why the last poll failed; nil if it did not.
    package var failure: String?

    package init(clock: String, place: String, interval: Int64, failure: String? = nil) {
      self.clock = clock
      self.place = place
      self.interval = interval
      self.failure = failure
    }
  }

  /// As many lines as there are `rows`.
  /// - Parameter body: what ``WatchBody`` has rendered; nil before the first poll.
  package func lines(
    _ body: String?, _ facts: Facts, rows: Int, _ style: TerminalStyle
  ) -> [String] {
    let width = style.width ?? 80
    let head = header(facts, width, style)
    let body = showsHelp ? help : Self.lines(of: body, facts)
    let room = max(0, rows - head.count - 1)
    let start = min(offset, max(0, body.count - room))
    let shown = body[start..<min(body.count, start + room)]
    let more = body.count - start - shown.count
    let keys = style.truncated(
      "q quit  s sort  space pause  j k scroll  ? help"
        + (more > 0 ? "  (\(more) more)" : ""), to: width)
    // The keys stay at the bottom, however little there is.
    let blank = Array(repeating: "", count: max(0, room - shown.count))
    return Array((head + shown + blank + [style.apply(.dim, to: keys)]).prefix(rows))
  }

  private static func lines(of body: String?, _ facts: Facts) -> [String] {
    guard let body else { return [facts.failure == nil ? "Waiting for the first poll." : ""] }
    return body.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  private func header(_ facts: Facts, _ width: Int, _ style: TerminalStyle) -> [String] {
    var title =
      "sockstated  \(facts.place)  \(facts.clock)  every \(Format.duration(facts.interval))  by \(order.rawValue)"
    if isPaused { title += "  PAUSED" }
    let first = style.truncated(title.visible, to: width)
    guard let failure = facts.failure else { return [style.apply(.strong, to: first), ""] }
    let lines = style.wrap(failure.visible).split(separator: "\n")
    return [style.apply(.strong, to: first)] + lines.map { style.apply(.fault, to: String($0)) }
      + [""]
  }

  private var help: [String] {
    [
      "q, Ctrl-C       quit", "s, S            sort by the next, the previous of:",
      "                \(GroupOrder.allCases.map(\.rawValue).joined(separator: ", "))",
      "space           pause, and go on", "r               poll now",
      "Up Down, k j    scroll a line", "PgUp PgDn       scroll a page",
      "Home, g         to the top",
      "?, h            this help, and back",
    ]
  }
}
