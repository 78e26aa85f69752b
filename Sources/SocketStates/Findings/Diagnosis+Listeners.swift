/// Connections that wait for accept(), or that the kernel dropped because no more may.
extension Diagnosis {
  /// - Parameter isFlooded: whether drops are evidence of a SYN flood.
  func accepting(_ group: GroupReport, _ recent: Recent?, isFlooded: Bool) -> [Finding] {
    let queue = group.gauges.acceptQueue
    guard let limit = queue.limit else { return [] }
    let drops = listenDrops(recent)
    let length = Evidence.acceptQueue(queue.length, limit: limit)
    let opening = UInt64(group.gauges.sockets[.synRecv])
    let state =
      [length] + (opening > 0 ? [.sockets(.synRecv, opening)] : []) + oldestInQueue(group)
    if queue.isFull {
      // To drop is what a full queue does: evidence of it, and no fault more.
      return [
        Finding(.acceptQueue, .fault, of: group.labels, acceptors: group.acceptors, state + drops)
      ]
    }
    let dropping =
      drops.isEmpty || isFlooded
      ? []
      : [
        Finding(
          .listenDrops, .fault, of: group.labels, acceptors: group.acceptors,
          drops + [length] + deferred(group, limit))
      ]
    guard queue.isFilling else { return dropping }
    return [
      Finding(.acceptQueue, .notice, of: group.labels, acceptors: group.acceptors, state)
    ] + dropping
  }

  /// Handshakes that wait for data take the places of others, as many as connections may wait for accept().
  private func deferred(_ group: GroupReport, _ limit: UInt64) -> [Evidence] {
    let count = UInt64(group.gauges.deferredHandshakes)
    return count > 0 ? [.deferredHandshakes(count, limit: limit)] : []
  }

  /// If the sockets are listed, how long the first of those in the queue has waited.
  private func oldestInQueue(_ group: GroupReport) -> [Evidence] {
    let waiting = index.sockets(of: group.labels).filter { $0.inode == 0 && $0.state.isConnected }
    return waiting.max { $0.age < $1.age }.map { [.oldest($0.age, isAtLeast: $0.isAgeAtLeast)] }
      ?? []
  }
}
