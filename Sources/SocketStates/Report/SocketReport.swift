/// A destination that connects or closed connections pile up towards.
package struct DestinationReport: Sendable {
  /// The network namespace, as ``GroupLabels/netns``.
  package var netns = ""
  package var destination: Endpoint
  package var synSent: Int
  package var timeWait: Int

  package init(destination: Endpoint, synSent: Int, timeWait: Int) {
    self.destination = destination
    self.synSent = synSent
    self.timeWait = timeWait
  }
}

/// Ephemeral ports that a source address has in use towards one destination, TIME-WAIT included.
package struct EphemeralPortsReport: Sendable {
  /// The network namespace, as ``GroupLabels/netns``.
  package var netns = ""
  package var source: Address
  package var destination: Endpoint
  package var used: Int
  /// The ports that `ip_local_port_range` and the reserved ports leave.
  package var limit: Int

  package init(source: Address, destination: Endpoint, used: Int, limit: Int) {
    self.source = source
    self.destination = destination
    self.used = used
    self.limit = limit
  }
}

/// Descriptors of processes of one name and unit: those of the fullest of them.
package struct DescriptorReport: Sendable {
  package var process: String
  package var unit: String
  package var open: Int
  /// The soft limit (`Max open files` of /proc/PID/limits).
  package var limit: UInt64

  package init(process: String, unit: String, open: Int, limit: UInt64) {
    self.process = process
    self.unit = unit
    self.open = open
    self.limit = limit
  }
}

/// One socket.
package struct SocketReport: Sendable {
  package var labels: GroupLabels
  /// 0 where the process is not known.
  package var pid: Int32
  /// Which of the process's descriptors it is; nil where that is not known.
  package var descriptor: Int32?
  package var state: TCPState
  package var local: Endpoint
  package var remote: Endpoint
  /// ms in the state; for a CLOSE-WAIT since the peer's FIN, or since the process last sent.
  package var age: Int64
  package var stall: Stall?
  /// Why a CLOSE-WAIT stays; nil in other states.
  package var cause: CloseWaitCause?
  package var receiveQueue: UInt32
  package var sendQueue: UInt32
  package var inode: UInt32

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

/// One CLOSE-WAIT socket that its process does not close.
package struct StuckSocket: Sendable {
  package var socket: SocketReport
  package var cause: CloseWaitCause

  package init(socket: SocketReport, cause: CloseWaitCause) {
    self.socket = socket
    self.socket.cause = cause
    self.cause = cause
  }
}
