/// What a poll has found in its dump: sockets that are to be counted in a group once their owner is
/// known, and the report so far of those that are.
///
/// ``SocketTracker/update(from:at:listsSockets:dump:)`` makes it, and
/// ``SocketTracker/attribute(_:to:host:mptcp:unit:descriptor:)`` consumes it.
package struct PendingSockets: ~Copyable {
  let source: SourceName
  /// Whether every socket goes into ``listed``: only if somebody asks.
  let listsSockets: Bool
  var sockets = ContiguousArray<PendingSocket>()
  /// Sockets of the dump, pending or not.
  var trackedSockets = 0
  /// SYN-ACKs retransmitted for the connections that are in SYN-RECV.
  var retransmittedSynAcks: UInt64 = 0
  var unattributed = StateCounts()
  var stuckSockets = StuckSocketList()
  /// Those that wait otherwise, by group and ``WaitReason``.
  var waitingSockets = StuckSocketList()
  /// Listening sockets whose accept queue is full; at most ``SocketTracker/fullListenerLimit``.
  var fullListeners = ContiguousArray<ListedSocket>()
  /// All sockets, if they are wanted; at most ``SocketTracker/listLimit``.
  var listed = ContiguousArray<ListedSocket>()

  init(source: SourceName, listsSockets: Bool) {
    self.source = source
    self.listsSockets = listsSockets
  }

  /// How many sockets wait for their owner.
  package var count: Int { sockets.count }
}

/// A socket that is to be counted in a group once its owner is known.
struct PendingSocket: BitwiseCopyable {
  var entry: UInt32
  var local: Endpoint
  var remote: Endpoint
  var cgroup: UInt64
  var sample: SocketSample
  /// Whether the entry's counters are still to be added to its group.
  var addsTotals: Bool

  init(entry: UInt32, row: SocketRow, sample: SocketSample, addsTotals: Bool) {
    self.entry = entry
    local = row.local
    remote = row.remote
    cgroup = row.cgroup
    self.sample = sample
    self.addsTotals = addsTotals
  }
}

/// Sockets whose owners are looked for, and what helps to find them.
package struct OwnerRequest: Sendable {
  /// The sockets.
  package var inodes: ContiguousArray<UInt32>
  /// Sockets that have lost their last descriptor: new ones may have the descriptors' numbers.
  package var closedInodes: ContiguousArray<UInt32>
  /// Processes that hold sockets already.
  package var knownProcesses: [Int32]

  package init(
    inodes: ContiguousArray<UInt32>, closedInodes: ContiguousArray<UInt32> = [],
    knownProcesses: [Int32] = []
  ) {
    self.inodes = inodes
    self.closedInodes = closedInodes
    self.knownProcesses = knownProcesses
  }
}
