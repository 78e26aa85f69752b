import CLibMNL
import SocketStates

/// A dump request, in the two forms that kernels know (`net/ipv4/inet_diag.c`).
enum SockDiagRequest {
  /// One walk for both families: `TCPDIAG_GETSOCK` with `struct inet_diag_req`, family AF_UNSPEC.
  case both(TCPStateSet)
  /// One family: `SOCK_DIAG_BY_FAMILY` with `struct inet_diag_req_v2`.
  case family(UInt8, TCPStateSet)
  /// The MPTCP sockets of one family (`net/mptcp/mptcp_diag.c`): the same, with
  /// `INET_DIAG_REQ_PROTOCOL` behind it, because IPPROTO_MPTCP does not fit the structure's byte.
  case multipath(UInt8)

  /// The listeners of both families, with what they have dropped: the old form too.
  case listeners

  /// The message type, which the rows of the answer carry too.
  var messageType: UInt16 {
    switch self {
    case .both, .listeners: UInt16(TCPDIAG_GETSOCK)
    case .family, .multipath: UInt16(SOCK_DIAG_BY_FAMILY)
    }
  }

  private static let info = UInt8(1 << (INET_DIAG_INFO - 1))
  private static let memory = UInt8(1 << (INET_DIAG_SKMEMINFO - 1))
  private static let tcp: UInt8 = 6
  /// IPPROTO_MPTCP.
  private static let mptcp: UInt32 = 262

  /// The request as bytes: `nlmsghdr` and the form's structure.
  func encoded(sequence: UInt32) -> [UInt8] {
    var request = NetlinkRequest()
    switch self {
    case .both(let states): request.append(extensions: Self.info, states)
    case .listeners: request.append(extensions: Self.memory, TCPStateSet(.listen))
    case .family(let family, let states):
      request.append(family: family, protocol: Self.tcp, extensions: Self.info, states)
    case .multipath(let family):
      // No protocol in the structure: a kernel that does not know the attribute must not take
      // this for a question about TCP.
      request.append(family: family, protocol: 0, extensions: 0, .all)
      request.append(attribute: UInt16(INET_DIAG_REQ_PROTOCOL), Self.mptcp)
    }
    return request.encoded(
      type: messageType, flags: UInt16(NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH),
      sequence: sequence)
  }
}

extension NetlinkRequest {
  /// `struct inet_diag_req`, for any endpoints of any family.
  fileprivate mutating func append(extensions: UInt8, _ states: TCPStateSet) {
    // family, src_len, dst_len, ext; id; states, dbs
    for byte in [0, 0, 0, extensions] { append(byte) }
    append(zeros: 48)
    append(states.rawValue)
    append(UInt32(0))
  }

  /// `struct inet_diag_req_v2`, for any endpoints.
  fileprivate mutating func append(
    family: UInt8, protocol number: UInt8, extensions: UInt8, _ states: TCPStateSet
  ) {
    for byte in [family, number, extensions, 0] { append(byte) }
    append(states.rawValue)
    append(zeros: 48)
  }
}
