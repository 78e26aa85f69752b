/// What one socket did between two polls.
struct CounterDelta: BitwiseCopyable {
  var sentSegments: UInt32
  var retransmittedSegments: UInt32
  var spuriousRetransmissions: UInt32
  /// Whether segments of the connection also overtake each other, for one in ten retransmissions or more.
  var isReordered: Bool
  var sentBytes: UInt64
  var receivedBytes: UInt64
  var retransmittedBytes: UInt64
  /// ms
  var busy: UInt32
  var receiveWindowLimited: UInt32
  var sendBufferLimited: UInt32

  /// Whether the kernel counts ``retransmittedBytes`` (Linux 4.19).
  var countsBytes = true

  /// A SYN or FIN that is sent again has no payload, and is no data segment.
  var retransmittedDataSegments: UInt32 {
    retransmittedBytes > 0 || !countsBytes ? min(retransmittedSegments, sentSegments) : 0
  }

  var movedData: Bool { sentBytes != 0 || receivedBytes != 0 || sentSegments != 0 }

  var isZero: Bool {
    !movedData && retransmittedSegments == 0 && spuriousRetransmissions == 0
      && retransmittedBytes == 0 && busy == 0
      && receiveWindowLimited == 0 && sendBufferLimited == 0
  }
}

extension SocketEntry {
  /// Remembers the counters of `info` as those counted so far.
  @inline(__always)
  mutating func take(_ info: TCPInfo) {
    bytesSent = info.bytesSent
    bytesReceived = info.bytesReceived
    bytesRetransmitted = info.bytesRetransmitted
    dataSegmentsOut = info.dataSegmentsOut
    totalRetransmits = info.totalRetransmits
    // More duplicates than were sent again are the network's (tcp_dsack_seen()). Then none shows anything.
    if spuriousRetransmissions != Self.pathDuplicates {
      let isTold = info.dsackDuplicates <= info.totalRetransmits
      spuriousRetransmissions = isTold ? info.dsackDuplicates : Self.pathDuplicates
    }
    busy = UInt32(truncatingIfNeeded: info.busyTime / 1000)
    receiveWindowLimited = UInt32(truncatingIfNeeded: info.receiveWindowLimited / 1000)
    sendBufferLimited = UInt32(truncatingIfNeeded: info.sendBufferLimited / 1000)
  }

  /// All that was counted so far, as one difference: for a socket that is new.
  /// - Parameter info: that it was taken from, if that is still at hand.
  func totals(_ info: TCPInfo = TCPInfo()) -> CounterDelta {
    CounterDelta(
      sentSegments: dataSegmentsOut, retransmittedSegments: totalRetransmits,
      spuriousRetransmissions: spuriousRetransmissions == Self.pathDuplicates
        ? 0 : spuriousRetransmissions,
      isReordered: info.isReordered,
      sentBytes: bytesSent, receivedBytes: bytesReceived, retransmittedBytes: bytesRetransmitted,
      busy: busy, receiveWindowLimited: receiveWindowLimited, sendBufferLimited: sendBufferLimited)
  }

  /// What came since the counters were taken. The 32-bit ones may have wrapped. A socket that was
  /// disconnected and connected again starts from nothing (`tcp_disconnect()`), which shows in a
  /// 64-bit counter, or in a 32-bit one that falls from far below its end.
  @inline(__always)
  func difference(to info: TCPInfo) -> CounterDelta {
    var new = self
    new.take(info)
    if new.bytesSent < bytesSent || new.bytesReceived < bytesReceived
      || new.dataSegmentsOut.fell(from: dataSegmentsOut)
      || new.totalRetransmits.fell(from: totalRetransmits)
    {
      return new.totals(info)
    }
    return CounterDelta(
      sentSegments: new.dataSegmentsOut &- dataSegmentsOut,
      retransmittedSegments: new.totalRetransmits &- totalRetransmits,
      spuriousRetransmissions: new.spuriousRetransmissions == Self.pathDuplicates
        ? 0 : new.spuriousRetransmissions.reached(from: spuriousRetransmissions),
      isReordered: info.isReordered,
      sentBytes: new.bytesSent - bytesSent, receivedBytes: new.bytesReceived - bytesReceived,
      retransmittedBytes: new.bytesRetransmitted.reached(from: bytesRetransmitted),
      busy: new.busy.reached(from: busy),
      receiveWindowLimited: new.receiveWindowLimited.reached(from: receiveWindowLimited),
      sendBufferLimited: new.sendBufferLimited.reached(from: sendBufferLimited),
      countsBytes: info.hasBytesSent)
  }
}

extension TCPInfo {
  /// A few reorderings beside many retransmissions are ACKs that were lost: the SACKs in them came later.
  fileprivate var isReordered: Bool {
    reorderings > 0 && UInt64(reorderings) * 10 >= UInt64(totalRetransmits)
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  /// Whether a counter was set back rather than wrapped.
  fileprivate func fell(from old: Self) -> Bool { self < old && old - self < Self.max / 2 }

  /// How far a counter came; 0 if it was set back.
  fileprivate func reached(from old: Self) -> Self { fell(from: old) ? 0 : self &- old }
}

extension GroupCounters {
  mutating func add(_ delta: CounterDelta) {
    sentSegments += UInt64(delta.sentSegments)
    retransmittedSegments += UInt64(delta.retransmittedSegments)
    retransmittedDataSegments += UInt64(delta.retransmittedDataSegments)
    spuriousRetransmissions += UInt64(delta.spuriousRetransmissions)
    if delta.isReordered { reorderedRetransmissions += UInt64(delta.retransmittedDataSegments) }
    sentBytes &+= delta.sentBytes
    receivedBytes &+= delta.receivedBytes
    retransmittedBytes &+= delta.retransmittedBytes
    sendBusy += UInt64(delta.busy)
    receiveWindowLimited += UInt64(delta.receiveWindowLimited)
    sendBufferLimited += UInt64(delta.sendBufferLimited)
  }
}
