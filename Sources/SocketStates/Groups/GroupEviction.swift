/// Which empty groups make room once the budget is spent, and for whom.
///
/// A group that lingers must not keep one with sockets out. But who opens sockets under ever new
/// names or ports must neither renew all series at every poll nor push out the groups of others. So
/// a group gives way when it has been empty for a while, or at once where its unit, as far as
/// its processes did not choose it, has more groups than that of the newcomer.
struct GroupEviction {
  /// Groups by unit.
  private var counts: [String: Int]
  /// The empty ones, the first to go last.
  private var empty: [(number: UInt32, unit: String, since: Int64)] = []

  /// - Parameter groups: all there are, with their numbers.
  init(among groups: [(number: UInt32, group: Group)], at now: Int64) {
    let counts = Dictionary(groups.map { ($0.group.labels.provenUnit, 1) }, uniquingKeysWith: +)
    self.counts = counts
    for (number, group) in groups
    where group.members == 0 && group.emptySince < now && group.labels.port != nil {
      empty.append((number, group.labels.provenUnit, group.emptySince))
    }
    empty.sort {
      (counts[$0.unit, default: 0], $1.since) < (counts[$1.unit, default: 0], $0.since)
    }
  }

  /// Takes the next group to make room for one of a unit; nil if there is none.
  /// - Parameter limit: one that has been empty since then gives way to all.
  mutating func next(for unit: String, emptySince limit: Int64) -> UInt32? {
    guard let first = empty.last,
      first.since <= limit || counts[first.unit, default: 0] > counts[unit, default: 0] + 1
    else { return nil }
    return empty.removeLast().number
  }

  /// Takes note that a group of one unit has made room for one of another.
  mutating func replaced(_ old: String, by new: String) {
    counts[old, default: 0] -= 1
    counts[new, default: 0] += 1
  }
}
