import Foundation
import Testing

@testable import SocketStates

/// The table of thresholds against the alerts that ship, and against its page.
@Suite struct FindingRuleTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..")

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// What is compared of an alert.
  private struct Alert {
    var patience: String
    var metrics: Set<String>
    /// Operators with the numbers behind them, in order.
    var comparisons: [String]

    /// - Parameter block: the lines of the file behind `- alert: `.
    init(_ block: String) throws {
      let beginning = try #require(block.range(of: "\n        expr: "))
      let end = try #require(block.range(of: "\n        for: "))
      let expression = String(block[beginning.upperBound..<end.lowerBound])
      patience = String(block[end.upperBound...].prefix { $0 != "\n" })
      metrics = Set(
        expression.matches(of: /sockstate_([a-z_]+)/).map { String($0.output.1) })
      comparisons = expression.matches(of: /([<>=!]=|[<>])\s*([0-9]+(?:\.[0-9]+)?)/)
        .map { "\($0.output.1) \($0.output.2)" }
    }
  }

  private static func alerts() throws -> [String: Alert] {
    let blocks = try text("config/prometheus/alerts.yaml").components(separatedBy: "- alert: ")
    return try Dictionary(
      uniqueKeysWithValues: blocks.dropFirst().map { block in
        (String(block.prefix { $0 != "\n" }), try Alert(block))
      })
  }

  private static let rules = FindingRule.all.flatMap(\.alerts) + AlertRule.withoutFindings

  @Test func `every alert has a row, and every row an alert`() throws {
    #expect(Set(try Self.alerts().keys) == Set(Self.rules.map(\.name)))
    #expect(Set(Self.rules.map(\.name)).count == Self.rules.count)
  }

  @Test(arguments: rules.map(\.name))
  func `an alert has the metrics, numbers and patience of its row`(name: String) throws {
    let rule = try #require(Self.rules.first { $0.name == name })
    let alert = try #require(try Self.alerts()[name])
    #expect(alert.metrics == rule.metrics)
    #expect(alert.comparisons == rule.thresholds.map(\.alert))
    #expect(alert.patience == rule.patience)
  }

  @Test(arguments: rules.map(\.name))
  func `an alert that differs from its finding says why`(name: String) throws {
    let rule = try #require(Self.rules.first { $0.name == name })
    for threshold in rule.thresholds where threshold.finding != threshold.alert {
      #expect(!threshold.difference.isEmpty, "\(threshold.alert)")
    }
  }

  @Test func `every kind of finding has one row, and an alert or the reason for none`() {
    let labels = FindingRule.all.map(\.label)
    #expect(Set(labels).count == labels.count)
    for kind in CloseWaitCause.allCases.map({ Finding.Kind.closeWait($0) }) + Self.kinds {
      #expect(FindingRule.all.count { $0.kinds.contains(kind) } == 1, "\(kind)")
    }
    for rule in FindingRule.all {
      #expect(rule.kinds.allSatisfy { $0.label == rule.label })
      #expect([rule.normal, rule.notice, rule.fault].contains { $0 != nil })
      #expect(rule.alerts.isEmpty != rule.noAlert.isEmpty, "\(rule.label)")
    }
  }

  private static let kinds: [Finding.Kind] = [
    .halfClosed, .closedHeld, .descriptors, .unreadData, .peerNotReading, .deadPath, .loss,
    .connectsUnanswered(.nobody), .connectsUnanswered(.listenerFull), .connectsRefused,
    .connectsAbandoned, .acceptQueue, .listenDrops, .ephemeralPorts, .timeWait, .peerNotClosing,
    .endUnconfirmed, .smallSendBuffer, .synFlood, .connectionsReset(.sent),
    .connectionsReset(.received), .idleTimeout,
  ]

  @Test func `every finding has its tests in CONTRIBUTING.md, and they are there`() throws {
    let section = try #require(
      try Self.text("CONTRIBUTING.md").components(separatedBy: "\n## Findings\n").last?
        .components(separatedBy: "\n## ").first)
    let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let labels = rows.compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
    #expect(labels.sorted() == FindingRule.all.map(\.label).sorted())
    let tests = Self.root.appending(path: "Tests")
    let sources = try FileManager.default.subpathsOfDirectory(atPath: tests.path)
      .filter { $0.hasSuffix("Tests.swift") }
      .map { try String(contentsOf: tests.appending(path: $0), encoding: .utf8) }
    for name in Set(rows.flatMap { $0.matches(of: /`([^`]+ [^`]+)`/).map { String($0.output.1) } })
    {
      #expect(sources.contains { $0.contains("`\(name)`(") }, "\(name)")
    }
  }

  @Test func `docs/findings.md is the table`() throws {
    if ProcessInfo.processInfo.environment["UPDATE_FIXTURES"] == "1" {
      try Self.page.write(
        to: Self.root.appending(path: "docs/findings.md"), atomically: true, encoding: .utf8)
    }
    #expect(try Self.text("docs/findings.md") == Self.page)
  }

  private static let page =
    """
    # Findings

    <!-- Made from Tests/SocketStatesTests/FindingRule.swift by `make fixtures`; a test compares. -->

    What sockstated calls wrong, or worth knowing, in the sockets of one group (`process`, `unit`, `direction`, `port`).
    It is judged once a poll; the page, `watch`, `explain` and `sockstate_findings{…,kind,severity}` all show the same
    judgement. What is counted (loss, failed connection attempts, drops) is compared with a poll of one to two minutes
    before, in the first minute with the first poll; however often somebody asks in between, that does not get younger.
    What was counted earlier than that, or is too little for one, `explain` lists as a fact, and it is no finding.

    If not every poll reads established connections (`sockstate_full_poll_age_seconds` is not 0), findings that rest on
    these, such as unread data, stalls and loss, are judged when all are read, at least once a minute, and stand in between.

    A finding stands at once. An alert (`config/prometheus/alerts.yaml`) waits for as long as its `for`, since it wakes
    somebody. Where their numbers differ otherwise, the tables say why.

    ## Cause and consequence

    One cause is one fault. What follows from another finding is a notice, names it (`follows` in JSON), and stands
    beneath it. The links are facts of the same poll, never more than a chain of eight:

    | finding | follows from | if |
    | --- | --- | --- |
    | `connects_unanswered` | `accept_queue` | the destination is a full listener of this host |
    | `connects_unanswered` | `listen_drops` | the destination is on this host, and its listener dropped connections |
    | `accept_queue`, `close_wait` (`not_accepted`) | `descriptors` | the same process has none left |
    | `close_wait` (`not_accepted`) | `accept_queue` | it is the same listener |
    | `accept_queue`, `close_wait` (`not_accepted`) | `unread_data` | the same process does not read, on the same port |
    | `close_wait` (`not_closed`, `end_unread`) | the other | they are of the same group; the one of more connections leads |
    | `close_wait` (`data_unread`), `unread_data` | the other | they are of the same group; the one of more connections leads |
    | `unread_data`, `close_wait`, `half_closed` | `peer_not_reading`, `connects_unanswered` | the same process waits for as many peers or answers elsewhere: it only passes the jam on |
    | `unread_data`, `close_wait`, `half_closed` | `accept_queue`, `unread_data` | the same process has as many connections to that process of this host |
    | `accept_queue` | `connects_unanswered`, `accept_queue`, `unread_data` | so do, elsewhere, all connections that its process has accepted |
    | `connections_reset` (received) | `idle_timeout` | at least half of what was cut off had been silent for a second or more, and the group's silences are alike |
    | `idle_timeout` at the server | `idle_timeout` at the client | both are on this host, and broke after the same silence |
    | `connections_reset` (received) | `connections_reset` (sent) | the server that sends the resets is on this host; or most connections cut off on either side of that port had both ends here |
    | `loss` | `dead_path` | of the same group's connections at least half wait in vain, and that is a fault |
    | `dead_path`, `loss`, `end_unconfirmed` | `accept_queue` | the connections lead to this host, and the listener there is full: it has dropped the last step of handshakes |
    | `peer_not_reading` | `unread_data` | the peer is on this host |
    | `peer_not_closing` | `close_wait`, `half_closed` | the peer is on this host |
    | `descriptors` | `close_wait`, `closed_held` | these hold at least half of the process's descriptors |

    Of `close_wait` with nothing unread (`not_closed`, `end_unread`) and `half_closed` only the other side of the process
    is meant, as a relay has it, and a wait for a far peer must be as old as they are. What is more, or older, is a leak
    whoever else is waited for. A full listener has no age: while a process waits for one, as many of its own
    connections are no leak.

    A first cause is as grave as the gravest that follows from it, except that a far peer that reads slowly is never
    a fault.

    `sockstate_findings` is 1 while the finding stands, then 0 for `limits.linger`, but never longer than its group is
    known: there are at most as many series as groups times kinds, and past `limits.groups` those of the group `other`.
    Findings that are normal have no series.

    If the process that has to act is on this host and something keeps it from running, that is part of the evidence: it
    is stopped (SIGSTOP), frozen by its cgroup, a zombie, in uninterruptible sleep in two polls in a row, or stopped by a
    tracer in two polls and not run between them. Of findings that last for as long as a process does nothing it is the
    headline. Of at most 64 processes a poll, those of the gravest findings.

    `explain` also lists sockets one by one. From that it knows more about a finding (which process is at the other end
    of a connection on this host, which destinations are the group's own), but finds nothing of another kind.

    \(FindingRule.all.map(section).joined(separator: "\n"))
    ## Alerts without a finding

    \(AlertRule.withoutFindings.map { "- **\($0.name)** (for \($0.patience)): \($0.withoutFinding)\n" + table($0) }.joined(separator: "\n"))
    """

  private static func section(_ rule: FindingRule) -> String {
    var parties: [String] = []
    for kind in rule.kinds where !parties.contains(kind.responsible.rawValue) {
      parties.append(kind.responsible.rawValue)
    }
    let conditions = [("normal", rule.normal), ("notice", rule.notice), ("fault", rule.fault)]
      .compactMap { severity, condition in condition.map { "- **\(severity)**: \($0).\n" } }
    let alerts = rule.alerts.map { "- Alert: **\($0.name)**, for \($0.patience).\n" + table($0) }
    return """
      ## \(rule.label)

      \(conditions.joined())- Responsible: \(parties.joined(separator: " or ")).
      - Evidence: \(rule.evidence).
      - Why: \(rule.reason)
      \(rule.blindness.isEmpty ? "" : "- Cannot see: \(rule.blindness)\n")\(alerts.joined())\(rule.noAlert.isEmpty ? "" : "- No alert: \(rule.noAlert)\n")
      """
  }

  private static func table(_ alert: AlertRule) -> String {
    let rows = alert.thresholds.map { threshold in
      let difference = threshold.difference.isEmpty ? "the same" : threshold.difference
      return
        "  | `\(threshold.alert)` | \(threshold.finding.map { "`\($0)`" } ?? "–") | \(difference) |\n"
    }
    return "\n  | alert | finding | difference |\n  | --- | --- | --- |\n\(rows.joined())"
  }
}
