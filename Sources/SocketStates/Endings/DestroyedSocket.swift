/// A destroy event, and when it came.
struct DestroyedSocket: BitwiseCopyable {
  var row: SocketRow
  /// Monotonic ms.
  var time: Int64
}

extension SocketRow {
  /// Whether the row shows a connection, and not only the ports that the kernel keeps after its end: those in
  /// FIN-WAIT-2 too have the timer of TIME-WAIT.
  var isConnection: Bool { state.isConnected && timer != .timeWait }

  /// Of a freed socket: how many bytes the peer has acknowledged beyond the payload. Each FIN counts as one, and
  /// the SYN of the side that connected; below that, payload was not acknowledged. nil if the kernel does not say.
  var acknowledgedBeyondPayload: Int64? {
    guard hasInfo, info.hasBytesSent else { return nil }
    return Int64(bitPattern: info.bytesAcked &- (info.bytesSent &- info.bytesRetransmitted))
  }

  /// Bytes of payload that were sent and not acknowledged, as far as is known.
  private func missing(isInitiator: Bool) -> Int64 {
    max(0, (isInitiator ? 1 : 0) - (acknowledgedBeyondPayload ?? 1))
  }

  /// What the reset of a freed socket cut off.
  enum CutOff: BitwiseCopyable {
    case nothing
    /// Bytes were sent that the peer had no reason yet to acknowledge: they may have arrived.
    case underWay
    /// Bytes that were not sent, not acknowledged in time or not read by this side, or a request without any answer.
    case lost
  }

  /// `TCP_DELACK_MAX` (include/net/tcp.h): ms for which a peer may keep back the acknowledgement.
  private static let longestDelayedACK: UInt32 = 200

  func cutOff(isInitiator: Bool) -> CutOff {
    let missing = missing(isInitiator: isInitiator)
    // A FIN that waits counts as one byte. To who connected, any answer acknowledges the request.
    if hasUnreadPayload || Int64(sendQueue) > missing + 1
      || isInitiator && (missing > 0 || info.bytesSent > 0 && info.bytesReceived == 0)
    {
      return .lost
    }
    if missing == 0 { return .nothing }
    // The reset itself acknowledges nothing (tcp_reset()).
    let isLate = info.lastDataSent > Self.longestDelayedACK + info.rtt / 1000
    return isLate || info.unansweredRetries > 0 ? .lost : .underWay
  }

  /// ms since payload last moved, when the socket was freed; nil if none ever did.
  var idle: UInt32? {
    // Of one that never sent or received both times count from the same moment.
    let hasMoved =
      remote.port == 0
      ? info.lastDataSent != info.lastDataReceived : info.bytesSent > 0 || info.bytesReceived > 1
    return hasMoved ? min(info.lastDataSent, info.lastDataReceived) : nil
  }

  /// Whether the last payload was sent by this side, and nothing came after it. A side that was connected to answers,
  /// and wants no more than an acknowledgement.
  func isUnanswered(isInitiator: Bool) -> Bool {
    info.bytesSent > 0 && info.lastDataSent < info.lastDataReceived
      && (isInitiator || acknowledgedBeyondPayload ?? 0 < 0)
  }

  /// ms without payload in which a device or a peer may have lost patience: ``idle``, or if that was longer the
  /// silence before what this side sent last and got no answer to; nil if no payload ever moved.
  func silence(isInitiator: Bool) -> UInt32? {
    guard let idle else { return nil }
    guard isUnanswered(isInitiator: isInitiator), info.bytesReceived > 0 else { return idle }
    // What was sent again is no newer: the timer fires after TCP_RTO_MIN at least, and counts from then.
    let waited = info.retransmissionTimeout
    let sent = max(info.lastDataSent, waited > 0 ? waited &+ 200 : 0)
    return max(idle, info.lastDataReceived - min(sent, info.lastDataReceived))
  }

  /// Whether this side's keep-alive has found nobody: the silence is as long as it was told to wait.
  func isEndedByKeepAlive(_ how: ConnectionEnd, isInitiator: Bool) -> Bool {
    how == .timedOut && missing(isInitiator: isInitiator) == 0
  }

  /// Whether a request that had arrived was not answered for a second or more, whichever side had to: who has sent many
  /// at once loses them at once, after the same silence, if the other side ends.
  func waitedForAnswer(isInitiator: Bool) -> Bool {
    let (request, answer) =
      isInitiator
      ? (info.lastDataSent, info.lastDataReceived) : (info.lastDataReceived, info.lastDataSent)
    return request < answer && request >= IdleEndings.least
      && missing(isInitiator: isInitiator) == 0
  }

  /// Whether more is unread than a FIN, which counts as one byte.
  var hasUnreadPayload: Bool { receiveQueue > 1 }

  /// How the connection of a freed socket ended.
  ///
  /// Only closing with SO_LINGER 0 and disconnect wipe the remote port (`tcp_disconnect()`), and both send a
  /// reset. After the peer's FIN nothing else can arrive, so that a socket of which all was read ends without an
  /// acknowledged FIN only by the peer's reset. A single retransmission or probe at the end is no time-out: a
  /// peer that has forgotten the connection answers it with a reset.
  /// - Parameters:
  ///   - state: in which a poll saw it last; nil if none did.
  ///   - isInbound: nil if that is not known.
  func connectionEnd(after state: TCPState?, isInbound: Bool?) -> ConnectionEnd {
    if remote.port == 0 { return state == .close ? .aborted : .resetSent }
    // Nothing else leads there than the FINs of both sides.
    if state == .timeWait { return .closed }
    guard let acknowledged = acknowledgedBeyondPayload else { return .unknown }
    if acknowledged >= 2 || acknowledged == 1 && isInbound == true { return .closed }
    if acknowledged == 1, isInbound == nil { return .unknown }
    if info.unansweredRetries >= 2 { return .timedOut }
    if let state, state.hasPeerFIN, receiveQueue <= 1 { return .resetReceived }
    return .aborted
  }
}
