internal import Glibc
package import SocketStates

/// Finds the processes that hold sockets, by the links /proc/PID/fd/N to `socket:[inode]`.
///
/// Listing the descriptors of a process costs 0.7 µs each, reading one link 3.5 µs, and a host may
/// have 100,000. So what was read is remembered, and links are read in this order until nothing is
/// missing:
///
/// 1. in the hinted processes, without listing: the kernel gives the lowest free number to a new
///    descriptor, so that it has the number of a socket that has gone, or the next after all others;
/// 2. in the hinted processes, descriptors that were not known before or that were last seen to
///    be a wanted socket;
/// 3. the same in all other processes;
/// 4. in all processes, known descriptors, whose number may have been used again, unless the
///    socket they were last seen to be is still open.
///
/// A socket may have several holders; the tracker chooses. Steps are always finished, so that the
/// choice is among all holders that a step can see. After steps 1 and 2 there may be others
/// elsewhere: that is the price of not walking the host for each new connection of a server, and
/// none as long as the hints are that server's processes. Step 4 is not taken to find a second
/// holder: a socket that was sent to another process, into a descriptor number used before, may be
/// given to the sender.
package struct OwnerResolver: Sendable {
  private let procfs: ProcFS
  private var registry: ProcessRegistry
  private var link = SymbolicLink(longest: 64)
  /// What each process's descriptors were last seen to be.
  private var known: [Int32: KnownDescriptors] = [:]
  /// The number of the current search.
  private var searches: UInt32 = 0

  /// - Parameter rename: a name to show instead of the default; nil keeps that.
  package init(procfs: ProcFS, rename: @escaping @Sendable (ProcessFacts) -> String? = { _ in nil })
  {
    self.procfs = procfs
    registry = ProcessRegistry(procfs: procfs, rename: rename)
  }

  /// The user's rules for names.
  package var rename: @Sendable (ProcessFacts) -> String? {
    get { registry.rename }
    set { registry.rename = newValue }
  }

  /// The descriptor that a process was last seen to have of a socket.
  package func descriptor(of inode: UInt32, in pid: Int32) -> Int32? {
    known[pid]?.descriptor(of: inode)
  }

  /// Once a poll, before ``resolve(_:hints:deadline:openInodes:)``: drops processes that are
  /// no more and reads some names again (``ProcessRegistry``).
  package mutating func beginPoll() -> ProcessRegistry.Changes {
    let changes = registry.refresh()
    for process in changes.gone { known[process.identity.pid] = nil }
    return changes
  }

  /// Looks for the holders of the wanted sockets; walks nothing if none is wanted.
  ///
  /// Processes that vanish meanwhile are passed over.
  /// - Parameters:
  ///   - hints: pids that are likely holders, beside those that hold sockets already.
  ///   - deadline: when to stop; what was found by then is returned, as not complete.
  ///   - openInodes: the sockets that were in the dump that the wanted are from.
  /// - Throws: if the procfs itself cannot be listed.
  package mutating func resolve(
    _ request: OwnerRequest, hints: [Int32] = [], deadline: ContinuousClock.Instant,
    openInodes: () -> InodeTable = { InodeTable() }
  ) throws(SystemError) -> OwnerSearch.Result {
    note(request.closedInodes)
    searches &+= 1
    var search = OwnerSearch(request.inodes, number: searches, deadline: deadline)
    guard search.isOn else { return search.result }
    var hinted = Set<Int32>()
    var order: [Int32] = []
    for pid in request.knownProcesses + hints where hinted.insert(pid).inserted {
      order.append(pid)
    }
    for pid in order { probe(pid, for: &search) }
    guard search.isOn else { return search.result }
    for pid in order {
      walk(pid, for: &search) { search, inode in search.wants(inode) }
    }
    guard search.isOn else { return search.result }
    let pids = try processes()
    search.result.hidesProcesses = pids.first != 1
    for pid in pids where !hinted.contains(pid) {
      walk(pid, for: &search) { search, inode in search.wants(inode) }
    }
    if search.isOn {
      let open = openInodes()
      for pid in pids {
        walk(pid, for: &search) { _, inode in inode == 0 || !open.contains(inode) }
      }
    }
    let living = Set(pids)
    known = known.filter { living.contains($0.key) }
    return search.result
  }

  private mutating func note(_ closed: ContiguousArray<UInt32>) {
    guard !closed.isEmpty else { return }
    var gone = InodeTable(minimumCapacity: closed.count)
    for index in closed.indices { gone[closed[index]] = 0 }
    for pid in known.keys { known[pid]?.vacate(gone) }
  }

  private func processes() throws(SystemError) -> [Int32] {
    let directory = try DirectoryStream(procfs.root)
    var pids: [Int32] = []
    while let pid = directory.nextNumber(onlyDirectories: true) { pids.append(pid) }
    return pids.sorted()
  }

  /// Reads the descriptors of a known process where new ones most likely are.
  private mutating func probe(_ pid: Int32, for search: inout OwnerSearch) {
    guard !search.isOverdue, var descriptors = known[pid],
      let directory = try? Descriptor.open(procfs.path("\(pid)/fd"), flags: O_RDONLY | O_DIRECTORY)
    else { return }
    // Changed in place, and not a copy of it.
    known[pid] = nil
    defer { known[pid] = descriptors }
    descriptors.begin(search.number)
    descriptors.probe { number in
      guard let inode = try? link.read(number, at: directory.number, parse: ProcPidFd.socketInode)
      else { return nil }
      if search.wants(inode) { offer(inode, of: pid, to: &search) }
      return inode
    }
  }

  /// Reads the descriptors of one process that were not known before or may have changed.
  private mutating func walk(
    _ pid: Int32, for search: inout OwnerSearch, mayHaveChanged: (OwnerSearch, UInt32) -> Bool
  ) {
    guard !search.isOverdue, let directory = open(pid, for: &search) else { return }
    var before = known[pid] ?? KnownDescriptors()
    known[pid] = nil
    before.begin(search.number)
    var after = KnownDescriptors(search: search.number)
    after.reserveCapacity(before.count)
    defer { known[pid] = after }
    for number in ProcPidFd.numbers(directory) {
      if let descriptor = before.next(number),
        descriptor.wasRead || !mayHaveChanged(search, descriptor.inode)
      {
        after.append(descriptor)
        continue
      }
      guard !search.isOverdue else { break }
      let inode: UInt32
      do {
        inode = try link.read(number, at: directory.descriptor, parse: ProcPidFd.socketInode)
      } catch {
        if error.errno == EACCES || error.errno == EPERM {
          search.result.unreadProcesses.insert(pid)
          after = KnownDescriptors()
          return
        }
        continue
      }
      after.append(KnownDescriptor(number: number, inode: inode, wasRead: true))
      if search.wants(inode) { offer(inode, of: pid, to: &search) }
    }
  }

  private mutating func offer(_ inode: UInt32, of pid: Int32, to search: inout OwnerSearch) {
    search.offer(inode, of: pid) { registry.process(pid) }
  }

  private func open(_ pid: Int32, for search: inout OwnerSearch) -> DirectoryStream? {
    do {
      return try DirectoryStream(procfs.path("\(pid)/fd"))
    } catch {
      switch error.errno {
      case ENOENT, ESRCH, ENOTDIR: break
      case EACCES, EPERM: search.result.unlistedProcesses.insert(pid)
      default: search.result.isComplete = false
      }
      return nil
    }
  }
}
