package import SocketStates

/// `/_/page`: what the page at `/` shows, in the words and formats in which it shows it. It belongs to
/// the page and changes with it; programs read `/api/v1`.
package enum PageJSON {
  /// What the daemon says besides the report.
  package struct Circumstances: Sendable {
    /// ms since the report.
    package var age: Int64
    /// ms from one poll to the next.
    package var interval: Int64
    /// Whether the client may see who is connected.
    package var showsAddresses: Bool

    package init(age: Int64, interval: Int64, showsAddresses: Bool) {
      self.age = age
      self.interval = interval
      self.showsAddresses = showsAddresses
    }
  }

  /// Findings that are shown one by one; the rest are counted.
  private static let findingLimit = 60

  /// One object and a newline.
  package static func document(
    _ report: Report, _ history: History, _ circumstances: Circumstances
  ) -> [UInt8] {
    let findings = shown(report.findings)
    let table = PageTable(report, findings, history)
    let faults = findings.count { $0.severity == .fault }
    var json = JSONWriter()
    json.object { json in
      json.member("time", report.time)
      json.member("age_seconds", Double(max(circumstances.age, 0)) / 1e3)
      json.member("interval_seconds", Double(circumstances.interval) / 1e3)
      json.member("verdict", Verdict.text(findings))
      json.member("faults", faults)
      json.member("summary", summary(report, table, faults, of: findings.count))
      json.array("findings") { json in
        var groups: [GroupLabels: GroupReport] = [:]
        for row in table.rows where row.rank != nil { groups[row.group.labels] = row.group }
        for finding in findings.prefix(findingLimit) {
          let group = groups[finding.labels]
          let trend = group.flatMap { Trend(of: finding, $0, history.points(of: $0.labels)) }
          write(
            finding, group, trend, report.containers, circumstances.showsAddresses, to: &json)
        }
      }
      if findings.count > findingLimit {
        let rest = Format.count(findings.count - findingLimit, "more finding")
        json.member("left_out", "\(rest): see sockstated explain.")
      }
      json.array("states") { json in for state in TCPState.allCases { write(state, to: &json) } }
      json.array("columns") { json in for column in PageColumn.allCases { write(column, to: &json) }
      }
      json.array("rows") { json in for row in table.rows { row.write(to: &json) } }
      json.array("ports") { json in
        if circumstances.showsAddresses { write(portsOf: report, findings, to: &json) }
      }
      json.member("may_ask", circumstances.showsAddresses)
      json.array("broken") { json in
        guard circumstances.showsAddresses else { return }
        for connection in report.lastBroken { write(connection, of: report, to: &json) }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  /// Those that deserve a card. The card of stuck connections says how many there are of all CLOSE-WAIT:
  /// the others of that group need none.
  private static func shown(_ findings: [Finding]) -> [Finding] {
    var stuck = Set<GroupLabels>()
    for case let finding in findings {
      if case .closeWait = finding.kind { stuck.insert(finding.labels) }
    }
    return findings.filter {
      $0.severity > .normal && !($0.kind == .halfClosed && stuck.contains($0.labels))
    }
  }

  /// `2 faults · 1 notice · 38 sockets in 4 groups, from sock_diag`.
  private static func summary(
    _ report: Report, _ table: PageTable, _ faults: Int, of findings: Int
  ) -> String {
    var parts: [String] = []
    if faults > 0 { parts.append(Format.count(faults, "fault")) }
    if findings > faults { parts.append(Format.count(findings - faults, "notice")) }
    let sockets = Format.count(report.trackedSockets, "socket")
    let groups = Format.count(table.rows.count, "group")
    parts.append("\(sockets) in \(groups), from \(report.source.rawValue)")
    if report.fullPollAge > 0 {
      parts.append("established connections as of \(Format.duration(report.fullPollAge)) ago")
    }
    if report.isBeforeOwners { parts.append("owners are still being looked for") }
    return parts.joined(separator: " · ")
  }

  private static func write(_ state: TCPState, to json: inout JSONWriter) {
    json.object { json in
      json.member("name", state.label)
      json.member("title", state.title)
    }
  }

  private static func write(_ column: PageColumn, to json: inout JSONWriter) {
    json.object { json in
      json.member("id", column.rawValue)
      json.member("title", column.title)
      json.member("is_text", column == .process)
    }
  }

  /// A connection that broke, and how to ask for its story.
  private static func write(
    _ connection: EndedConnection, of report: Report, to json: inout JSONWriter
  ) {
    json.object { json in
      json.member("key", "\(connection.title) \(connection.ended)")
      json.member("text", connection.title)
      json.member("note", connection.note(at: report.time, report.containers))
      if connection.remote.port != 0 {
        json.member("ends", "\(connection.localText) \(connection.remoteText)")
      }
    }
  }

  /// The destination with the fewest ports left, and every other for which more than 1 % are in use.
  private static func write(
    portsOf report: Report, _ findings: [Finding], to json: inout JSONWriter
  ) {
    let share = { (ports: EphemeralPortsReport) in Double(ports.used) / Double(max(ports.limit, 1))
    }
    let fullest = report.ephemeralPorts.sorted { share($0) > share($1) }.enumerated()
    for (index, ports) in fullest where index == 0 || share(ports) > 0.01 {
      let severity = findings.first { $0.isAbout(ports) }?.severity
      let place = ports.netns.isEmpty ? "" : " @\(ports.netns)"
      let path = "from \(ports.source) to \(ports.destinationText)\(place)"
      json.object { json in
        json.member("key", path)
        json.member(
          "text", "\(Format.number(ports.used)) of \(Format.number(ports.limit)) \(path)")
        json.key("bar")
        PageCell.Bar(share: share(ports), kind: severity?.label ?? "").write(to: &json)
      }
    }
  }
}

extension Finding {
  fileprivate func isAbout(_ ports: EphemeralPortsReport) -> Bool {
    evidence.contains {
      guard case .ephemeralPorts(let own) = $0 else { return false }
      return own.source == ports.source && own.destination == ports.destination
        && own.netns == ports.netns
    }
  }
}
