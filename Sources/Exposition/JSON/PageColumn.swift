internal import SocketStates

/// A column of the page's table. The most important come first: a phone shows only those.
enum PageColumn: String, CaseIterable {
  case process, port
  case closeWait = "close_wait"
  case all, established
  case synSent = "syn_sent"
  case timeWait = "time_wait"
  case listen
  case otherStates = "other_states"
  case unread, unsent
  case acceptQueue = "accept_queue"
  case retransmitted
  case sendLimited = "send_limited"
  case failedAttempts = "failed_attempts"
  case ended

  var title: String {
    switch self {
    case .process: "Process"
    case .port: "Port"
    case .closeWait: TCPState.closeWait.title
    case .all: "All sockets"
    case .established: TCPState.established.title
    case .synSent: TCPState.synSent.title
    case .timeWait: TCPState.timeWait.title
    case .listen: TCPState.listen.title
    case .otherStates: "Other states"
    case .unread: "Unread"
    case .unsent: "Unsent"
    case .acceptQueue: "Accept queue"
    case .retransmitted: "Resent"
    case .sendLimited: "Sending limited by"
    case .failedAttempts: "Failed attempts"
    case .ended: "Ended"
    }
  }
}

/// A cell of the page's table. What is zero is blank.
struct PageCell {
  /// What rows are sorted by.
  enum Value {
    case number(Double)
    case text(String)
  }

  /// A part of a small bar, filled to its share of 1.
  struct Bar {
    var share: Double
    /// Its colour: a send limit, or the severity of the cell's finding.
    var kind: String
  }

  var value: Value
  var text: String
  /// Smaller, below the text.
  var note = ""
  var tooltip = ""
  var bars: [Bar] = []

  init(_ value: Value, _ text: String) {
    self.value = value
    self.text = text
  }

  init(count: some BinaryInteger) {
    self.init(.number(Double(count)), count == 0 ? "" : Format.number(count))
  }

  init(bytes: UInt64, stalled: UInt64) {
    self.init(.number(Double(bytes)), bytes == 0 ? "" : Format.bytes(bytes))
    if stalled > 0 { tooltip = "\(Format.count(stalled, "connection")) without progress" }
  }
}

extension PageColumn {
  /// States without a column of their own: most sockets pass them in a moment.
  private static let statesWithoutColumn: [TCPState] = [
    .finWait1, .finWait2, .lastAck, .closing, .synRecv, .close,
  ]

  /// - Parameter severity: of the row's finding about this column.
  func cell(of row: PageTable.Row, _ severity: Finding.Severity?) -> PageCell {
    let (group, recent) = (row.group, row.recent)
    let (labels, gauges) = (group.labels, group.gauges)
    return switch self {
    case .process: Self.process(row)
    case .port:
      PageCell(
        .number(Double(labels.port ?? 0)),
        (labels.direction == .inbound ? "" : "→ ") + labels.portText)
    case .closeWait: Self.closeWait(gauges)
    case .all: PageCell(count: gauges.sockets.total)
    case .established: PageCell(count: gauges.sockets[.established])
    case .synSent: PageCell(count: gauges.sockets[.synSent])
    case .timeWait: PageCell(count: gauges.sockets[.timeWait])
    case .listen: PageCell(count: gauges.sockets[.listen])
    case .otherStates: Self.otherStates(gauges.sockets)
    case .unread: PageCell(bytes: gauges.receiveQueue, stalled: gauges.stalled[.localReader])
    case .unsent:
      PageCell(
        bytes: gauges.sendQueue,
        stalled: gauges.stalled[.peerWindow] + gauges.stalled[.retransmission])
    case .acceptQueue: Self.acceptQueue(gauges, severity)
    case .retransmitted: Self.retransmitted(recent)
    case .sendLimited: Self.sendLimited(recent)
    case .failedAttempts: Self.failedAttempts(group.counters)
    case .ended: Self.ended(row.ended)
    }
  }

  private static func process(_ row: PageTable.Row) -> PageCell {
    let labels = row.group.labels
    let list = { (place: String, first: String) in
      [first, place, labels.pid.map { "pid \($0)" } ?? ""].filter { !$0.isEmpty }
        .joined(separator: ", ")
    }
    var cell = PageCell(.text(labels.process), labels.process)
    cell.note = list(row.place.short, "")
    cell.tooltip = list(row.place.full, cell.text)
    return cell
  }

  private static func closeWait(_ gauges: GroupGauges) -> PageCell {
    var cell = PageCell(count: gauges.sockets[.closeWait])
    if gauges.stuckTotal > 0 { cell.note = "\(Format.number(gauges.stuckTotal)) stuck" }
    return cell
  }

  private static func otherStates(_ sockets: StateCounts) -> PageCell {
    let present = statesWithoutColumn.filter { sockets[$0] > 0 }
    let sum = present.reduce(UInt64(0)) { $0 + UInt64(sockets[$1]) }
    var cell = PageCell(.number(Double(sum)), "")
    cell.note = present.map { "\(Format.number(sockets[$0])) \($0.title)" }
      .joined(separator: "\n")
    return cell
  }

  private static func acceptQueue(_ gauges: GroupGauges, _ severity: Finding.Severity?) -> PageCell
  {
    let length = gauges.acceptQueue.length
    guard length > 0, let limit = gauges.acceptQueue.limit, let share = gauges.acceptQueue.share
    else { return PageCell(count: length) }
    var cell = PageCell(
      .number(share), "\(Format.number(length)) of \(Format.number(limit))")
    cell.bars = [PageCell.Bar(share: share, kind: severity?.label ?? "")]
    return cell
  }

  private static func retransmitted(_ recent: GroupCounters?) -> PageCell {
    guard let recent, recent.retransmittedDataSegments > 0 else { return PageCell(count: 0) }
    let text = Format.percent(recent.retransmittedDataSegments, of: recent.sentSegments)
    return PageCell(
      .number(Double(recent.retransmittedDataSegments) / Double(max(recent.sentSegments, 1))),
      text == Format.percent(0) ? "" : text)
  }

  private static func sendLimited(_ recent: GroupCounters?) -> PageCell {
    guard let recent, recent.sendBusy >= Thresholds.leastSendBusy else { return PageCell(count: 0) }
    let parts = [
      ("window", recent.receiveWindowLimited), ("buffer", recent.sendBufferLimited),
      ("path", recent.networkLimited),
    ]
    let busy = Double(recent.sendBusy)
    guard let most = parts.max(by: { $0.1 < $1.1 }) else { return PageCell(count: 0) }
    var cell = PageCell(
      .number(Double(parts[0].1 + parts[1].1) / busy),
      "\(most.0) \(Format.percent(most.1, of: recent.sendBusy))")
    cell.bars = parts.map { PageCell.Bar(share: Double($0.1) / busy, kind: $0.0) }
    return cell
  }

  private static func ended(_ ended: Tally<ConnectionEnd>?) -> PageCell {
    guard let ended else { return PageCell(count: 0) }
    let ways = ConnectionEnd.allCases.filter { $0 != .moved && ended[$0] > 0 }
    var cell = PageCell(count: ways.reduce(UInt64(0)) { $0 + ended[$1] })
    let parts = ways.map { (way: $0, text: "\(Format.number(ended[$0])) \($0.words)") }
    cell.note = parts.filter { $0.way != .closed }.map(\.text).joined(separator: "\n")
    cell.tooltip = parts.map(\.text).joined(separator: ", ")
    return cell
  }

  private static func failedAttempts(_ counters: GroupCounters?) -> PageCell {
    guard let failures = counters?.connectFailures else { return PageCell(count: 0) }
    let reasons = ConnectFailure.allCases.filter { failures[$0] > 0 }
    var cell = PageCell(count: reasons.reduce(UInt64(0)) { $0 + failures[$1] })
    cell.tooltip = reasons.map { "\(Format.number(failures[$0])) \($0.label)" }
      .joined(separator: ", ")
    return cell
  }
}

extension Finding.Kind {
  /// The column of the page's table that shows it; nil if none does.
  var column: PageColumn? {
    switch self {
    case .closeWait, .halfClosed: .closeWait
    case .unreadData: .unread
    case .peerNotReading, .deadPath: .unsent
    case .loss: .retransmitted
    case .connectsUnanswered: .synSent
    case .connectsRefused, .connectsAbandoned: .failedAttempts
    case .acceptQueue, .listenDrops: .acceptQueue
    case .timeWait: .timeWait
    case .closedHeld, .peerNotClosing, .endUnconfirmed, .synFlood: .otherStates
    case .smallSendBuffer: .sendLimited
    case .connectionsReset, .idleTimeout: .ended
    case .descriptors, .ephemeralPorts: nil
    }
  }
}
