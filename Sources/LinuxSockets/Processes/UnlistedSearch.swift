package import SocketStates

/// Where the search for sockets of TCP stands that are in no table of the kernel, and that processes hold.
package struct UnlistedSearch: Sendable {
  /// A descriptor of a socket that a dump did not have.
  struct Suspect: Hashable, Sendable {
    var inode: UInt32
    var pid: Int32
    var number: Int32
    /// Inode of its network namespace, if the kernel has told it.
    var netns: UInt32?
  }

  /// A socket that is in no table.
  package struct Socket: Sendable {
    package var inode: UInt32
    package var holder: Owner
    /// Inode of its network namespace; nil if only that of the holder is known.
    package var netns: UInt32?
    /// Whether the holder is in another network namespace than this process.
    package var isElsewhere: Bool
  }

  /// Descriptors that are listed at a time, but for the first time.
  static let portion = 512
  /// Suspects at a time, at most.
  static let suspectLimit = 16_384

  /// Processes that are still to be looked into in this round.
  var round: [Int32] = []
  /// What the next poll looks at again: a socket may have been made since the dump.
  var suspects: [Suspect] = []
  /// Whether there has been a first look, at all processes.
  var hasBegun = false
  /// A five-thousandth of the time at most is spent.
  var pause = SearchPause(factor: 5_000)
}

extension OwnerResolver {
  /// Looks among descriptors for sockets of TCP that are in no table: their connection has ended, or there has never
  /// been one. The first time all processes are looked into, then a few at a time, in turn.
  ///
  /// A socket of another network namespace is in a table of that, which is read through a process that is in it. Where the
  /// kernel tells all descriptors, it tells state and namespace of each socket, too.
  /// - Parameters:
  ///   - deadline: when to stop.
  ///   - openInodes: all sockets that are known in the namespaces that are watched, as of this poll.
  /// - Returns: those that two polls did not have.
  package mutating func findUnlisted(
    deadline: ContinuousClock.Instant, openInodes: () -> InodeTable
  ) -> [UnlistedSearch.Socket] {
    guard !unlisted.suspects.isEmpty || unlisted.pause.isOver() else { return [] }
    let start = ContinuousClock.now
    let isFirst = !unlisted.hasBegun
    defer { if !isFirst { unlisted.pause.begin(after: start) } }
    guard unlisted.suspects.isEmpty else { return confirmSuspects(openInodes(), deadline) }
    look(openInodes(), deadline)
    return []
  }

  private mutating func look(_ open: InodeTable, _ deadline: ContinuousClock.Instant) {
    if kernel.isOn, readKernel() {
      unlisted.suspects = kernel.closed.filter { !open.contains($0.inode) }
      unlisted.hasBegun = true
      return
    }
    if unlisted.round.isEmpty { unlisted.round = (try? processes()) ?? [] }
    searches &+= 1
    var search = OwnerSearch([], number: searches, deadline: deadline)
    var left = unlisted.hasBegun ? UnlistedSearch.portion : .max
    while left > 0, unlisted.suspects.count < UnlistedSearch.suspectLimit, !search.isOverdue,
      let pid = unlisted.round.popLast()
    {
      walk(pid, for: &search) { _, inode in inode == 0 || !open.contains(inode) }
      guard let descriptors = known[pid] else { continue }
      // To open a directory costs as much as to list some.
      left -= descriptors.count + 16
      for descriptor in descriptors.sockets(notIn: open)
      where ProcPidFd.isTCP(descriptor.number, of: pid, procfs) {
        unlisted.suspects.append(
          .init(inode: descriptor.inode, pid: pid, number: descriptor.number))
      }
    }
    unlisted.hasBegun = true
  }

  private mutating func confirmSuspects(
    _ open: InodeTable, _ deadline: ContinuousClock.Instant
  ) -> [UnlistedSearch.Socket] {
    var suspects = unlisted.suspects.filter { !open.contains($0.inode) }
    unlisted.suspects = []
    guard !suspects.isEmpty else { return [] }
    var found: [UInt32: UnlistedSearch.Socket] = [:]
    if kernel.isOn, readKernel() {
      let still = Set(kernel.closed)
      for suspect in suspects where found[suspect.inode] == nil && still.contains(suspect) {
        guard let holder = registry.process(suspect.pid), kernel.hasRead(holder.identity) else {
          continue
        }
        found[suspect.inode] = .init(
          inode: suspect.inode, holder: holder, netns: suspect.netns, isElsewhere: false)
      }
      return Array(found.values)
    }
    // Of those that the kernel told, /proc says more in another round.
    suspects.removeAll { $0.netns != nil }
    guard !suspects.isEmpty, let elsewhere = inodesElsewhere(deadline) else { return [] }
    for suspect in suspects where found[suspect.inode] == nil {
      guard !elsewhere.contains(suspect.inode), let holder = registry.process(suspect.pid),
        (try? link.read(
          procfs.path("\(suspect.pid)/fd/\(suspect.number)"), parse: ProcPidFd.socketInode))
          == suspect.inode
      else { continue }
      found[suspect.inode] = .init(
        inode: suspect.inode, holder: holder,
        isElsewhere: procfs.whereaboutsElsewhere(of: suspect.pid) != nil)
    }
    return Array(found.values)
  }

  /// The sockets of all other network namespaces that processes are in; nil if one cannot be read.
  private mutating func inodesElsewhere(_ deadline: ContinuousClock.Instant) -> InodeTable? {
    guard let own = namespace(of: "self"), let pids = try? processes() else { return nil }
    var unread = Set<String>()
    var read: Set = [own]
    var inodes = InodeTable()
    for pid in pids {
      guard let namespace = namespace(of: String(pid)), !read.contains(namespace) else { continue }
      var reader = ProcNetTCPReader(procfs: ProcFS(root: procfs.path("\(pid)")))
      let result = try? reader.read(deadline: deadline) { rows in
        for index in rows.indices { inodes[rows[index].inode] = 0 }
      }
      if result == nil {
        // It may just have ended; another may be in the same namespace.
        unread.insert(namespace)
      } else {
        read.insert(namespace)
      }
    }
    return unread.isSubset(of: read) ? inodes : nil
  }

  private mutating func namespace(of process: String) -> String? {
    try? link.read(procfs.path("\(process)/ns/net")) { String(lossy: $0, in: $0.indices) }
  }
}
