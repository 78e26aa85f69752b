internal import SocketStates

/// The page's table: a row for each group that has sockets or about which there is something to say.
/// First those with findings, in the order of these; then those with the most sockets.
struct PageTable {
  private(set) var rows: [Row] = []

  /// A group, and what was found in it.
  struct Row {
    let group: GroupReport
    /// Its container or unit, by names and with the labels' own text.
    let place: (short: String, full: String)
    let recent: GroupCounters?
    /// How its connections ended in the last half hour; nil if the source has no counters.
    let ended: Tally<ConnectionEnd>?
    /// The place of its first finding among all; nil if there is none.
    var rank: Int?
    var severity: Finding.Severity?
    /// The gravest finding about each column.
    var severities: [PageColumn: Finding.Severity] = [:]

    var hasSubstance: Bool {
      group.gauges.sockets.total > 0 || rank != nil
        || ConnectFailure.allCases.contains { group.counters?.connectFailures[$0] ?? 0 > 0 }
        || ConnectionEnd.allCases.contains {
          $0 != .closed && $0 != .moved && ended?[$0] ?? 0 > 0
        }
    }
  }

  /// - Parameter findings: those that the page shows, the gravest first.
  init(_ report: Report, _ findings: [Finding], _ history: History) {
    let containers = report.containers
    rows = report.groups.map {
      Row(
        group: $0,
        place: (
          containers.place(of: $0.labels),
          containers.place(of: $0.labels, showsIdentifiers: true)
        ), recent: $0.counters?.since(report.baseline?.groups[$0.labels]),
        ended: history.ended(of: $0))
    }
    var places: [GroupLabels: Int] = [:]
    for (place, row) in rows.enumerated() { places[row.group.labels] = place }
    for (rank, finding) in findings.enumerated() {
      guard let place = places[finding.labels] else { continue }
      rows[place].note(finding, rank: rank)
    }
    rows = rows.enumerated().filter(\.element.hasSubstance)
      .sorted { $0.element.precedes($1.element) ?? ($0.offset < $1.offset) }.map(\.element)
  }
}

extension PageTable.Row {
  fileprivate mutating func note(_ finding: Finding, rank: Int) {
    self.rank = self.rank ?? rank
    severity = severity ?? finding.severity
    if let column = finding.kind.column, severities[column] == nil {
      severities[column] = finding.severity
    }
  }

  /// nil if the order of the report decides.
  fileprivate func precedes(_ other: Self) -> Bool? {
    if rank != other.rank { return (rank ?? .max) < (other.rank ?? .max) }
    let (mine, its) = (group.gauges.sockets.total, other.group.gauges.sockets.total)
    return mine == its ? nil : mine > its
  }
}

extension PageTable.Row {
  /// Writes the row as an object.
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("key", group.labels.pageKey)
      if let severity { json.member("severity", severity.label) }
      json.member("direction", group.labels.direction.label)
      json.array("states") { json in
        for state in TCPState.allCases where group.gauges.sockets[state] > 0 {
          json.value(state.label)
        }
      }
      json.array("cells") { json in
        for column in PageColumn.allCases {
          write(column.cell(of: self, severities[column]), column, to: &json)
        }
      }
    }
  }

  private func write(_ cell: PageCell, _ column: PageColumn, to json: inout JSONWriter) {
    let severity = severities[column]
    if case .number(let number) = cell.value, severity == nil, cell.isPlain(number) {
      // Most cells are a blank or a small count.
      return json.value(Int(number))
    }
    json.object { json in
      json.key("value")
      switch cell.value {
      case .number(let number): json.value(number)
      case .text(let text): json.value(text)
      }
      json.member("text", cell.text)
      if !cell.note.isEmpty { json.member("note", cell.note) }
      if !cell.tooltip.isEmpty { json.member("tooltip", cell.tooltip) }
      if let severity { json.member("severity", severity.label) }
      if !cell.bars.isEmpty {
        json.array("bars") { json in for bar in cell.bars { bar.write(to: &json) } }
      }
    }
  }
}

extension PageCell {
  /// Whether the text is the number itself, or blank for 0, and nothing else is to be shown.
  fileprivate func isPlain(_ number: Double) -> Bool {
    note.isEmpty && tooltip.isEmpty && bars.isEmpty && number < 1e9
      && text == (number == 0 ? "" : "\(Int(number))")
  }
}

extension PageCell.Bar {
  /// Writes `[share, kind]`.
  func write(to json: inout JSONWriter) {
    json.array { json in
      json.value((max(0, min(share, 1)) * 1000).rounded() / 1000)
      json.value(kind)
    }
  }
}

extension GroupLabels {
  /// Tells rows and cards apart from one document to the next; unambiguous whatever the names contain.
  var pageKey: String {
    [process, unit, direction.label, portText, pid.map(String.init) ?? "", netns].description
  }
}
