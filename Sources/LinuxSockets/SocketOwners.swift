internal import Glibc

/// A process and its descriptor of a socket.
package struct SocketHolder: Hashable, Sendable {
  package var process: OwnerProcess
  package var descriptor: Int32
}

/// What ``SocketOwners/resolve(_:hints:deadline:isOpen:)`` found.
package struct SocketOwnership: Sendable {
  /// By inode; a socket that is not in here has no holder that could be seen.
  package var holders: [UInt32: [SocketHolder]] = [:]
  /// Whether sockets that are missing have been looked for everywhere, so that there is no use in
  /// asking for them again.
  package var isComplete = true
  /// Processes whose descriptors may not be listed: CAP_DAC_READ_SEARCH is missing.
  package var unlistedProcesses: Set<Int32> = []
  /// Processes whose descriptors were listed but may not be read: CAP_SYS_PTRACE is missing.
  package var unreadProcesses: Set<Int32> = []

  package init() {}
}

/// Finds the processes that hold sockets, by the links /proc/PID/fd/N to `socket:[inode]`.
///
/// Listing descriptors is cheap, reading one link costs 3.5 µs, and a host may have 100,000. So
/// what was read is remembered, and links are read in this order until nothing is missing:
///
/// 1. in the hinted processes, descriptors that were not known before or that were last seen to
///    be a wanted socket;
/// 2. the same in all other processes;
/// 3. in all processes, known descriptors, whose number may have been used again, unless the
///    socket they were last seen to be is still open.
///
/// A socket may have several holders; the ledger chooses. Steps 1 and 2 are always finished, so that
/// the choice is among all holders they can see. After step 1 there may be others
/// outside the hinted processes: that is the price of not walking the host for each new
/// connection of a server, and none as long as the hints are that server's processes. Step 3 is
/// not taken to find a second holder: a socket that was sent to another process, into a
/// descriptor number used before, may be given to the sender.
package struct SocketOwners: Sendable {
  private let procfs: ProcFS
  private var registry: ProcessRegistry
  private var link = SymbolicLink(longest: 64)
  /// What each process's descriptors were last seen to be, in ascending order.
  private var known: [Int32: [KnownDescriptor]] = [:]
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
    known[pid]?.first { $0.inode == inode }?.number
  }

  /// Once a poll, before ``resolve(_:hints:deadline:isOpen:)``: drops processes that are no more
  /// and reads some names again (``ProcessRegistry``).
  package mutating func beginPoll() -> ProcessRegistry.Changes {
    let changes = registry.refresh()
    for process in changes.gone { known[process.identity.pid] = nil }
    return changes
  }

  /// Looks for the holders of the wanted sockets; walks nothing if none is wanted.
  ///
  /// Processes that vanish meanwhile are passed over.
  /// - Parameters:
  ///   - hints: pids that are likely holders: owners of the port's listener, processes of the
  ///     socket's cgroup.
  ///   - deadline: when to stop; what was found by then is returned, as not complete.
  ///   - isOpen: whether a socket with this inode was in the dump that the wanted are from.
  /// - Throws: if the procfs itself cannot be listed.
  package mutating func resolve(
    _ wanted: some Sequence<UInt32>, hints: some Sequence<Int32>,
    deadline: ContinuousClock.Instant, isOpen: (UInt32) -> Bool = { _ in false }
  ) throws(SystemError) -> SocketOwnership {
    search &+= 1
    var hunt = SocketHunt(wanted, deadline: deadline)
    guard hunt.isOn else { return hunt.result }
    var hinted = Set<Int32>()
    for pid in hints where hinted.insert(pid).inserted {
      walk(pid, for: &hunt) { hunt, known in hunt.wants(known.inode) }
    }
    guard hunt.isOn else { return hunt.result }
    let pids = try processes()
    for pid in pids where !hinted.contains(pid) {
      walk(pid, for: &hunt) { hunt, known in hunt.wants(known.inode) }
    }
    for pid in pids where hunt.isOn {
      walk(pid, for: &hunt) { _, known in known.inode == 0 || !isOpen(known.inode) }
    }
    let living = Set(pids)
    known = known.filter { living.contains($0.key) }
    return hunt.result
  }

  private func processes() throws(SystemError) -> [Int32] {
    let directory = try DirectoryStream(procfs.root)
    var pids: [Int32] = []
    while let pid = directory.nextNumber(onlyDirectories: true) { pids.append(pid) }
    return pids.sorted()
  }

  /// Reads the descriptors of one process that were not known before or may have changed.
  private mutating func walk(
    _ pid: Int32, for hunt: inout SocketHunt, mayHaveChanged: (SocketHunt, KnownDescriptor) -> Bool
  ) {
    guard !hunt.isOverdue, let directory = open(pid, for: &hunt) else { return }
    let before = known[pid] ?? []
    var next = before.startIndex
    var after: [KnownDescriptor] = []
    after.reserveCapacity(before.count)
    var holder: OwnerProcess?
    for number in Self.descriptors(directory) {
      while next < before.endIndex, before[next].number < number { next += 1 }
      var descriptor = KnownDescriptor(number: number)
      if next < before.endIndex, before[next].number == number {
        descriptor = before[next]
        guard descriptor.read != search, mayHaveChanged(hunt, descriptor) else {
          after.append(descriptor)
          continue
        }
      }
      guard !hunt.isOverdue else { break }
      do {
        descriptor.inode = try link.read(
          String(number), at: directory.descriptor, parse: Self.socketInode)
      } catch {
        if error.errno == EACCES || error.errno == EPERM {
          hunt.result.unreadProcesses.insert(pid)
          return
        }
        continue
      }
      descriptor.read = search
      after.append(descriptor)
      guard hunt.wants(descriptor.inode) else { continue }
      if holder == nil { holder = registry.process(pid) }
      guard let holder else { return }
      hunt.offer(SocketHolder(process: holder, descriptor: number), of: descriptor.inode)
    }
    known[pid] = after
  }

  private func open(_ pid: Int32, for hunt: inout SocketHunt) -> DirectoryStream? {
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
  private static func descriptors(_ directory: borrowing DirectoryStream) -> [Int32] {
    var numbers: [Int32] = []
    var ascending = true
    while let number = directory.nextNumber() {
      if let last = numbers.last, last > number { ascending = false }
      numbers.append(number)
    }
    if !ascending { numbers.sort() }
    return numbers
  }

  /// The inode of `socket:[8675]`; 0 for anything else.
  static func socketInode(_ target: Span<UInt8>) -> UInt32 {
    let prefix = 8
    guard target.count > prefix + 1, target.holds("socket:[", in: 0..<prefix),
      target[target.count - 1] == UInt8(ascii: "]"),
      let inode = UInt64(decimal: target, in: prefix..<target.count - 1)
    else { return 0 }
    return UInt32(exactly: inode) ?? 0
  }
}

/// A descriptor as it was last read.
private struct KnownDescriptor: Sendable {
  var number: Int32
  /// 0 where it is no socket.
  var inode: UInt32 = 0
  /// The search that read it.
  var read: UInt32 = 0
}
