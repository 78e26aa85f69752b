import Testing

@testable import SocketStates

/// Sums of groups have every field: what is folded into `other` is neither lost nor made up.
@Suite struct GroupSumTests {
  private static let counters: GroupCounters = {
    var counters = GroupCounters()
    let fields: [WritableKeyPath<GroupCounters, UInt64>] = [
      \.sentSegments, \.retransmittedSegments, \.retransmittedDataSegments,
      \.spuriousRetransmissions,
      \.sentBytes,
      \.receivedBytes,
      \.retransmittedBytes, \.sendBusy, \.receiveWindowLimited, \.sendBufferLimited, \.cutOff,
      \.cutOffUnread, \.cutOffSilent, \.cutOffUnderWay, \.cutOffLocal,
      \.reorderedRetransmissions,
      \.listenDrops, \.opened, \.retransmissionTimeout,
    ]
    for (index, field) in fields.enumerated() { counters[keyPath: field] = UInt64(index) + 1 }
    for failure in ConnectFailure.allCases { counters.connectFailures[failure] = 20 }
    for end in ConnectionEnd.allCases { counters.ended[end] = 30 }
    counters.rtt.observe(40)
    counters.resetSilence.observe(50)
    return counters
  }()

  @Test func `counters added to none are the same, and without themselves none`() {
    var sum = GroupCounters()
    sum.add(Self.counters)
    #expect("\(sum)" == "\(Self.counters)")
    #expect("\(sum.subtracting(Self.counters))" == "\(GroupCounters())")
  }

  @Test func `gauges added to none are the same`() {
    var gauges = GroupGauges()
    gauges.sockets[.closeWait] = 1
    gauges.slowEnds[.finWait2] = 2
    (gauges.receiveQueue, gauges.sendQueue) = (3, 4)
    (gauges.closeWaitOldest, gauges.closedOldest, gauges.synSentOldest) = (5, 6, 7)
    (gauges.heldFinWait2, gauges.closedHeld, gauges.closedUnseen, gauges.stuckClosed) = (
      8, 9, 10, 11
    )
    for cause in CloseWaitCause.allCases { (gauges.stuck[cause], gauges.awaited[cause]) = (12, 13) }
    for stall in Stall.allCases {
      (gauges.stalled[stall], gauges.stallsOverdue[stall], gauges.stalledFor[stall]) = (14, 15, 16)
      gauges.isStalledAtLeast.insert(stall)
    }
    gauges.isCloseWaitAgeAtLeast = true
    var sum = GroupGauges()
    sum.add(gauges)
    #expect("\(sum)" == "\(gauges)")
  }
}
