internal import Glibc
package import SocketStates

/// What ``SocketOwners/resolve(_:vacated:hints:deadline:openInodes:)`` found.
package struct SocketOwnership: Sendable {
  /// A process's descriptor of a wanted socket.
  package struct Claim: Sendable, BitwiseCopyable {
    package var inode: UInt32
    /// Index in ``SocketOwnership/processes``.
    package var process: Int32
    package var descriptor: Int32
  }

  /// The holders of wanted sockets.
  package var processes: [OwnerProcess] = []
  /// A socket that has none has no holder that could be seen; it may have several.
  package var claims = ContiguousArray<Claim>()
  /// Whether sockets that are missing have been looked for everywhere, so that there is no use in
  /// asking for them again.
  package var isComplete = true
  /// Processes whose descriptors may not be listed: CAP_DAC_READ_SEARCH is missing.
  package var unlistedProcesses: Set<Int32> = []
  /// Processes whose descriptors were listed but may not be read: CAP_SYS_PTRACE is missing.
  package var unreadProcesses: Set<Int32> = []
  /// Whether process 1 was not in sight: the mount option hidepid hides the processes of others
  /// (proc(5)).
  package var hidesProcesses = false

  package init() {}
}

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
package struct SocketOwners: Sendable {
  private let procfs: ProcFS
  private var registry: ProcessRegistry
  private var link = SymbolicLink(longest: 64)
  /// What each process's descriptors were last seen to be.
  private var known: [Int32: KnownDescriptors] = [:]
  /// The number of the current search.
  private var search: UInt32 = 0

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

  /// Once a poll, before ``resolve(_:vacated:hints:deadline:openInodes:)``: drops processes that are
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
  ///   - vacated: inodes of sockets that have gone, whose descriptors' numbers are free.
  ///   - hints: pids that are likely holders: owners of the port's listener, processes of the
  ///     socket's cgroup.
  ///   - deadline: when to stop; what was found by then is returned, as not complete.
  ///   - openInodes: the sockets that were in the dump that the wanted are from.
  /// - Throws: if the procfs itself cannot be listed.
  package mutating func resolve(
    _ wanted: borrowing ContiguousArray<UInt32>, closed: borrowing ContiguousArray<UInt32> = [],
    hints: some Sequence<Int32>, deadline: ContinuousClock.Instant,
    openInodes: () -> InodeTable = { InodeTable() }
  ) throws(SystemError) -> SocketOwnership {
    note(closed)
    search &+= 1
    var hunt = OwnerSearch(wanted, number: search, deadline: deadline)
    guard hunt.isOn else { return hunt.result }
    var hinted = Set<Int32>()
    var order: [Int32] = []
    for pid in hints where hinted.insert(pid).inserted { order.append(pid) }
    for pid in order { probe(pid, for: &hunt) }
    guard hunt.isOn else { return hunt.result }
    for pid in order {
      walk(pid, for: &hunt) { hunt, inode in hunt.wants(inode) }
    }
    guard hunt.isOn else { return hunt.result }
    let pids = try processes()
    hunt.result.hidesProcesses = pids.first != 1
    for pid in pids where !hinted.contains(pid) {
      walk(pid, for: &hunt) { hunt, inode in hunt.wants(inode) }
    }
    if hunt.isOn {
      let open = openInodes()
      for pid in pids {
        walk(pid, for: &hunt) { _, inode in inode == 0 || !open.contains(inode) }
      }
    }
    let living = Set(pids)
    known = known.filter { living.contains($0.key) }
    return hunt.result
  }

  private mutating func note(_ closed: borrowing ContiguousArray<UInt32>) {
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
  private mutating func probe(_ pid: Int32, for hunt: inout OwnerSearch) {
    guard !hunt.isOverdue, var descriptors = known[pid],
      let directory = try? Descriptor.open(procfs.path("\(pid)/fd"), flags: O_RDONLY | O_DIRECTORY)
    else { return }
    // Changed in place, and not a copy of it.
    known[pid] = nil
    defer { known[pid] = descriptors }
    descriptors.begin(hunt.number)
    descriptors.probe { number in
      guard let inode = try? link.read(number, at: directory.number, parse: Self.socketInode)
      else { return nil }
      if hunt.wants(inode) { offer(inode, of: pid, descriptor: number, to: &hunt) }
      return inode
    }
  }

  /// Reads the descriptors of one process that were not known before or may have changed.
  private mutating func walk(
    _ pid: Int32, for hunt: inout OwnerSearch, mayHaveChanged: (OwnerSearch, UInt32) -> Bool
  ) {
    guard !hunt.isOverdue, let directory = open(pid, for: &hunt) else { return }
    var before = known[pid] ?? KnownDescriptors()
    known[pid] = nil
    before.begin(hunt.number)
    var after = KnownDescriptors(search: hunt.number)
    after.reserveCapacity(before.count)
    defer { known[pid] = after }
    for number in Self.descriptors(directory) {
      if let descriptor = before.next(number),
        descriptor.wasRead || !mayHaveChanged(hunt, descriptor.inode)
      {
        after.append(descriptor)
        continue
      }
      guard !hunt.isOverdue else { break }
      let inode: UInt32
      do {
        inode = try link.read(number, at: directory.descriptor, parse: Self.socketInode)
      } catch {
        if error.errno == EACCES || error.errno == EPERM {
          hunt.result.unreadProcesses.insert(pid)
          after = KnownDescriptors()
          return
        }
        continue
      }
      after.append(KnownDescriptor(number: number, inode: inode, wasRead: true))
      if hunt.wants(inode) { offer(inode, of: pid, descriptor: number, to: &hunt) }
    }
  }

  private mutating func offer(
    _ inode: UInt32, of pid: Int32, descriptor: Int32, to hunt: inout OwnerSearch
  ) {
    hunt.offer(inode, of: pid, descriptor: descriptor) { registry.process(pid) }
  }

  private func open(_ pid: Int32, for hunt: inout OwnerSearch) -> DirectoryStream? {
    do {
      return try DirectoryStream(procfs.path("\(pid)/fd"))
    } catch {
      switch error.errno {
      case ENOENT, ESRCH, ENOTDIR: break
      case EACCES, EPERM: hunt.result.unlistedProcesses.insert(pid)
      default: hunt.result.isComplete = false
      }
      return nil
    }
  }

  /// The kernel lists descriptors in ascending order; nothing promises it.
  private static func descriptors(_ directory: borrowing DirectoryStream) -> ContiguousArray<Int32>
  {
    var numbers = ContiguousArray<Int32>()
    var ascending = true
    while let number = directory.nextNumber() {
      if let last = numbers.last, last > number { ascending = false }
      numbers.append(number)
    }
    if !ascending { numbers.sort() }
    return numbers
  }

  /// The inode of `socket:[8675]`; 0 for anything else.
  package static func socketInode(_ target: Span<UInt8>) -> UInt32 {
    let prefix = 8
    guard target.count > prefix + 1, target.holds("socket:[", in: 0..<prefix),
      target[target.count - 1] == UInt8(ascii: "]"),
      let inode = UInt64(decimal: target, in: prefix..<target.count - 1)
    else { return 0 }
    return UInt32(exactly: inode) ?? 0
  }
}
