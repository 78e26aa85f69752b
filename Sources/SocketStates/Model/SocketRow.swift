/// What the kernel says of one socket at one moment, whichever source it came from.
///
/// Fixed size and trivially copied, so that a reader fills one reused buffer of rows and the
/// tracker walks it: the seam between the two costs nothing per socket.
/// Field names after `struct inet_diag_msg` (`include/uapi/linux/inet_diag.h`).
package struct SocketRow: Sendable, BitwiseCopyable {
  /// The socket's identity for the life of the host; 0 if the source has none (procfs).
  package var cookie: UInt64 = 0
  package var local = Endpoint(address: .anyIPv6, port: 0)
  package var remote = Endpoint(address: .anyIPv6, port: 0)
  package var state: TCPState = .close
  package var timer: SocketTimer = .off
  /// Retransmissions of the running timer, or probes that were not answered (`idiag_retrans`).
  package var retransmits: UInt8 = 0
  /// Whether ``info`` was delivered.
  package var hasInfo = false
  /// Whether an IPv6 socket takes no IPv4 (IPV6_V6ONLY, `INET_DIAG_SKV6ONLY`); false if not told.
  package var isV6Only = false
  /// Milliseconds until ``timer`` fires (`idiag_expires`).
  package var expires: UInt32 = 0
  /// Unread bytes, a FIN counting as one; for a listener the connections that wait for accept().
  package var receiveQueue: UInt32 = 0
  /// Unsent or unacknowledged bytes; for a listener the most connections that may wait.
  package var sendQueue: UInt32 = 0
  package var uid: UInt32 = 0
  /// 0 if no descriptor refers to the socket: orphans, TIME-WAIT, connections not yet accepted.
  package var inode: UInt32 = 0
  /// Connections that a listener has dropped (`SK_MEMINFO_DROPS`); nil if not asked for, or not told.
  package var listenDrops: UInt32?
  /// The inode of the owner's cgroup v2 directory (`INET_DIAG_CGROUP_ID`); 0 if not told.
  package var cgroup: UInt64 = 0
  package var info = TCPInfo()

  package init() {}
}

extension SocketRow {
  /// The peer's endpoints of the same connection.
  var ofPeer: SocketRow {
    var row = self
    swap(&row.local, &row.remote)
    return row
  }

  /// Whether the SYN-ACK of a SYN-RECV was sent once only; nil if it is no SYN-RECV, or procfs does not tell.
  var isUnrepeated: Bool? {
    state == .synRecv && cookie != 0 && !hasInfo ? retransmits == 0 : nil
  }

  /// Whether a SYN-RECV has got the last ACK of its handshake, and TCP_DEFER_ACCEPT keeps it so until data come. Of
  /// others the timer ends in a second or less before their SYN-ACK is sent again (`syn_ack_recalc()`,
  /// net/ipv4/inet_connection_sock.c).
  func isDeferred(age: Int64) -> Bool {
    isUnrepeated == true
      && (Int64(expires) > Thresholds.synTimeout || age >= 2 * Thresholds.synTimeout)
  }

  /// Whether this side connected, by the kernel's counters; nil if they do not tell.
  ///
  /// The peer's acknowledgement of a SYN counts as one byte (`tcp_ack()`, net/ipv4/tcp_input.c), that of a
  /// SYN-ACK does not. So once all that was sent is acknowledged, the two differ by one.
  package var isInitiator: Bool? {
    guard hasInfo, state == .established || state == .closeWait, sendQueue == 0,
      info.segmentsIn > 0, info.hasBytesSent || info.dataSegmentsOut == 0
    else { return nil }
    let payload = info.dataSegmentsOut == 0 ? 0 : info.bytesSent &- info.bytesRetransmitted
    return switch info.bytesAcked &- payload {
    case 0: false
    case 1: true
    default: nil
    }
  }
}

/// The timer of a socket, `idiag_timer` (`net/ipv4/inet_diag.c`); also `tr` in /proc/net/tcp.
package enum SocketTimer: UInt8, Sendable, BitwiseCopyable {
  case off = 0
  case retransmission = 1
  case keepalive = 2
  case timeWait = 3
  case zeroWindowProbe = 4
}
