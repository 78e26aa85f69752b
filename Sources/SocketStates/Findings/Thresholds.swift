/// The numbers that a finding depends on. docs/findings.md has when each finding stands, why the numbers are
/// these, and how the alerts differ. Durations are ms.
package enum Thresholds {
  /// Without progress for as long, a connection is a fault and not only slow.
  package static let stall: Int64 = 60_000
  /// Bytes a second: what a reader has read at once may have been for as long at this rate, three times ``stall`` at
  /// most.
  package static let leastReadingRate: UInt64 = 50_000
  /// `TCP_TIMEOUT_INIT` (`include/net/tcp.h`, RFC 6298): a SYN without an answer is sent again.
  package static let synTimeout: Int64 = 1000
  /// Without an answer for as long, one connection attempt is a fault: its SYN was sent five times or more.
  package static let unansweredConnect: Int64 = 20_000
  /// Attempts that failed in one way, and their part of all that are over, from which that is a fault.
  package static let failedAttempts = (least: UInt64(5), share: 0.5)
  /// Age from which FIN-WAIT-1, LAST-ACK and CLOSING wait too long for an acknowledgement.
  package static let unconfirmedEnd: Int64 = 1000
  /// `net.ipv4.tcp_fin_timeout`: without a process the kernel ends FIN-WAIT-2 after it.
  package static let finTimeout: Int64 = 60_000
  /// CLOSE-WAIT sockets whose peers wait are a leak if they are as many, and became more in as many minutes in
  /// a row.
  package static let leakGrowth = (sockets: UInt64(5), steps: 3)
  /// The part of a process's descriptors that is a notice, and the part that is a fault.
  package static let descriptors = (notice: 0.8, fault: 0.95)
  /// The part of a group's connections that do not get read from which that is a fault.
  package static let unreadShare = 0.25
  /// The part of the time with data to send that the peer's window, or the send buffer, must hold up. The kernel notes
  /// a full buffer only with the next segment that comes or goes (`tcp_cwnd_validate()`): seldom more than half.
  package static let limitedShare = (receiveWindow: 0.5, sendBuffer: 0.35)
  /// Time with data to send below which nothing is said about its limit.
  package static let leastSendBusy: UInt64 = 500
  /// The part of the segments sent that was lost: retransmitted, and not told by the peer to be there already.
  package static let lossShare = 0.05
  /// Segments sent, and lost, below which nothing is said about loss.
  package static let leastSegments = (sent: UInt64(20), lost: UInt64(3))
  /// The part of an accept queue that must be used.
  package static let acceptQueueShare = 0.5
  /// The part of the handshakes that may be unfinished that is a notice, and the part that is a fault.
  package static let handshakes = (notice: 0.5, fault: 0.8)
  /// Unfinished handshakes below which nothing is said about them.
  package static let leastHandshakes: UInt64 = 16
  /// The part of the connections that ended in which data was cut off that is a notice, and the part that is a
  /// fault.
  package static let cutOffShare = (notice: 0.1, fault: 0.5)
  /// Connections cut off below which nothing is said about them.
  package static let leastCutOff: UInt64 = 5
  /// Connections that must break after the same silence to speak of an idle timeout.
  package static let leastIdleEndings = 10
  /// Events that must have ended them, if connections of the group are used as seldom anyway.
  package static let leastIdleMoments = 3
  /// How much longer the longest of these silences may be than the shortest.
  package static let idleSpread = 1.1
  /// The part of the ephemeral ports that is a notice, and the part that is a fault.
  package static let ephemeralPorts = (notice: 0.5, fault: 0.8)
}
