/// One group: the gauges of this poll, and counters that only grow.
struct Group {
  let labels: GroupLabels
  /// Sockets in the ledger that are counted here.
  var members = 0
  /// Monotonic ms since which there are none.
  var emptySince: Int64
  var statesSeen = TCPStateSet(rawValue: 0)
  var causesSeen = CaseSet<CloseWaitCause>()
  var stallsSeen = CaseSet<Stall>()
  var gauges = GroupGauges()
  var counters = GroupCounters()

  init(labels: GroupLabels, emptySince: Int64) {
    self.labels = labels
    self.emptySince = emptySince
  }

  /// Counts one socket into the gauges of this poll.
  @inline(__always)
  mutating func count(_ sight: Sight, stuckAfter: Int64) {
    statesSeen.formUnion(TCPStateSet(sight.state))
    gauges.sockets[sight.state] += 1
    guard sight.state != .listen else {
      gauges.acceptQueueLength += UInt64(sight.receiveQueue)
      gauges.acceptQueueLimit += UInt64(sight.sendQueue)
      return
    }
    gauges.receiveQueue += UInt64(sight.receiveQueue)
    gauges.sendQueue += UInt64(sight.sendQueue)
    if let stall = sight.stall {
      gauges.stalled[stall] += 1
      stallsSeen.insert(stall)
    }
    switch sight.state {
    case .closeWait:
      gauges.closeWaitOldest = max(gauges.closeWaitOldest ?? 0, sight.age)
      if sight.age >= stuckAfter {
        gauges.stuck[sight.closeWaitCause] += 1
        causesSeen.insert(sight.closeWaitCause)
      }
    case .synSent:
      gauges.synSentOldest = max(gauges.synSentOldest ?? 0, sight.age)
    default: break
    }
  }
}
