/// Decides when a group's stuck CLOSE-WAIT sockets, or the descriptors of its ended connections, are worth a
/// log line: when that fault begins, when their number passes each further power of two, and when it ends.
package struct FindingLog: Sendable {
  /// What to log.
  package struct Event: Sendable {
    package var labels: GroupLabels
    /// Whether it is about sockets in CLOSE, and not in CLOSE-WAIT.
    package var isClosed = false
    /// Stuck sockets now; 0 if it is over.
    package var count: UInt64
    /// The most that there were.
    package var peak: UInt64
    /// ms; nil if it is over.
    package var oldestAge: Int64?
    /// Sockets in CLOSE now.
    package var closed: UInt64 = 0
    /// How many there are of each cause, the most first; none if it is over, and of CLOSE.
    package var causes: [(cause: CloseWaitCause, count: UInt64)] = []
    /// The oldest of them.
    package var oldest: [SocketReport]

    /// `not_closed`, or if there are several `not_accepted:13,end_unread:7`.
    package var causeText: String {
      causes.count == 1
        ? causes[0].cause.label
        : causes.map { "\($0.cause.label):\($0.count)" }.joined(separator: ",")
    }
  }

  /// How many peers a line names.
  package static let peerLimit = 3

  private struct Key: Hashable {
    var labels: GroupLabels
    var isClosed: Bool
  }

  private struct State {
    var logged: UInt64 = 0
    var peak: UInt64 = 0
  }

  private var groups: [Key: State] = [:]

  package init() {}

  /// Compares the findings of a report with those before.
  package mutating func events(of report: Report) -> [Event] {
    var events: [Event] = []
    var ended = groups
    for var event in Self.stuck(in: report) {
      let key = Key(labels: event.labels, isClosed: event.isClosed)
      ended[key] = nil
      var state = groups[key] ?? State()
      state.peak = max(state.peak, event.count)
      if event.count >= max(1, state.logged * 2) {
        state.logged = event.count.largestPowerOfTwo
        event.peak = state.peak
        events.append(event)
      }
      groups[key] = state
    }
    for (key, state) in ended {
      let closed = report.findings.first { $0.kind == .closedHeld && $0.labels == key.labels }
      events.append(
        Event(
          labels: key.labels, isClosed: key.isClosed, count: 0, peak: state.peak,
          closed: closed?.count ?? 0, oldest: []))
      groups[key] = nil
    }
    return events
  }
}

extension FindingLog {
  /// The findings of stuck sockets, those of a group and state in one, whatever their causes.
  private static func stuck(in report: Report) -> [Event] {
    let findings: [(Finding, CloseWaitCause?)] = report.findings.compactMap { finding in
      switch finding.kind {
      case .closeWait(let cause): (finding, cause)
      case .closedHeld where finding.severity == .fault: (finding, nil)
      default: nil
      }
    }
    return Dictionary(grouping: findings) {
      Key(labels: $0.0.labels, isClosed: $0.0.kind == .closedHeld)
    }.map { key, ofGroup in
      let count = ofGroup.reduce(0) { $0 + $1.0.count }
      let sockets = ofGroup.flatMap(\.0.sockets).sorted {
        ($0.age, $0.remote) > ($1.age, $1.remote)
      }
      return Event(
        labels: key.labels, isClosed: key.isClosed, count: count, peak: count,
        oldestAge: ofGroup.compactMap(\.0.oldestAge).max(),
        causes: ofGroup.compactMap { finding, cause in cause.map { ($0, finding.count) } }
          .sorted { $0.1 > $1.1 },
        oldest: Array(sockets.prefix(Self.peerLimit)))
    }
  }
}

extension Finding {
  /// How many sockets it is about, in all states that its evidence names.
  package var count: UInt64 {
    evidence.reduce(0) { sum, evidence in
      if case .sockets(_, let count) = evidence { sum + count } else { sum }
    }
  }

  /// The sockets that its evidence names, the oldest first.
  package var sockets: [SocketReport] {
    evidence.compactMap { if case .socket(let socket) = $0 { socket } else { nil } }
  }

  /// ms; nil if its evidence names no age.
  var oldestAge: Int64? {
    evidence.lazy.compactMap { if case .oldest(let age, _) = $0 { age } else { nil } }.first
  }
}

extension GroupGauges {
  /// Stuck CLOSE-WAIT sockets of which nothing but the end is unread.
  var stuckAtEnd: UInt64 {
    CloseWaitCause.allCases.reduce(0) { $0 + ($1.mayBeMeant ? stuck[$1] : 0) }
  }

  /// Stuck CLOSE-WAIT sockets of every cause.
  package var stuckTotal: UInt64 { CloseWaitCause.allCases.reduce(0) { $0 + stuck[$1] } }
}

extension UInt64 {
  fileprivate var largestPowerOfTwo: UInt64 { self == 0 ? 0 : 1 << (63 - leadingZeroBitCount) }
}
