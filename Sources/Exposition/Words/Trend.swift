internal import SocketStates

/// How many sockets of a group a finding was about in the last minutes.
struct Trend: Equatable {
  /// `All CLOSE-WAIT, last 5 min: 0 to 12, now 12`.
  var caption: String
  /// Steps of ``History/spacing`` that a drawing has room for; it ends with the last point.
  var steps: Int
  /// Counts, oldest first, at most one more than there are steps; the last is the report's own.
  var points: [UInt32]

  /// - Parameter past: the group's points; nil if none were recorded.
  init?(of finding: Finding, _ group: GroupReport, _ past: [History.Point]) {
    guard !past.isEmpty else { return nil }
    let all = past.suffix(History.length) + [History.Point(group.gauges)]
    let (what, count) = Self.measure(of: finding.kind, isWaiting: all.contains { $0.waiting > 0 })
    points = all.map { $0[keyPath: count] }
    // A young daemon's few minutes take the whole width.
    let room = [30, 60].first { all.count <= $0 + 1 } ?? History.length
    steps = room
    let minutes = Int64(room) * History.spacing / 60_000
    let range = "\(Format.number(points.min() ?? 0)) to \(Format.number(points.max() ?? 0))"
    caption = "\(what), last \(minutes) min: \(range), now \(Format.number(points.last ?? 0))"
  }

  /// What is counted, and its name.
  private static func measure(of kind: Finding.Kind, isWaiting: Bool)
    -> (String, KeyPath<History.Point, UInt32>)
  {
    switch kind {
    case .closeWait, .halfClosed, .descriptors: ("All CLOSE-WAIT", \History.Point.closeWait)
    case _ where isWaiting: ("Connections without progress", \History.Point.waiting)
    default: ("All sockets", \History.Point.sockets)
    }
  }
}
