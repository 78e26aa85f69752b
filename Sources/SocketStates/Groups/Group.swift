/// One group: the gauges of this poll, and counters that only grow.
struct Group {
  let labels: GroupLabels
  /// Sockets in the tracker that are counted here.
  var members = 0
  /// Whether it is exposed to scrapers by its own labels; else what it counts is exposed in `other`.
  var isExposed = true
  /// Of `other`: whether it has counted anything itself, and not only for groups past the budget.
  var isDirect = false
  /// Whether it was made for sockets that no poll has seen.
  var isOfUnseen = false
  /// Monotonic ms since which there are none.
  var emptySince: Int64
  var statesSeen = TCPStateSet(rawValue: 0)
  var causesSeen = CaseSet<CloseWaitCause>()
  var stallsSeen = CaseSet<Stall>()
  var gauges = GroupGauges()
  /// What the last whole poll has counted in states that light polls do not read.
  var unread = UnreadGauges()
  /// Established connections of the report before.
  var shown: UInt32 = 0
  var counters = GroupCounters()
  var idleEndings = IdleEndings()
  /// By ``PeerTrouble``.
  var peers = InlineArray<3, PeerTally>(repeating: PeerTally())

  init(labels: GroupLabels, emptySince: Int64) {
    self.labels = labels
    self.emptySince = emptySince
  }

  /// The peers with which something goes wrong.
  func worstPeers(at now: Int64) -> [WorstPeers] {
    var worst: [WorstPeers] = []
    for trouble in PeerTrouble.allCases {
      if let peers = peers[trouble.rawValue].worst(of: trouble, at: now) { worst.append(peers) }
    }
    return worst
  }

  /// Counts one socket into the gauges of this poll.
  /// - Parameter isUnread: whether light polls go on with it.
  @inline(__always)
  mutating func count(_ sample: SocketSample, stuckAfter: Int64, isUnread: Bool = false) {
    if isUnread { unread.count(sample) }
    statesSeen.formUnion(TCPStateSet(sample.state))
    gauges.sockets[sample.state] += 1
    if let queue = sample.acceptQueue {
      if gauges.sockets[.listen] == 1 || queue.isFuller(than: gauges.acceptQueue) {
        gauges.acceptQueue = queue
      }
      gauges.acceptQueueLength += queue.length
      gauges.acceptQueueLimit = gauges.acceptQueueLimit.flatMap { sum in
        queue.limit.map { sum + $0 }
      }
      return
    }
    gauges.receiveQueue += UInt64(sample.receiveQueue)
    gauges.sendQueue += UInt64(sample.sendQueue)
    if let stall = sample.stall {
      gauges.count(stall, sample)
      stallsSeen.insert(stall)
    }
    switch sample.state {
    case .closeWait:
      if sample.age >= gauges.closeWaitOldest ?? 0 {
        gauges.closeWaitOldest = sample.age
        gauges.isCloseWaitAgeAtLeast = sample.isAgeAtLeast
      }
      if sample.age >= stuckAfter {
        gauges.stuck[sample.closeWaitCause] += 1
        if sample.hasWaitingPeer { gauges.awaited[sample.closeWaitCause] += 1 }
        causesSeen.insert(sample.closeWaitCause)
      }
    case .close where sample.isForgotten:
      gauges.closedHeld += 1
      gauges.closedOldest = max(gauges.closedOldest ?? 0, sample.age)
      if !sample.endWasSeen {
        gauges.closedUnseen += 1
      } else if sample.age >= stuckAfter {
        gauges.stuckClosed += 1
      }
    case .finWait2 where sample.isAccepted: gauges.heldFinWait2 += 1
    case .synRecv where sample.isUnrepeated:
      gauges.unrepeatedHandshakes += 1
      if sample.isDeferred { gauges.deferredHandshakes += 1 }
    case .synSent:
      gauges.synSentOldest = max(gauges.synSentOldest ?? 0, sample.age)
    default: break
    }
  }
}

extension GroupGauges {
  mutating func count(_ stall: Stall, _ sample: SocketSample) {
    stalled[stall] += 1
    if sample.isStallOverdue { stallsOverdue[stall] += 1 }
    if stall == .localReader { stalledUnread += UInt64(sample.receiveQueue) }
    guard stalled[stall] == 1 || UInt64(sample.stalledFor) > stalledFor[stall] else { return }
    stalledFor[stall] = UInt64(sample.stalledFor)
    if sample.isStalledAtLeast {
      isStalledAtLeast.insert(stall)
    } else {
      isStalledAtLeast.remove(stall)
    }
  }
}
