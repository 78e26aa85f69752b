/// What the kernel says of one socket at one moment, whichever source it came from.
///
/// Fixed size and trivially copied, so that a reader fills one reused buffer of rows and the
/// tracker walks it: the seam between the two costs nothing per socket.
/// Field names after `struct inet_diag_msg` (`include/uapi/linux/inet_diag.h`).
package struct SocketRow: Sendable, BitwiseCopyable {
  /// The socket's identity for the life of the host; 0 where the source has none (procfs).
  package var cookie: UInt64 = 0
  package var local = Endpoint(address: .anyIPv6, port: 0)
  package var remote = Endpoint(address: .anyIPv6, port: 0)
  package var state: TCPState = .close
  package var timer: SocketTimer = .off
  /// Retransmissions of the running timer (`idiag_retrans`): how far it has backed off.
  package var retransmits: UInt8 = 0
  /// Whether ``info`` was delivered.
  package var hasInfo = false
  /// Milliseconds until ``timer`` fires (`idiag_expires`).
  package var expires: UInt32 = 0
  /// Unread bytes, a FIN counting as one; for a listener the connections that wait for accept().
  package var receiveQueue: UInt32 = 0
  /// Unsent or unacknowledged bytes; for a listener the most connections that may wait.
  package var sendQueue: UInt32 = 0
  package var uid: UInt32 = 0
  /// 0 where no descriptor refers to the socket: orphans, TIME-WAIT, connections not yet accepted.
  package var inode: UInt32 = 0
  /// The inode of the owner's cgroup v2 directory (`INET_DIAG_CGROUP_ID`); 0 where not told.
  package var cgroup: UInt64 = 0
  package var info = TCPInfo()

  package init() {}
}

/// The timer of a socket, `idiag_timer` (`net/ipv4/inet_diag.c`); also `tr` in /proc/net/tcp.
package enum SocketTimer: UInt8, Sendable, BitwiseCopyable {
  case off = 0
  case retransmission = 1
  case keepalive = 2
  case timeWait = 3
  case zeroWindowProbe = 4
}

/// The part of `struct tcp_info` (`include/uapi/linux/tcp.h`) that the tracker uses.
///
/// A field that the running kernel does not deliver is 0.
package struct TCPInfo: Sendable, BitwiseCopyable, Equatable {
  /// Milliseconds since an ACK last arrived (`tcpi_last_ack_recv`).
  package var lastAckReceived: UInt32 = 0
  /// Smoothed round-trip time, µs (`tcpi_rtt`).
  package var rtt: UInt32 = 0
  /// Segments retransmitted, all told (`tcpi_total_retrans`).
  package var totalRetransmits: UInt32 = 0
  /// All segments sent, bare ACKs included (`tcpi_segs_out`).
  package var segmentsOut: UInt32 = 0
  /// All segments received (`tcpi_segs_in`).
  package var segmentsIn: UInt32 = 0
  /// Segments with payload sent, retransmissions included (`tcpi_data_segs_out`).
  package var dataSegmentsOut: UInt32 = 0
  /// Payload bytes acknowledged, the SYN counting as one (`tcpi_bytes_acked`).
  package var bytesAcked: UInt64 = 0
  /// Payload bytes sent, retransmissions included (`tcpi_bytes_sent`).
  package var bytesSent: UInt64 = 0
  /// Payload bytes received in order (`tcpi_bytes_received`).
  package var bytesReceived: UInt64 = 0
  /// Payload bytes retransmitted (`tcpi_bytes_retrans`).
  package var bytesRetransmitted: UInt64 = 0
  /// µs with data to send (`tcpi_busy_time`).
  package var busyTime: UInt64 = 0
  /// µs of these held up by the peer's receive window (`tcpi_rwnd_limited`).
  package var receiveWindowLimited: UInt64 = 0
  /// µs of these held up by our own send buffer (`tcpi_sndbuf_limited`).
  package var sendBufferLimited: UInt64 = 0

  package init() {}
}
