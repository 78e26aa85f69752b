/// The processes that were found to hold descriptors of sockets, in one search; a socket may have
/// several holders.
package struct HolderTable: Sendable {
  /// A process's descriptor of a socket.
  fileprivate struct Holding: BitwiseCopyable {
    /// Index in ``HolderTable/processes``.
    var process: Int32
    /// The one of the same socket that was found before.
    var previous: UInt32
  }

  fileprivate static let none = UInt32.max

  /// The holders.
  package private(set) var processes: [Owner] = []
  /// Whether owners could not be looked for: a socket without a holder is worth a search at the
  /// next poll, as if there had been none.
  package var searchFailed = false
  /// Whether the search came to its end: a socket without a holder has none that can be seen.
  package var isComplete = true
  /// Sockets that no process holds any more of those that were known to.
  package var lost = InodeTable()
  /// The last one that was found of each inode.
  private var last = InodeTable()
  private var holdings = ContiguousArray<Holding>()

  package init() {}

  /// Adds a process.
  /// - Returns: the number to name it by, once for all its sockets.
  package mutating func add(_ process: Owner) -> Int32 {
    processes.append(process)
    return Int32(processes.count - 1)
  }

  /// Tells that the process holds the socket.
  package mutating func add(_ inode: UInt32, heldBy process: Int32) {
    let number = UInt32(holdings.count)
    holdings.append(Holding(process: process, previous: last[inode] ?? Self.none))
    last[inode] = number
  }

  /// Whether a process that holds the socket was found.
  package func contains(_ inode: UInt32) -> Bool { last.contains(inode) }

  /// The processes that hold the socket, the last one that was found first.
  func holders(of inode: UInt32) -> Holders {
    Holders(holdings: holdings, number: last[inode] ?? Self.none)
  }

  /// Indices in ``processes``.
  struct Holders: Sequence, IteratorProtocol {
    fileprivate let holdings: ContiguousArray<Holding>
    fileprivate var number: UInt32

    mutating func next() -> Int32? {
      guard number != HolderTable.none else { return nil }
      defer { number = holdings[Int(number)].previous }
      return holdings[Int(number)].process
    }
  }

  /// The holder that a socket is counted for: the one that has the listener's name, else the lowest
  /// pid; PID 1, which holds the sockets of units that it activates, only if alone. nil without any.
  func owner(of inode: UInt32, preferring name: String?) -> Int32? {
    var best: Int32?
    for other in holders(of: inode) {
      let isBetter = best.map { best in
        processes[Int(other)].precedes(processes[Int(best)], preferring: name)
      }
      if isBetter ?? true { best = other }
    }
    return best
  }
}

extension HolderTable {
  /// The holder that a listener is counted for: of processes that share it, one that accepts, and not the
  /// parent that has only started them.
  /// - Parameter acceptors: names of processes that were seen to have accepted connections.
  /// - Returns: it, and whether another of its name may be the one that accepts; nil if there is none.
  func listenerOwner(
    of inode: UInt32, acceptors: [String]
  ) -> (holder: Int32, isOneOfMany: Bool)? {
    let acceptor = everyHolder(of: inode).first { $0.pid != 1 && acceptors.contains($0.name) }
    guard let first = owner(of: inode, preferring: acceptor?.name) else { return nil }
    let master = processes[Int(first)]
    let others = holders(of: inode).filter {
      processes[Int($0)].pid != master.pid && processes[Int($0)].name == master.name
    }
    let workers = others.filter { processes[Int($0)].parent == master.pid }
    let worker = workers.min { processes[Int($0)].pid < processes[Int($1)].pid }
    return (
      worker ?? first,
      worker.map { worker in
        workers.contains { processes[Int($0)].pid != processes[Int(worker)].pid }
      } ?? !others.isEmpty
    )
  }

  /// Every process that holds the socket, once, by pid.
  func everyHolder(of inode: UInt32) -> [Owner] {
    var found: [Int32: Owner] = [:]
    for number in holders(of: inode) { found[processes[Int(number)].pid] = processes[Int(number)] }
    return found.values.sorted { $0.pid < $1.pid }
  }
}

extension Owner {
  fileprivate func precedes(_ other: Owner, preferring name: String?) -> Bool {
    (pid == 1 ? 1 : 0, self.name == name ? 0 : 1, pid)
      < (other.pid == 1 ? 1 : 0, other.name == name ? 0 : 1, other.pid)
  }
}
