package import SocketStates

/// A report as tables for people.
package enum SnapshotTable {
  /// The widest name of a process or unit that is not cut.
  package static let maximumNameWidth = 32

  /// The stuck sockets or, with a filter, the sockets that it admits; then the groups that have sockets
  /// now, what they add up to, and what could not be seen.
  /// - Parameter report: with its sockets one by one if there is a filter.
  package static func render(_ report: Report, _ view: TextView = TextView()) -> String {
    let sockets =
      view.filter.isEmpty
      ? stuckSockets(of: report, view)
      : self.sockets((report.sockets ?? []).filter { view.filter.admits($0) }, view)
    return sockets + groups(of: report, view) + view.notVisibleLines
  }

  /// The CLOSE-WAIT sockets that wait for their process; nothing where there are none.
  private static func stuckSockets(of report: Report, _ view: TextView) -> String {
    guard !report.stuckSockets.isEmpty else { return "" }
    var table = TextTable(columns: [
      .init("PROCESS", minimumWidth: 8), .init("PID", isNumber: true),
      .init("FD", isNumber: true, dispensability: 1), .init("PORT", isNumber: true),
      .init("PEER", minimumWidth: 12), .init("AGE", isNumber: true), .init("CAUSE"),
      .init("RECV-Q", isNumber: true, dispensability: 2),
      .init("SEND-Q", isNumber: true, dispensability: 3),
    ])
    for socket in report.stuckSockets {
      table.add([
        name(socket.labels.process, view), pid(socket),
        .init(socket.descriptor.map(String.init) ?? "-"),
        "\(socket.labels.portText)", .init(view.text(of: socket.remote, socket)),
        .init(Format.duration(socket.age)),
        .init(socket.cause?.label ?? "-", .fault), "\(socket.receiveQueue)", "\(socket.sendQueue)",
      ])
    }
    let title = view.style.truncated(
      "CLOSE-WAIT: the peer has closed, the process has not (the oldest of each group)",
      to: view.style.width ?? .max)
    return view.style.apply(.strong, to: title) + "\n" + table.render(view.style).text + "\n"
  }

  private static func sockets(_ sockets: [SocketReport], _ view: TextView) -> String {
    guard !sockets.isEmpty else { return "" }
    var table = TextTable(columns: [
      .init("PROCESS", minimumWidth: 8), .init("PID", isNumber: true), .init("STATE"),
      .init("LOCAL", minimumWidth: 12), .init("PEER", minimumWidth: 12),
      .init("AGE", isNumber: true), .init("WAITS FOR", dispensability: 1),
      .init("RECV-Q", isNumber: true), .init("SEND-Q", isNumber: true),
    ])
    let oldestFirst = sockets.sorted {
      ($0.age, $1.local, $1.remote) > ($1.age, $0.local, $0.remote)
    }
    for socket in oldestFirst {
      table.add([
        name(socket.labels.process, view), pid(socket),
        .init(socket.state.title, emphasis(socket.state)),
        .init(view.text(of: socket.local, socket)), .init(view.text(of: socket.remote, socket)),
        .init(Format.duration(socket.age)),
        .init(socket.cause?.label ?? socket.stall?.label ?? "-", .notice),
        "\(socket.receiveQueue)", "\(socket.sendQueue)",
      ])
    }
    return table.render(view.style).text + "\n"
  }

  private static func pid(_ socket: SocketReport) -> TextTable.Cell {
    socket.pid == 0 ? "-" : "\(socket.pid)"
  }

  private static func emphasis(_ state: TCPState) -> TerminalStyle.Emphasis? {
    switch state {
    case .closeWait: .fault
    case .close, .synSent, .lastAck, .closing, .finWait1, .finWait2: .notice
    default: nil
    }
  }

  private static func name(_ text: String, _ view: TextView) -> TextTable.Cell {
    text.isEmpty ? "-" : .init(view.style.truncated(text.visible, to: maximumNameWidth))
  }
}

// MARK: - Groups

extension SnapshotTable {
  private static func groups(of report: Report, _ view: TextView) -> String {
    let groups = view.order.sorted(
      report.groups.filter { $0.gauges.sockets.total > 0 && view.filter.admits($0) })
    let states = TCPState.allCases.filter { state in
      groups.contains { $0.gauges.sockets[state] > 0 }
    }
    var table = TextTable(
      columns: [
        .init("PROCESS", minimumWidth: 8), .init("UNIT", minimumWidth: 8, dispensability: 3),
        // Never left out: without it two rows may look the same.
        .init("DIR"), .init("PORT", isNumber: true),
      ]
        + states.map { .init($0.title, isNumber: true, dispensability: dispensability($0)) }
        + [
          .init("RECV-Q", isNumber: true, dispensability: 4),
          .init("SEND-Q", isNumber: true, dispensability: 4),
          .init("ACCEPT", isNumber: true, dispensability: 1),
        ])
    for group in groups { table.add(cells(of: group, report.containers, states, view)) }
    table.add(totals(of: groups, states).map { .init($0, .strong) })
    let (text, leftOut) = table.render(view.style)
    let note =
      leftOut.isEmpty
      ? "" : view.style.apply(.dim, to: "no room for \(leftOut.joined(separator: ", "))") + "\n"
    return text + note + "\n" + summary(of: report, groups)
  }

  /// States that pass by go first; those that wait for somebody stay.
  private static func dispensability(_ state: TCPState) -> Int? {
    switch state {
    case .synRecv: 8
    case .finWait1, .lastAck, .closing: 7
    case .close, .finWait2: 6
    case .listen: 5
    case .established, .synSent, .closeWait, .timeWait: nil
    }
  }

  private static func cells(
    of group: GroupReport, _ containers: ContainerNames, _ states: [TCPState], _ view: TextView
  ) -> [TextTable.Cell] {
    let labels = group.labels
    var process = name(labels.process, view)
    if let pid = labels.pid { process.text += "[\(pid)]" }
    let direction: TextTable.Cell = labels.direction == .inbound ? "in" : "out"
    return [process, name(containers.place(of: labels), view), direction, "\(labels.portText)"]
      + states.map { state in
        let count = group.gauges.sockets[state]
        return .init("\(count)", count > 0 ? emphasis(state) : nil)
      }
      + [
        .init(group.statesSeen.hasConnections ? "\(group.gauges.receiveQueue)" : "-"),
        .init(group.statesSeen.hasConnections ? "\(group.gauges.sendQueue)" : "-"),
        acceptQueue(group),
      ]
  }

  private static func acceptQueue(_ group: GroupReport) -> TextTable.Cell {
    guard group.statesSeen.contains(.listen) else { return "-" }
    let queue = group.gauges.acceptQueue
    let emphasis: TerminalStyle.Emphasis? =
      queue.isFull ? .fault : queue.isFilling ? .notice : nil
    return .init("\(queue.length)/\(queue.limit.map(String.init) ?? "?")", emphasis)
  }

  private static func totals(of groups: [GroupReport], _ states: [TCPState]) -> [String] {
    let sum = { (value: (GroupReport) -> UInt64) in
      String(groups.reduce(UInt64(0)) { $0 &+ value($1) })
    }
    return ["TOTAL", "", "", ""]
      + states.map { state in sum { UInt64($0.gauges.sockets[state]) } }
      + [
        sum(\.gauges.receiveQueue), sum(\.gauges.sendQueue),
        sum(\.gauges.acceptQueueLength) + "/"
          + (groups.contains { $0.gauges.acceptQueueLimit == nil }
            ? "?" : sum { $0.gauges.acceptQueueLimit ?? 0 }),
      ]
  }

  private static func summary(of report: Report, _ groups: [GroupReport]) -> String {
    let total = groups.reduce(UInt64(0)) { $0 &+ $1.gauges.sockets.total }
    let line =
      "\(Format.count(total, "socket")) in \(Format.count(groups.count, "group")), from \(report.source.rawValue)"
    let unowned = report.unattributed.total
    return unowned == 0 ? line + "\n" : line + "; \(unowned) without a known owner\n"
  }
}
