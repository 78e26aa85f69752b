/// The part of `struct tcp_info` (`include/uapi/linux/tcp.h`) that the tracker uses.
///
/// A field that the running kernel does not deliver is 0.
package struct TCPInfo: Sendable, BitwiseCopyable, Equatable {
  /// Whether the kernel tells ``bytesSent`` (Linux 4.19).
  package var hasBytesSent = false
  /// Retransmissions or probes since something was last acknowledged, whichever are more (`tcpi_retransmits`,
  /// `tcpi_probes`).
  package var unansweredRetries: UInt8 = 0
  /// How often the timeout of the running retransmission timer was doubled (`tcpi_backoff`).
  package var backoff: UInt8 = 0
  /// Milliseconds since an ACK last arrived (`tcpi_last_ack_recv`).
  package var lastAckReceived: UInt32 = 0
  /// Milliseconds since payload was last sent (`tcpi_last_data_sent`).
  package var lastDataSent: UInt32 = 0
  /// Milliseconds since payload last arrived (`tcpi_last_data_recv`).
  package var lastDataReceived: UInt32 = 0
  /// Smoothed round-trip time, µs (`tcpi_rtt`).
  package var rtt: UInt32 = 0
  /// Milliseconds spent waiting for a retransmission timer, in all (`tcpi_total_rto_time`, Linux 6.7).
  package var retransmissionTimeout: UInt32 = 0
  /// Segments retransmitted, in all (`tcpi_total_retrans`).
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
  /// The largest payload of a segment (`tcpi_snd_mss`).
  package var sendMSS: UInt32 = 0
  /// The peer's receive window, bytes (`tcpi_snd_wnd`, Linux 5.4).
  package var sendWindow: UInt32 = 0
  /// Segments that the peer got twice, as its duplicate SACKs tell (`tcpi_dsack_dups`, Linux 4.19; RFC 2883).
  package var dsackDuplicates: UInt32 = 0
  /// Segments that arrived after ones sent later, as SACKs tell (`tcpi_reord_seen`, Linux 4.19).
  package var reorderings: UInt32 = 0
  /// µs with data to send (`tcpi_busy_time`).
  package var busyTime: UInt64 = 0
  /// µs of these held up by the peer's receive window (`tcpi_rwnd_limited`).
  package var receiveWindowLimited: UInt64 = 0
  /// µs of these held up by our own send buffer (`tcpi_sndbuf_limited`).
  package var sendBufferLimited: UInt64 = 0

  package init() {}
}
