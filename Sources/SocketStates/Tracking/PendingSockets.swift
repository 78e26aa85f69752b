/// What a poll has found in its dump: sockets that are to be counted in a group once their owner is
/// known, and the report so far of those that are.
///
/// ``SocketTracker/update(from:at:listsSockets:dump:)`` makes it, and
/// ``SocketTracker/attribute(_:to:host:mptcp:unit:descriptor:ended:)`` consumes it.
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
  /// Listening sockets at which connections wait, by group.
  var queuedListeners: [UInt32: [ListedSocket]] = [:]
  /// Listening sockets whose accept queue is full; at most ``SocketTracker/fullListenerLimit``.
  var fullListeners = ContiguousArray<ListedSocket>()
  /// All sockets, if they are wanted; at most ``SocketTracker/listLimit``.
  var listed = ContiguousArray<ListedSocket>()

  init(source: SourceName, listsSockets: Bool) {
    self.source = source
    self.listsSockets = listsSockets
  }

  /// Sockets that are seen for the first time.
  package internal(set) var newcomers = 0
  /// Sockets that a finding may rest on, and whose owner is known.
  var suspects = 0
  /// Sockets that the dump does not have, and whose owners are looked at.
  var missing = 0
}

/// Why a search is asked about a socket.
enum OwnerCheck: BitwiseCopyable {
  /// It has no owner yet, or has lost it.
  case missing
  /// It has one, and it is its turn to be looked at again.
  case turn
  /// It has one, which is about to be told: a finding may rest on the socket.
  case report
}

/// A socket that is to be counted in a group once its owner is known.
struct PendingSocket: BitwiseCopyable {
  var entry: UInt32
  var check: OwnerCheck
  var local: Endpoint
  var remote: Endpoint
  var cgroup: UInt64
  var sample: SocketSample
  /// As of the row.
  var isInitiator: Bool?
  var isV6Only: Bool
  /// Whether the entry's counters are still to be added to its group.
  var addsTotals: Bool
  /// Whether the dump does not have it (``SocketTracker/seekMissing(_:into:)``).
  var isMissing = false

  init(
    entry: UInt32, _ check: OwnerCheck = .missing, row: SocketRow, sample: SocketSample,
    addsTotals: Bool
  ) {
    self.entry = entry
    self.check = check
    local = row.local
    remote = row.remote
    cgroup = row.cgroup
    self.sample = sample
    isInitiator = row.isInitiator
    isV6Only = row.isV6Only
    self.addsTotals = addsTotals
  }
}

/// Sockets whose owners are looked for, and what helps to find them.
package struct OwnerRequest: Sendable {
  /// Sockets without a known holder.
  package var inodes: ContiguousArray<UInt32>
  /// Sockets whose known holders are looked at again.
  package var held: ContiguousArray<UInt32> = []
  /// The same of those that are about to be reported: if their holders have let go of them, others are
  /// looked for at once.
  package var reported: ContiguousArray<UInt32> = []
  /// Those of ``reported`` of which every holder is wanted.
  package var shared: ContiguousArray<UInt32> = []
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

  /// Every socket that it asks about.
  package var sockets: ContiguousArray<UInt32> { inodes + held + reported }

  /// Whether nothing is asked.
  var isEmpty: Bool { inodes.isEmpty && held.isEmpty && reported.isEmpty }
}
