/// One socket.
package struct SocketReport: Sendable {
  package var labels: GroupLabels
  /// 0 if the process is not known.
  package var pid: Int32
  /// Which of the process's descriptors it is; nil if that is not known.
  package var descriptor: Int32?
  package var state: TCPState
  package var local: Endpoint
  package var remote: Endpoint
  /// The name of the device that they are on, or its index if it has no name any more; empty if they are on none.
  package var device = ""
  /// ms in the state; for a CLOSE-WAIT since the peer's FIN, or since the process last sent.
  package var age: Int64
  /// Whether ``age`` is a lower bound.
  package var isAgeAtLeast = false
  package var stall: Stall?
  /// ms without progress; nil if it is not stalled.
  package var stalledFor: Int64?
  /// Whether ``stalledFor`` is a lower bound.
  package var isStalledAtLeast = false
  /// Bytes a second that were read, or acknowledged, since the queue was seen first; nil if none were.
  package var rate: UInt64?
  /// Whether it has waited for longer than it may: a stall, a CLOSE-WAIT or CLOSE, an end.
  package var isOverdue = false
  /// Whether a CLOSE had a connection, and is not only bound.
  package var hasEnded = false
  /// Whether the peer of a CLOSE-WAIT is on this host, and waits in FIN-WAIT-2 with a descriptor.
  package var hasWaitingPeer = false
  /// Whether a process of that name was seen to have accepted from a listener.
  package var isAcceptedFrom = false
  /// Why a CLOSE-WAIT stays; nil in other states.
  package var cause: CloseWaitCause?
  package var receiveQueue: UInt32
  package var sendQueue: UInt32
  /// Payload that was sent, without retransmissions, and received, in all; nil of what is no connection, and if the
  /// source does not tell.
  package var sentBytes: UInt64?
  package var receivedBytes: UInt64?
  package var inode: UInt32
  /// The processes that were seen to hold it, by pid: of CLOSE-WAIT and listening sockets that are looked
  /// at closely. There may be others while it has only one.
  package var holders: [Holder] = []

  /// ``local`` and ``remote`` as they are printed.
  package var localText: String { local.text(device: device) }
  package var remoteText: String { remote.text(device: device) }

  /// A process that has a descriptor of a socket.
  package struct Holder: Sendable, Equatable {
    package var process: String
    package var pid: Int32
    /// nil if that is not known.
    package var descriptor: Int32?

    package init(process: String, pid: Int32, descriptor: Int32?) {
      self.process = process
      self.pid = pid
      self.descriptor = descriptor
    }
  }

  package init(
    labels: GroupLabels, pid: Int32, descriptor: Int32? = nil, state: TCPState, local: Endpoint,
    remote: Endpoint, age: Int64, stall: Stall? = nil, receiveQueue: UInt32, sendQueue: UInt32,
    inode: UInt32
  ) {
    self.labels = labels
    self.pid = pid
    self.descriptor = descriptor
    self.state = state
    self.local = local
    self.remote = remote
    self.age = age
    self.stall = stall
    self.receiveQueue = receiveQueue
    self.sendQueue = sendQueue
    self.inode = inode
  }
}
