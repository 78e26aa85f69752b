/// A socket that a report has one by one.
struct ListedSocket: BitwiseCopyable {
  var entry: UInt32
  var local: Endpoint
  var remote: Endpoint
  var sample: SocketSample
  /// ms that it has been in what it is listed for.
  var waited: Int64 = 0

  /// Of those that have waited as long the same ones come first in each poll.
  func precedes(_ other: ListedSocket) -> Bool {
    waited != other.waited ? waited > other.waited : entry < other.entry
  }
}

/// The stuck CLOSE-WAIT sockets of a poll that are reported one by one: the oldest few of each group,
/// so that a group with a million of them does not hide another's first.
struct StuckSocketList {
  /// How many are reported of one group.
  static let limitPerGroup = 5

  private(set) var byGroup: [UInt32: [ListedSocket]] = [:]

  mutating func note(_ listedSocket: ListedSocket, in group: UInt32, waited: Int64) {
    var listedSocket = listedSocket
    listedSocket.waited = waited
    byGroup[group, default: []].insert(listedSocket)
  }
}

extension [ListedSocket] {
  fileprivate mutating func insert(_ listedSocket: ListedSocket) {
    guard count < StuckSocketList.limitPerGroup || listedSocket.precedes(self[count - 1]) else {
      return
    }
    insert(listedSocket, at: firstIndex { listedSocket.precedes($0) } ?? count)
    if count > StuckSocketList.limitPerGroup { removeLast() }
  }
}
