package import SocketStates

/// A report as a table for people.
package enum SnapshotTable {
  /// The widest name of a process or unit that is not cut.
  package static let maximumNameWidth = 32

  /// The suspects, then the groups that have sockets now, the most suspicious first, and what they
  /// add up to.
  package static func render(_ report: Report) -> String {
    suspects(of: report) + groups(of: report)
  }

  /// The CLOSE-WAIT sockets that wait for their process; nothing where there are none.
  private static func suspects(of report: Report) -> String {
    guard !report.suspects.isEmpty else { return "" }
    var table = TextTable(
      columns: ["PROCESS"].map { .init(title: $0, isNumber: false) }
        + ["PID", "FD", "PORT"].map { .init(title: $0, isNumber: true) }
        + ["PEER"].map { .init(title: $0, isNumber: false) }
        + ["AGE"].map { .init(title: $0, isNumber: true) }
        + ["CAUSE"].map { .init(title: $0, isNumber: false) }
        + ["RECV-Q", "SEND-Q"].map { .init(title: $0, isNumber: true) })
    for suspect in report.suspects {
      let socket = suspect.socket
      table.add([
        name(socket.labels.process), socket.pid == 0 ? "-" : String(socket.pid),
        socket.descriptor.map(String.init) ?? "-",
        socket.labels.portText,
        socket.remote.description, Amount.duration(socket.age), suspect.cause.label,
        String(socket.receiveQueue), String(socket.sendQueue),
      ])
    }
    return "CLOSE-WAIT: the peer has closed, the process has not (the oldest of each group)\n"
      + table.render() + "\n"
  }

  private static func groups(of report: Report) -> String {
    let groups = report.groups.filter { $0.gauges.sockets.total > 0 }.sorted(by: isMoreSuspicious)
    let states = TCPState.allCases.filter { state in
      groups.contains { $0.gauges.sockets[state] > 0 }
    }
    var table = TextTable(
      columns: ["PROCESS", "UNIT", "DIRECTION"].map { .init(title: $0, isNumber: false) }
        + (["PORT"] + states.map(\.title) + ["RECV-Q", "SEND-Q", "ACCEPT"])
        .map { .init(title: $0, isNumber: true) })
    for group in groups { table.add(cells(of: group, states)) }
    table.add(totals(of: groups, states))
    return table.render() + "\n" + summary(of: report, groups)
  }

  private static func isMoreSuspicious(_ one: GroupReport, _ other: GroupReport) -> Bool {
    let rank = { (group: GroupReport) in
      (group.gauges.sockets[.closeWait], group.gauges.sockets[.synSent], group.gauges.sockets.total)
    }
    return rank(one) > rank(other)
  }

  private static func cells(of group: GroupReport, _ states: [TCPState]) -> [String] {
    let labels = group.labels
    var process = name(labels.process)
    if let pid = labels.pid { process += "[\(pid)]" }
    let direction = labels.direction == .inbound ? "in" : "out"
    return [process, name(labels.unit), direction, labels.portText]
      + states.map { String(group.gauges.sockets[$0]) }
      + [
        group.hasConnections ? String(group.gauges.receiveQueue) : "-",
        group.hasConnections ? String(group.gauges.sendQueue) : "-",
        group.hasListener
          ? "\(group.gauges.acceptQueueLength)/\(group.gauges.acceptQueueLimit)" : "-",
      ]
  }

  private static func name(_ text: String) -> String {
    text.isEmpty
      ? "-" : TerminalText.truncated(TerminalText.visible(text), to: maximumNameWidth)
  }

  private static func totals(of groups: [GroupReport], _ states: [TCPState]) -> [String] {
    let sum = { (value: (GroupReport) -> UInt64) in
      String(groups.reduce(UInt64(0)) { $0 &+ value($1) })
    }
    return ["TOTAL", "", "", ""]
      + states.map { state in sum { UInt64($0.gauges.sockets[state]) } }
      + [
        sum(\.gauges.receiveQueue), sum(\.gauges.sendQueue),
        sum(\.gauges.acceptQueueLength) + "/" + sum(\.gauges.acceptQueueLimit),
      ]
  }

  private static func summary(of report: Report, _ groups: [GroupReport]) -> String {
    let total = groups.reduce(UInt64(0)) { $0 &+ $1.gauges.sockets.total }
    let line = "\(total) sockets in \(groups.count) groups, from \(report.source.rawValue)"
    let unowned = report.unattributed.total
    return unowned == 0 ? line + "\n" : line + "; \(unowned) without a known owner\n"
  }
}
