/// What the tracker remembers of one socket between polls: 104 bytes, so that a million sockets cost
/// 104 MB and a poll streams through them.
struct SocketEntry: BitwiseCopyable {
  /// The socket's cookie; 0 if only procfs has shown it.
  var cookie: UInt64
  /// The hash of both endpoints (``TupleHasher``): its identity if there is no cookie.
  var tupleHash: UInt64
  var bytesSent: UInt64 = 0
  var bytesReceived: UInt64 = 0
  var bytesRetransmitted: UInt64 = 0
  /// Monotonic ms at which the socket came to its state, or last sent or read in CLOSE-WAIT.
  var since: Int64
  var dataSegmentsOut: UInt32 = 0
  var totalRetransmits: UInt32 = 0
  /// Those of ``totalRetransmits`` that the peer had already; ``pathDuplicates`` once that cannot be told any more.
  var spuriousRetransmissions: UInt32 = 0
  /// ms; a difference of two truncated totals loses nothing over time, and 32 bits wrap after 49 days.
  var busy: UInt32 = 0
  var receiveWindowLimited: UInt32 = 0
  var sendBufferLimited: UInt32 = 0
  var inode: UInt32
  var group = GroupTable.none
  var owner = OwnerTable.unknown
  /// The outbound path (source and destination) that it is on.
  var flow = DestinationTable.none
  var receiveQueue: UInt32 = 0
  var sendQueue: UInt32 = 0
  /// The entry that came next in the last dump: dumps keep their order, so the next row is most
  /// often found without hashing.
  var follower: UInt32 = 0
  var state: TCPState
  var flags: Flags = []
  /// Walks of /proc that did not find the owner.
  var attempts: UInt8 = 0
  /// The poll that saw the socket last (``SocketTracker/currentGeneration(_:)``).
  var generation: UInt8

  /// The value of ``spuriousRetransmissions`` of a connection whose path duplicates segments.
  static let pathDuplicates = UInt32.max

  struct Flags: OptionSet, BitwiseCopyable {
    var rawValue: UInt8
    /// A destroy event has told the final values; only a TIME-WAIT rest may follow.
    static let destroyed = Flags(rawValue: 1)
    /// The owner was found by inode, and is so until a check finds that it does not hold it any more.
    static let owned = Flags(rawValue: 2)
    /// The counters have a base to count from.
    static let counted = Flags(rawValue: 4)
    /// The connection was up at some time.
    static let connected = Flags(rawValue: 8)
    /// Older than the first report: what it did before is the base and is not counted.
    static let preexisting = Flags(rawValue: 16)
    /// A poll saw it bound and not connected: bind(2) took its port, for every destination.
    static let bound = Flags(rawValue: 32)
    /// The entry is in use, and not a hole.
    static let occupied = Flags(rawValue: 64)
    /// It is in a group of the inbound direction.
    static let inbound = Flags(rawValue: 128)
  }

  init(row: SocketRow, tupleHash: UInt64, since: Int64, generation: UInt8) {
    cookie = row.cookie
    self.tupleHash = tupleHash
    self.since = since
    inode = row.inode
    state = row.state
    self.generation = generation
  }
}
