/// What the last whole poll has counted of a group in states that light polls do not read (``TCPStateSet/light``).
struct UnreadGauges {
  private(set) var gauges = GroupGauges()
  /// Established connections among them that have ended since, or are in another state.
  private(set) var left: UInt32 = 0
  /// Connections that were open then, and not in another state, as the kernel's counters have it.
  var open: Int64 = 0

  /// Established connections that have not left.
  var stayed: UInt32 {
    gauges.sockets[.established] - Swift.min(gauges.sockets[.established], left)
  }

  @inline(__always)
  mutating func count(_ sample: SocketSample) {
    gauges.sockets[sample.state] += 1
    gauges.receiveQueue += UInt64(sample.receiveQueue)
    gauges.sendQueue += UInt64(sample.sendQueue)
    if let stall = sample.stall { gauges.count(stall, sample) }
  }

  /// Takes note that a socket has left its state: what it holds is counted elsewhere, or nowhere.
  mutating func leave(_ entry: SocketEntry, _ stall: StallTable.Progress?) {
    if entry.state == .established {
      left += 1
    } else {
      gauges.sockets[entry.state].lower()
    }
    gauges.receiveQueue.lower(by: UInt64(entry.receiveQueue))
    gauges.sendQueue.lower(by: UInt64(entry.sendQueue))
    guard let stall, stall.isStalled else { return }
    gauges.stalled[stall.reason].lower()
    if stall.reason == .localReader {
      gauges.stalledUnread.lower(by: UInt64(entry.receiveQueue))
    }
    if stall.isOverdue { gauges.stallsOverdue[stall.reason].lower() }
  }

  /// What a light poll reports, with so many established connections that came since.
  func carried(andNew come: UInt32) -> GroupGauges {
    var carried = gauges
    carried.sockets[.established] = stayed &+ come
    return carried
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  fileprivate mutating func lower(by part: Self = 1) { self -= Swift.min(self, part) }
}
