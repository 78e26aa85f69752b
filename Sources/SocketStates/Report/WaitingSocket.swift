/// A socket that does not go on: one of the few oldest of its group that wait for the same.
package struct WaitingSocket: Sendable {
  package var socket: SocketReport
  package var reason: WaitReason

  package init(socket: SocketReport, reason: WaitReason) {
    self.socket = socket
    self.reason = reason
  }
}

extension WaitingSocket {
  /// ms that it has been waiting.
  var age: Int64 {
    switch reason {
    case .peerWindow, .retransmission, .localReader: socket.stalledFor ?? 0
    case .peerClose, .endAcknowledgement, .release: socket.age
    }
  }

  /// Where the tracker keeps those of a group: its number and the reason in one.
  static func key(_ group: UInt32, _ reason: WaitReason) -> UInt32 { group << 3 | reason.rawValue }

  static func reason(of key: UInt32) -> WaitReason? { WaitReason(rawValue: key & 7) }
}

/// What a socket waits for, apart from CLOSE-WAIT (``Report/stuckSockets``).
package enum WaitReason: UInt32, Sendable, CaseIterable {
  case peerWindow
  case retransmission
  case localReader
  /// FIN-WAIT-2: for the peer's own end.
  case peerClose
  /// FIN-WAIT-1, LAST-ACK, CLOSING: for the acknowledgement of the end.
  case endAcknowledgement
  /// CLOSE: for the process to close its descriptor.
  case release

  init(_ stall: Stall) {
    switch stall {
    case .peerWindow: self = .peerWindow
    case .retransmission: self = .retransmission
    case .localReader: self = .localReader
    }
  }
}

extension SocketSample {
  /// What an end waits for that takes too long, or an ended connection; nil if none does.
  /// - Parameter finWait2After: as ``SocketTracker/Settings/finWait2After``.
  func slowEnd(finWait2After: Int64) -> WaitReason? {
    switch state {
    case .finWait2: age >= finWait2After ? .peerClose : nil
    case .close: isForgotten ? .release : nil
    // A FIN behind data that the peer's window keeps back has not been sent.
    case .finWait1, .lastAck, .closing:
      age >= Thresholds.unconfirmedEnd && stall != .peerWindow ? .endAcknowledgement : nil
    default: nil
    }
  }
}
