/// A socket that a report has one by one.
struct ListedSocket: BitwiseCopyable {
  var entry: UInt32
  var local: Endpoint
  var remote: Endpoint
  var sample: SocketSample
}

/// The stuck CLOSE-WAIT sockets of a poll that are reported one by one: the oldest few of each group,
/// so that a group with a million of them does not hide another's first.
struct StuckSocketList {
  /// How many are reported of one group.
  static let limitPerGroup = 5

  private(set) var byGroup: [UInt32: [ListedSocket]] = [:]

  /// - Parameter age: how long it has been so, ms.
  mutating func note(
    _ listedSocket: ListedSocket, in group: UInt32,
    by age: KeyPath<SocketSample, some BinaryInteger> = \.age
  ) {
    byGroup[group, default: []].insert(listedSocket, by: age)
  }
}

extension [ListedSocket] {
  fileprivate mutating func insert(
    _ listedSocket: ListedSocket, by age: KeyPath<SocketSample, some BinaryInteger>
  ) {
    let own = listedSocket.sample[keyPath: age]
    guard
      count < StuckSocketList.limitPerGroup || own > self[count - 1].sample[keyPath: age]
    else {
      return
    }
    insert(listedSocket, at: firstIndex { $0.sample[keyPath: age] < own } ?? count)
    if count > StuckSocketList.limitPerGroup { removeLast() }
  }
}
