/// Decides when a group's stuck CLOSE-WAIT sockets are worth a log line: when it starts to have
/// them, when their number passes each further power of two, and when it is over.
package struct FindingLog: Sendable {
  /// What to tell.
  package struct Event: Sendable {
    package var labels: GroupLabels
    /// Stuck sockets now; 0 where it is over.
    package var count: UInt64
    /// The most that there were.
    package var peak: UInt64
    /// ms; nil where it is over.
    package var oldestAge: Int64?
    /// The cause of most of them; nil where it is over.
    package var cause: CloseWaitCause?
    /// The oldest of them.
    package var stuckSockets: [StuckSocket]
  }

  /// How many peers a line names.
  package static let peerLimit = 3

  private struct State {
    var told: UInt64
    var peak: UInt64
  }

  private var groups: [GroupLabels: State] = [:]

  package init() {}

  /// Compares a report with those before.
  package mutating func events(of report: Report) -> [Event] {
    var events: [Event] = []
    var stuckNow: Set<GroupLabels> = []
    for group in report.groups {
      let count = group.gauges.stuckTotal
      guard count > 0 else { continue }
      stuckNow.insert(group.labels)
      var state = groups[group.labels] ?? State(told: 0, peak: 0)
      state.peak = max(state.peak, count)
      if count >= max(1, state.told * 2) {
        state.told = count.largestPowerOfTwo
        events.append(
          Event(
            labels: group.labels, count: count, peak: state.peak,
            oldestAge: group.gauges.closeWaitOldest, cause: group.gauges.mainCause,
            stuckSockets: Array(
              report.stuckSockets.lazy.filter { $0.socket.labels == group.labels }.prefix(
                Self.peerLimit))))
      }
      groups[group.labels] = state
    }
    for (labels, state) in groups where !stuckNow.contains(labels) {
      events.append(
        Event(
          labels: labels, count: 0, peak: state.peak, oldestAge: nil, cause: nil, stuckSockets: []))
      groups[labels] = nil
    }
    return events
  }
}

extension GroupGauges {
  /// Stuck CLOSE-WAIT sockets of every cause.
  package var stuckTotal: UInt64 { CloseWaitCause.allCases.reduce(0) { $0 + stuck[$1] } }

  /// The cause of most stuck sockets; nil where there are none.
  package var mainCause: CloseWaitCause? {
    let cause = CloseWaitCause.allCases.max { stuck[$0] < stuck[$1] }
    return cause.flatMap { stuck[$0] > 0 ? $0 : nil }
  }
}

extension UInt64 {
  fileprivate var largestPowerOfTwo: UInt64 { self == 0 ? 0 : 1 << (63 - leadingZeroBitCount) }
}
