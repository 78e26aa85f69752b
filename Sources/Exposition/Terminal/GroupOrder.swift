internal import SocketStates

/// In which order groups are shown.
package enum GroupOrder: String, Sendable, CaseIterable {
  /// Who leaks, then who waits for an answer, then the most sockets.
  case severity
  case process
  case port
  case sockets
  case timeWait = "time-wait"
  case receiveQueue = "recv-q"
  case sendQueue = "send-q"
  case acceptQueue = "accept"

  /// The one after it; the first after the last.
  package var next: GroupOrder {
    let all = Self.allCases
    let place = all.firstIndex(of: self).map { $0 + 1 } ?? 0
    return place < all.count ? all[place] : .severity
  }

  /// The one before it; the last before the first.
  package var previous: GroupOrder {
    let all = Self.allCases
    let place = all.firstIndex(of: self) ?? 0
    return place > 0 ? all[place - 1] : all[all.count - 1]
  }

  /// The groups in this order; equals keep theirs.
  func sorted(_ groups: [GroupReport]) -> [GroupReport] {
    groups.enumerated().sorted { one, other in
      if isBefore(one.element, other.element) { return true }
      if isBefore(other.element, one.element) { return false }
      return one.offset < other.offset
    }.map(\.element)
  }

  private func isBefore(_ one: GroupReport, _ other: GroupReport) -> Bool {
    switch self {
    case .severity: severity(one) > severity(other)
    case .process: one.labels.process < other.labels.process
    case .port: one.labels.port ?? .max < other.labels.port ?? .max
    case .sockets: one.gauges.sockets.total > other.gauges.sockets.total
    case .timeWait: one.gauges.sockets[.timeWait] > other.gauges.sockets[.timeWait]
    case .receiveQueue: one.gauges.receiveQueue > other.gauges.receiveQueue
    case .sendQueue: one.gauges.sendQueue > other.gauges.sendQueue
    case .acceptQueue: one.gauges.acceptQueue.length > other.gauges.acceptQueue.length
    }
  }

  private func severity(_ group: GroupReport) -> (UInt32, UInt32, UInt64) {
    (group.gauges.sockets[.closeWait], group.gauges.sockets[.synSent], group.gauges.sockets.total)
  }
}
