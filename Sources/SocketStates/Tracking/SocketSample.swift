/// What one poll of a socket adds to the gauges of its group.
struct SocketSample: BitwiseCopyable {
  var state: TCPState
  var stall: Stall?
  /// Whether ``stalledFor`` is a lower bound.
  var isStalledAtLeast = false
  /// Whether the stall has lasted for longer than it may.
  var isStallOverdue = false
  /// Whether ``age`` is a lower bound.
  var isAgeAtLeast = false
  /// Whether the peer of a CLOSE-WAIT is a FIN-WAIT-2 of this host that a process holds.
  var hasWaitingPeer = false
  /// Whether a descriptor refers to the socket.
  var isAccepted: Bool
  /// Whether it is a listener at which connections wait, and waited in the poll before.
  var hasQueued = false
  /// Whether its connection has ended and no dump has it (``SocketTracker/Forgotten``): another in CLOSE is
  /// only bound.
  var isForgotten = false
  /// Whether it is known that it had a connection, and so that this has ended.
  var endWasSeen = true
  /// As ``SocketRow/isUnrepeated``, and ``SocketRow/isDeferred(age:)``.
  var isUnrepeated: Bool
  var isDeferred: Bool
  /// Whether the source tells the limit of a listener's accept queue: procfs has 0 for all.
  var knowsAcceptQueueLimit: Bool
  var receiveQueue: UInt32
  var sendQueue: UInt32
  /// ms without progress.
  var stalledFor: UInt32 = 0
  /// ms in the state.
  var age: Int64

  init(row: SocketRow, age: Int64) {
    state = row.state
    receiveQueue = row.receiveQueue
    // disconnect and the end of a connection throw away what was to be sent, and leave its sequence numbers.
    sendQueue = row.state == .close ? 0 : row.sendQueue
    self.age = max(0, age)
    isAccepted = row.inode != 0
    knowsAcceptQueueLimit = row.hasInfo
    isUnrepeated = row.isUnrepeated == true
    isDeferred = row.isDeferred(age: age)
  }

  /// Whether a finding may rest on the socket.
  func isSuspect(_ settings: SocketTracker.Settings) -> Bool {
    state == .closeWait || stall != nil || acceptQueue?.isFull == true || hasQueued
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
