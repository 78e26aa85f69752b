/// What the groups were like in the last half hour: a point every ten seconds, in bounded memory.
///
/// A group is kept from the first point at which it has sockets. Past ``groupLimit``, one that has
/// trouble takes the place of one that never had any.
package struct History: Sendable {
  /// ms from one point to the next, at least.
  package static let spacing: Int64 = 10_000
  /// Points of a group: half an hour.
  package static let length = 180
  /// Groups that are kept at most; at 12 bytes a point, 540 KiB.
  package static let groupLimit = 256

  /// A group at one moment.
  package struct Point: Sendable, Equatable {
    /// All its sockets.
    package var sockets: UInt32 = 0
    package var closeWait: UInt32 = 0
    /// Connections that make no progress, connects without an answer, and connections that wait for
    /// accept().
    package var waiting: UInt32 = 0

    package init(sockets: UInt32 = 0, closeWait: UInt32 = 0, waiting: UInt32 = 0) {
      self.sockets = sockets
      self.closeWait = closeWait
      self.waiting = waiting
    }

    var hasTrouble: Bool { closeWait > 0 || waiting > 0 }
  }

  /// The points of one group, oldest first, the last one `length` or fewer.
  private struct Ring {
    private var points: [Point] = []
    private var next = 0
    /// How many of the points have sockets, and how many have trouble.
    private(set) var busy = 0
    private(set) var troubled = 0

    mutating func append(_ point: Point) {
      count(point, +1)
      if points.count < History.length {
        points.append(point)
        return
      }
      count(points[next], -1)
      points[next] = point
      next = (next + 1) % History.length
    }

    var ordered: [Point] { Array(points[next...] + points[..<next]) }

    private mutating func count(_ point: Point, _ step: Int) {
      if point.sockets > 0 { busy += step }
      if point.hasTrouble { troubled += step }
    }
  }

  /// How the connections of each group had ended at one moment.
  private struct Ends {
    /// Monotonic ms.
    var time: Int64
    var groups: [GroupLabels: Tally<ConnectionEnd>]
  }

  /// ms from one of ``ends`` to the next.
  private static let endSpacing: Int64 = 300_000
  /// Half an hour of them.
  private static let endLength = 6

  /// The oldest first.
  private var ends: [Ends] = []
  private var rings: [GroupLabels: Ring] = [:]
  private var lastPoint: Int64?

  package init() {}

  /// How many groups are kept.
  package var count: Int { rings.count }

  /// The points of a group, oldest first, up to the last one that was recorded; none where it is not
  /// kept.
  package func points(of labels: GroupLabels) -> [Point] { rings[labels]?.ordered ?? [] }

  /// How the connections of a group ended in the last half hour, or since the daemon's start; nil without counters.
  package func ended(of group: GroupReport) -> Tally<ConnectionEnd>? {
    guard var ended = group.counters?.ended else { return nil }
    if let before = ends.first?.groups[group.labels] {
      for end in ConnectionEnd.allCases { ended[end] = ended[end].difference(before[end]) }
    }
    return ended
  }

  private mutating func recordEnds(_ report: Report, at now: Int64) {
    if let last = ends.last, now - last.time < Self.endSpacing { return }
    if ends.count >= Self.endLength { ends.removeFirst() }
    var groups: [GroupLabels: Tally<ConnectionEnd>] = [:]
    for group in report.groups {
      if let counters = group.counters, counters.endedTotal > 0 {
        groups[group.labels] = counters.ended
      }
    }
    ends.append(Ends(time: now, groups: groups))
  }

  /// Takes a point of every group, unless the last one is too young.
  /// - Parameter now: monotonic ms.
  package mutating func record(_ report: Report, at now: Int64) {
    if let lastPoint, now - lastPoint < Self.spacing { return }
    lastPoint = now
    recordEnds(report, at: now)
    var absent = Set(rings.keys)
    var homeless: [(GroupLabels, Point)] = []
    for group in report.groups {
      let point = Point(group.gauges)
      if absent.remove(group.labels) != nil {
        rings[group.labels]?.append(point)
      } else if point.sockets > 0 {
        homeless.append((group.labels, point))
      }
    }
    for labels in absent { rings[labels]?.append(Point()) }
    rings = rings.filter { $0.value.busy > 0 }
    house(homeless)
  }

  private mutating func house(_ newcomers: [(GroupLabels, Point)]) {
    var calm: [GroupLabels]?
    for (labels, point) in newcomers {
      if rings.count >= Self.groupLimit {
        guard point.hasTrouble else { continue }
        var candidates = calm ?? rings.filter { $0.value.troubled == 0 }.map(\.key)
        guard let victim = candidates.popLast() else { return }
        calm = candidates
        rings[victim] = nil
      }
      rings[labels] = Ring()
      rings[labels]?.append(point)
    }
  }
}

extension History.Point {
  /// What the gauges of one poll come to.
  package init(_ gauges: GroupGauges) {
    var waiting = UInt64(gauges.sockets[.synSent]) + gauges.acceptQueueLength
    for stall in Stall.allCases { waiting += gauges.stalled[stall] }
    self.init(
      sockets: UInt32(clamping: gauges.sockets.total), closeWait: gauges.sockets[.closeWait],
      waiting: UInt32(clamping: waiting))
  }
}
