/// What one poll of a socket adds to the gauges of its group.
struct SocketSample: BitwiseCopyable {
  var state: TCPState
  var receiveQueue: UInt32
  var sendQueue: UInt32
  /// ms in the state.
  var age: Int64
  var stall: Stall?
  /// Whether a descriptor refers to the socket.
  var isAccepted: Bool
  /// Whether its connection has ended and no dump has it (``SocketTracker/Forgotten``): another in CLOSE is
  /// only bound.
  var isForgotten = false
  /// Whether the source tells the limit of a listener's accept queue: procfs has 0 for all.
  var knowsAcceptQueueLimit: Bool

  init(row: SocketRow, age: Int64, stall: Stall?) {
    state = row.state
    receiveQueue = row.receiveQueue
    sendQueue = row.sendQueue
    self.age = max(0, age)
    self.stall = stall
    isAccepted = row.inode != 0
    knowsAcceptQueueLimit = row.hasInfo
  }

  /// Whether a finding may rest on the socket.
  func isSuspect(_ settings: SocketTracker.Settings) -> Bool {
    state == .closeWait || stall != nil || acceptQueue?.isFull == true
      || slowEnd(finWait2After: settings.finWait2After) != nil
  }

  /// Why a CLOSE-WAIT stays. The kernel counts the peer's FIN as one unread byte.
  var closeWaitCause: CloseWaitCause {
    if !isAccepted { return .notAccepted }
    return switch receiveQueue {
    case 0: .notClosed
    case 1: .endUnread
    default: .dataUnread
    }
  }
}

extension SocketRow {
  /// What keeps a connected socket from making progress, compared with the poll before.
  func stall(since before: SocketEntry?) -> Stall? {
    guard state.isConnected else { return nil }
    if timer == .zeroWindowProbe { return .peerWindow }
    if timer == .retransmission, retransmits > 0 { return .retransmission }
    guard let before, before.state.isConnected else { return nil }
    let fin: UInt32 = state.hasPeerFIN ? 1 : 0
    let finBefore: UInt32 = before.state.hasPeerFIN ? 1 : 0
    let unread = receiveQueue > fin ? receiveQueue - fin : 0
    let unreadBefore = before.receiveQueue > finBefore ? before.receiveQueue - finBefore : 0
    guard unreadBefore > 0, unread >= unreadBefore else { return nil }
    // A queue that grows may still be read from: then less is in it than has arrived.
    if hasInfo, before.flags.contains(.counted), info.bytesReceived >= before.bytesReceived,
      info.bytesReceived - before.bytesReceived > UInt64(unread - unreadBefore)
    {
      return nil
    }
    return .localReader
  }
}
