/// A TCP state, numbered as in the kernel's `include/net/tcp_states.h`.
///
/// `TCP_NEW_SYN_RECV` (12) is a SYN-RECV that has no full socket yet; decoders fold it into
/// ``synRecv`` as `ss` does.
package enum TCPState: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  case established = 1
  case synSent = 2
  case synRecv = 3
  case finWait1 = 4
  case finWait2 = 5
  case timeWait = 6
  case close = 7
  case closeWait = 8
  case lastAck = 9
  case listen = 10
  case closing = 11

  /// The state of a kernel number; nil if it is none of a socket's.
  package init?(kernel number: UInt8) {
    self.init(rawValue: number == 12 ? TCPState.synRecv.rawValue : number)
  }

  /// The value of the label `state`.
  package var label: String {
    switch self {
    case .established: "established"
    case .synSent: "syn_sent"
    case .synRecv: "syn_recv"
    case .finWait1: "fin_wait1"
    case .finWait2: "fin_wait2"
    case .timeWait: "time_wait"
    case .close: "close"
    case .closeWait: "close_wait"
    case .lastAck: "last_ack"
    case .listen: "listen"
    case .closing: "closing"
    }
  }

  /// The state as RFC 9293 and `ss` print it: `CLOSE-WAIT`.
  package var title: String {
    switch self {
    case .established: "ESTAB"
    case .synSent: "SYN-SENT"
    case .synRecv: "SYN-RECV"
    case .finWait1: "FIN-WAIT-1"
    case .finWait2: "FIN-WAIT-2"
    case .timeWait: "TIME-WAIT"
    case .close: "CLOSED"
    case .closeWait: "CLOSE-WAIT"
    case .lastAck: "LAST-ACK"
    case .listen: "LISTEN"
    case .closing: "CLOSING"
    }
  }

  /// Whether both ends know each other: the states in which data or a FIN can be under way.
  package var isConnected: Bool {
    switch self {
    case .established, .finWait1, .finWait2, .closeWait, .lastAck, .closing: true
    case .synSent, .synRecv, .timeWait, .close, .listen: false
    }
  }

  /// Whether the peer's FIN has arrived, which the kernel counts as one unread byte until the
  /// end of the stream is read.
  package var hasPeerFIN: Bool {
    switch self {
    case .closeWait, .lastAck, .closing: true
    default: false
    }
  }
}

/// A set of TCP states, one bit a state: the form in which sock_diag requests carry it.
package struct TCPStateSet: OptionSet, Sendable, BitwiseCopyable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The set of one state.
  package init(_ state: TCPState) { rawValue = 1 << UInt32(state.rawValue) }

  /// Every state that the product shows.
  package static let all = TCPStateSet(rawValue: 0xffe)
  /// Those that a light poll reads: all but the state in which nearly all sockets of a large host are, and CLOSE, for
  /// which the kernel would search its table of ports.
  package static let light = all.subtracting([
    TCPStateSet(.established), TCPStateSet(.close), .boundInactive,
  ])
  /// `TCP_BOUND_INACTIVE`: sockets that bind(2) has given a port and that are neither connected nor
  /// listening, which come as CLOSE. Kernels before 6.8 do not know it and have none of them.
  package static let boundInactive = TCPStateSet(rawValue: 1 << 13)

  /// Whether the state is in the set.
  package func contains(_ state: TCPState) -> Bool { contains(TCPStateSet(state)) }
}
