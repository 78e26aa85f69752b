/// The stuck CLOSE-WAIT sockets of a poll that are told one by one: the oldest few of each group,
/// so that a group with a million of them does not hide another's first.
struct SuspectList {
  /// How many are told of one group.
  static let limitPerGroup = 5

  struct Sighting {
    var entry: UInt32
    var local: Endpoint
    var remote: Endpoint
    var sight: Sight
  }

  private(set) var byGroup: [UInt32: [Sighting]] = [:]

  mutating func removeAll() { byGroup.removeAll(keepingCapacity: true) }

  mutating func note(_ sighting: Sighting, in group: UInt32) {
    byGroup[group, default: []].insert(sighting)
  }
}

extension [SuspectList.Sighting] {
  fileprivate mutating func insert(_ sighting: SuspectList.Sighting) {
    guard count < SuspectList.limitPerGroup || sighting.sight.age > self[count - 1].sight.age else {
      return
    }
    insert(sighting, at: firstIndex { $0.sight.age < sighting.sight.age } ?? count)
    if count > SuspectList.limitPerGroup { removeLast() }
  }
}
