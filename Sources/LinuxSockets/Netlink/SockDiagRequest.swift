import CLibMNL

/// A dump request, in the two forms that kernels know (`net/ipv4/inet_diag.c`).
enum SockDiagRequest {
  /// One walk for both families: `TCPDIAG_GETSOCK` with `struct inet_diag_req`, family AF_UNSPEC.
  case both(withBound: Bool)
  /// One family: `SOCK_DIAG_BY_FAMILY` with `struct inet_diag_req_v2`.
  case family(UInt8, withBound: Bool)
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

  /// All states that the product shows.
  private static let states: UInt32 = 0xfff & ~1
  /// `TCP_BOUND_INACTIVE`: sockets that bind(2) has given a port and that are neither connected nor
  /// listening, which come as CLOSE. Kernels before 6.8 do not know it and have none of them.
  private static let bound: UInt32 = 1 << 13
  private static let info = UInt8(1 << (INET_DIAG_INFO - 1))
  private static let listening: UInt32 = 1 << 10
  private static let memory = UInt8(1 << (INET_DIAG_SKMEMINFO - 1))
  private static let tcp: UInt8 = 6
  /// IPPROTO_MPTCP.
  private static let mptcp: UInt32 = 262

  /// The request as bytes: `nlmsghdr` and the form's structure.
  func encoded(sequence: UInt32) -> [UInt8] {
    var request = NetlinkRequest()
    switch self {
    case .both(let withBound):
      request.append(extensions: Self.info, Self.states | (withBound ? Self.bound : 0))
    case .listeners: request.append(extensions: Self.memory, Self.listening)
    case .family(let family, let withBound):
      request.append(
        family: family, protocol: Self.tcp, extensions: Self.info,
        Self.states | (withBound ? Self.bound : 0))
    case .multipath(let family):
      // No protocol in the structure: a kernel that does not know the attribute must not take
      // this for a question about TCP.
      request.append(family: family, protocol: 0, extensions: 0, Self.states)
      request.append(attribute: UInt16(INET_DIAG_REQ_PROTOCOL), Self.mptcp)
    }
    return request.encoded(
      type: messageType, flags: UInt16(NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH),
      sequence: sequence)
  }
}

extension NetlinkRequest {
  /// `struct inet_diag_req`, for any endpoints of any family.
  fileprivate mutating func append(extensions: UInt8, _ states: UInt32) {
    // family, src_len, dst_len, ext; id; states, dbs
    for byte in [0, 0, 0, extensions] { append(byte) }
    append(zeros: 48)
    append(states)
    append(UInt32(0))
  }

  /// `struct inet_diag_req_v2`, for any endpoints.
  fileprivate mutating func append(
    family: UInt8, protocol number: UInt8, extensions: UInt8, _ states: UInt32
  ) {
    for byte in [family, number, extensions, 0] { append(byte) }
    append(states)
    append(zeros: 48)
  }
}
