/// The counters of a group: sums of what its sockets did, living and gone. They never go down.
package struct GroupCounters: Sendable {
  /// Segments with payload, retransmissions included.
  package var sentSegments: UInt64 = 0
  package var retransmittedSegments: UInt64 = 0
  /// Those of ``retransmittedSegments`` that carried payload, and so are among ``sentSegments``.
  package var retransmittedDataSegments: UInt64 = 0
  /// Those of ``retransmittedSegments`` that the peer had already, as it told: nothing was lost.
  package var spuriousRetransmissions: UInt64 = 0
  /// Those of ``retransmittedDataSegments`` that went over connections whose segments overtake each other.
  package var reorderedRetransmissions: UInt64 = 0
  /// Payload bytes, retransmissions included.
  package var sentBytes: UInt64 = 0
  package var receivedBytes: UInt64 = 0
  package var retransmittedBytes: UInt64 = 0
  /// ms with data to send, summed over sockets.
  package var sendBusy: UInt64 = 0
  /// ms of ``sendBusy`` held up by the peer's receive window.
  package var receiveWindowLimited: UInt64 = 0
  /// ms of ``sendBusy`` held up by the local send buffer.
  package var sendBufferLimited: UInt64 = 0
  package var connectFailures = Tally<ConnectFailure>()
  /// Connections that came to be.
  package var opened: UInt64 = 0
  /// Connections that ended, by how.
  package var ended = Tally<ConnectionEnd>()
  /// Of those that a reset ended, those in which data was lost or a request stayed without an answer.
  package var cutOff: UInt64 = 0
  /// Of those that a reset ended, those in which data was still under way: it may have been lost.
  package var cutOffUnderWay: UInt64 = 0
  /// Of both, those whose other end was on this host.
  package var cutOffLocal: UInt64 = 0
  /// Of ``cutOff``, those that ended with data that this side had not read.
  package var cutOffUnread: UInt64 = 0
  /// Of ``cutOff``, those that ended after a silence that may be somebody's idle timeout.
  package var cutOffSilent: UInt64 = 0
  /// Times that connect() took and lifetimes of connections, as the kernel has counted them.
  package var connectTime = FixedHistogram<ConnectScale>()
  package var lifetime = FixedHistogram<LifetimeScale>()
  /// Resets that the kernel has counted.
  package var resets = ResetCounts()
  /// Connections that the group's listeners have dropped.
  package var listenDrops: UInt64 = 0
  /// Smoothed RTT of sockets that moved data, one observation a socket a poll; seconds.
  package var rtt = FixedHistogram<RTTScale>()
  /// ms without payload before connections ended by a reset or were aborted.
  package var resetSilence = FixedHistogram<SilenceScale>()
  /// ms that sockets have waited for a retransmission timer.
  package var retransmissionTimeout: UInt64 = 0

  package init() {}

  /// Connections that ended, however they did.
  package var endedTotal: UInt64 {
    ConnectionEnd.allCases.reduce(0) { $0 + ($1 == .moved ? 0 : ended[$1]) }
  }

  /// Whether the number of a failure is known: unreachable destinations are counted by the kernel's counters only.
  package func tells(of failure: ConnectFailure) -> Bool {
    failure != .unreachable || connectFailures[failure] > 0
  }

  /// ms of ``sendBusy`` that neither window nor buffer explains: path and congestion.
  package var networkLimited: UInt64 {
    let explained = receiveWindowLimited + sendBufferLimited
    return sendBusy > explained ? sendBusy - explained : 0
  }

  /// Adds what another group has counted.
  mutating func add(_ other: GroupCounters) { combine(other, &+) }

  /// What is left without a part of it.
  func subtracting(_ part: GroupCounters) -> GroupCounters {
    var rest = self
    rest.combine(part, &-)
    return rest
  }

  /// Adds connections that the kernel has counted.
  mutating func add(_ connections: KernelConnections) {
    opened &+= connections.opened
    for end in ConnectionEnd.allCases { ended[end] &+= connections.ended[end] }
    connectTime.combine(connections.connects, &+)
    lifetime.combine(connections.lifetimes, &+)
  }

  /// Takes each counter together with that of another group, or of another time: the one list of them.
  mutating func combine(_ other: GroupCounters, _ combined: (UInt64, UInt64) -> UInt64) {
    sentSegments = combined(sentSegments, other.sentSegments)
    retransmittedSegments = combined(retransmittedSegments, other.retransmittedSegments)
    retransmittedDataSegments = combined(
      retransmittedDataSegments, other.retransmittedDataSegments)
    spuriousRetransmissions = combined(spuriousRetransmissions, other.spuriousRetransmissions)
    reorderedRetransmissions = combined(reorderedRetransmissions, other.reorderedRetransmissions)
    sentBytes = combined(sentBytes, other.sentBytes)
    receivedBytes = combined(receivedBytes, other.receivedBytes)
    retransmittedBytes = combined(retransmittedBytes, other.retransmittedBytes)
    sendBusy = combined(sendBusy, other.sendBusy)
    receiveWindowLimited = combined(receiveWindowLimited, other.receiveWindowLimited)
    sendBufferLimited = combined(sendBufferLimited, other.sendBufferLimited)
    listenDrops = combined(listenDrops, other.listenDrops)
    opened = combined(opened, other.opened)
    for end in ConnectionEnd.allCases { ended[end] = combined(ended[end], other.ended[end]) }
    cutOff = combined(cutOff, other.cutOff)
    cutOffUnderWay = combined(cutOffUnderWay, other.cutOffUnderWay)
    cutOffLocal = combined(cutOffLocal, other.cutOffLocal)
    cutOffUnread = combined(cutOffUnread, other.cutOffUnread)
    cutOffSilent = combined(cutOffSilent, other.cutOffSilent)
    for failure in ConnectFailure.allCases {
      connectFailures[failure] = combined(connectFailures[failure], other.connectFailures[failure])
    }
    connectTime.combine(other.connectTime, combined)
    lifetime.combine(other.lifetime, combined)
    resets.combine(other.resets, combined)
    rtt.combine(other.rtt, combined)
    resetSilence.combine(other.resetSilence, combined)
    retransmissionTimeout = combined(retransmissionTimeout, other.retransmissionTimeout)
  }
}
