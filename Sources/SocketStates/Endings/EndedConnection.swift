/// A connection that has ended, as its destroy event and the polls before tell of it.
package struct EndedConnection: Sendable {
  package var labels: GroupLabels
  package var local: Endpoint
  /// Of one that this side has reset the kernel wipes it: then its port is 0.
  package var remote: Endpoint
  /// The name of the device that it was on, or its index if that is not known; empty if it was on none.
  package var device = ""
  /// 0 if the process is not known.
  package var pid: Int32 = 0
  package var how: ConnectionEnd
  /// What ended it: ``how``, or what the kernel's own counters have seen after this side was closed in good order.
  package var cause: ConnectionEnd
  /// Whether somebody on this host had the kernel end it (SOCK_DESTROY of sock_diag, as `ss -K` does).
  package var wasDestroyed = false
  /// The state in which a poll saw it last; nil if none did.
  package var lastState: TCPState?
  /// Whether the peer connected; nil if that is not known.
  package var isInbound: Bool?
  /// Unix time, ms, at which a poll saw it open first; nil if none did, or that was forgotten since.
  package var openBy: Int64?
  /// When the kernel reported the end, Unix time, ms.
  package var ended: Int64
  /// Payload, without retransmissions.
  package var sentBytes: UInt64
  /// Payload, the peer's FIN counting as one.
  package var receivedBytes: UInt64
  /// Payload that the peer has not acknowledged.
  package var unacknowledgedBytes: UInt64
  /// Payload that the process has not read, the peer's FIN counting as one.
  package var unreadBytes: UInt32
  package var retransmits: UInt32
  /// Smoothed, µs; 0 if there was none.
  package var rtt: UInt32
  /// ms since payload was last sent or received, when the socket was freed; nil if none ever was.
  package var idle: UInt32?
  /// ms of the last silence that may have ended it: ``idle``, or if it was longer that before a request which got no
  /// answer.
  package var silence: UInt32?
  /// Whether the kernel itself told how it ended, and from which state.
  package var isExact = false
  /// Why this side sent a reset, if the kernel reported it.
  package var resetReason: ResetReason?
  /// Whether the last payload was sent by this side, and nothing came after it; to one that answers, no acknowledgement.
  package var isUnanswered: Bool

  /// - Parameter row: of the destroy event.
  package init(
    _ row: SocketRow, _ how: ConnectionEnd, labels: GroupLabels, isInbound: Bool?, ended: Int64
  ) {
    let info = row.info
    self.labels = labels
    local = row.local
    remote = row.remote
    self.how = how
    cause = how
    self.isInbound = isInbound
    self.ended = ended
    sentBytes = info.bytesSent - min(info.bytesRetransmitted, info.bytesSent)
    receivedBytes = info.bytesReceived
    let missing = (isInbound == true ? 0 : 1) - (row.acknowledgedBeyondPayload ?? 1)
    unacknowledgedBytes = remote.port == 0 ? 0 : UInt64(max(0, missing))
    unreadBytes = row.receiveQueue
    retransmits = info.totalRetransmits
    rtt = info.rtt
    idle = row.idle
    silence = row.silence(isInitiator: isInbound != true)
    isUnanswered = row.isUnanswered(isInitiator: isInbound != true)
  }

  /// Its ends as `ss` prints them.
  package var localText: String { local.text(device: device) }
  package var remoteText: String { remote.text(device: device) }

  /// Takes what the kernel's own counters tell of an end that was not in good order.
  mutating func take(_ ended: EndedSocket) {
    isExact = true
    cause = ended.cause ?? how
    wasDestroyed = ended.wasDestroyed
    lastState = ended.state
    resetReason = ended.reason
    unreadBytes = max(unreadBytes, ended.unread)
  }

  /// Whether it is worth less than others: it ended as it should, and no poll has seen it.
  var rank: Rank {
    guard how == .closed else { return .error }
    return lastState == nil ? .brief : .orderly
  }

  /// What makes room first.
  enum Rank: Int, CaseIterable {
    case brief, orderly, error
  }
}
