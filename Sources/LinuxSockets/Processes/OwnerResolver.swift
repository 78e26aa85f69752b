internal import Glibc
package import SocketStates

/// Finds the processes that hold sockets, by the links /proc/PID/fd/N to `socket:[inode]`.
///
/// Listing the descriptors of a process costs 0.7 to 1.6 µs each, reading one link 3.5 µs, and a host may
/// have 100,000. So what was read is remembered, and links are read in this order until nothing is
/// missing:
///
/// 1. in the hinted processes, without listing: the kernel gives the lowest free number to a new
///    descriptor, so that it has the number of a socket that has gone, or the next after all others;
/// 2. the same at numbers of sockets whose end only the dump has told, by not having them;
/// 3. in the hinted processes, descriptors that were not known before or that were last seen to
///    be a wanted socket; after step 4 if they have so many that their list costs more;
/// 4. all descriptors of processes that were never looked into; then, without listing, the likely numbers of those that
///    have held sockets before;
/// 5. the same as 3 in all others;
/// 6. in all processes, known descriptors, whose number may have been used again, unless the
///    socket they were last seen to be is still open;
/// 7. in threads with a table of descriptors of their own.
///
/// Steps 5 to 7 are in vain for a socket that nobody holds whom one can see: after that they are taken a twentieth of
/// the time at most.
///
/// Where sockstated-bpf has the kernel tell the descriptors of all processes (``KernelDescriptors``), one reading of that
/// takes the place of steps 5 to 7; of all steps if so much is missing that links would cost more; and of the links of
/// processes that may not be read.
///
/// A socket may have several holders; the tracker chooses. Steps are always finished, so that the
/// choice is among all holders that a step can see. After steps 1 to 4 there may be others
/// elsewhere: that is the price of not walking the host for each new connection of a server. Of a socket
/// that a finding is about, every holder is looked for, by reading all descriptors of the host.
///
/// A holder that is known may close its descriptor, or pass it on: known descriptors are read again when
/// the tracker asks (``OwnerRequest/held``, ``OwnerRequest/reported``).
package struct OwnerResolver: Sendable {
  let procfs: ProcFS
  var registry: ProcessRegistry
  var link = SymbolicLink(longest: 64)
  /// What each process's descriptors were last seen to be.
  private(set) var known: [Int32: KnownDescriptors] = [:]
  /// The process of each thread that has descriptors of its own: in ``known`` it stands as a process.
  private var processOfThread: [Int32: Int32] = [:]
  /// Whether process 1 was not in sight when the kernel's list was read.
  private var hidesProcesses = false
  /// The number of the current search.
  var searches: UInt32 = 0
  /// Between walks through all processes that did not find what was wanted.
  private var vainPause: SearchPause
  /// Between searches for every holder.
  private var sharedPause = SearchPause(factor: 50)
  /// How long what was found then is good: a minute, or longer where the search takes long.
  private var sharedAge = SearchPause(factor: 2_000, least: .seconds(60))
  /// The sockets of which every holder was looked for last.
  private var shared = InodeTable()
  /// The processes that held them, and all that there were: a new child of theirs holds what they hold.
  private var sharers = Set<Int32>()
  private var seenProcesses = Set<Int32>()
  /// Descriptors of hinted processes whose list costs more than a look into the others.
  private let manyDescriptors: Int
  /// New processes whose parents are read in a poll, at most.
  private static let newProcessLimit = 64
  /// What the kernel tells of all descriptors.
  package private(set) var kernel: KernelDescriptors
  /// The search for sockets that are in no table.
  var unlisted = UnlistedSearch()

  /// - Parameters:
  ///   - rename: a name to show instead of the default; nil keeps that.
  ///   - kernelCounters: where sockstated-bpf has pinned its files; nil if they are not to be read.
  ///   - vainPause: as of ``SearchPause/factor``, after searches in vain.
  ///   - manyDescriptors: of hinted processes, when they are listed last.
  package init(
    procfs: ProcFS, rename: @escaping @Sendable (ProcessFacts) -> String? = { _ in nil },
    kernelCounters: String? = nil, vainPause: Int = 20, manyDescriptors: Int = 20_000
  ) {
    self.procfs = procfs
    kernel = KernelDescriptors(directory: kernelCounters)
    registry = ProcessRegistry(procfs: procfs, rename: rename)
    self.vainPause = SearchPause(factor: vainPause)
    self.manyDescriptors = manyDescriptors
  }

  /// The user's rules for names.
  package var rename: @Sendable (ProcessFacts) -> String? {
    get { registry.rename }
    set { registry.rename = newValue }
  }

  /// The descriptor that a process was last seen to have of a socket.
  package func descriptor(of inode: UInt32, in pid: Int32) -> Int32? {
    if let number = known[pid]?.descriptor(of: inode) { return number }
    for (thread, process) in processOfThread where process == pid {
      if let number = known[thread]?.descriptor(of: inode) { return number }
    }
    return nil
  }

  /// Once a poll, before ``begin(_:hints:deadline:)``: drops processes that are
  /// no more and reads some names again (``ProcessRegistry``).
  package mutating func beginPoll() -> ProcessRegistry.Changes {
    let changes = registry.refresh()
    kernel.beginPoll()
    for process in changes.gone { known[process.identity.pid] = nil }
    return changes
  }

  /// Begins to look for the holders of the wanted sockets, where most of them are: known holders, and the first step; or
  /// answers from the kernel's list.
  /// - Parameters:
  ///   - hints: pids that are likely holders, beside those that hold sockets already.
  ///   - deadline: when to stop.
  package mutating func begin(
    _ request: OwnerRequest, hints: [Int32] = [], deadline: ContinuousClock.Instant
  ) -> OwnerSearch {
    note(request.closedInodes)
    searches &+= 1
    var search = OwnerSearch(
      request.inodes, hints: request.knownProcesses + hints, number: searches, deadline: deadline)
    if askKernel(request, for: &search) { return search }
    verify(request, for: &search)
    for pid in search.hinted where search.isOn && !kernel.denied.contains(pid) {
      probe(pid, for: &search)
    }
    return search
  }

  /// Goes on with what is still wanted.
  /// - Parameters:
  ///   - later: the request anew, after some time; nil if it asks for nothing any more.
  ///   - request: that of the search.
  package mutating func keep(
    _ later: OwnerRequest?, of request: OwnerRequest, in search: inout OwnerSearch
  ) {
    note(later?.closedInodes ?? [])
    search.keep(later?.inodes ?? [], of: request.inodes)
  }

  /// Looks on until nothing is missing; walks nothing if nothing is.
  ///
  /// Processes that vanish meanwhile are passed over.
  /// - Parameters:
  ///   - search: as ``begin(_:hints:deadline:)`` has left it.
  ///   - shared: as of ``OwnerRequest/shared``.
  ///   - openInodes: the sockets that were in the dump that the wanted are from.
  /// - Returns: what was found; not complete if the deadline has passed.
  /// - Throws: if the procfs itself cannot be listed.
  package mutating func finish(
    _ search: OwnerSearch, shared: ContiguousArray<UInt32>,
    openInodes: () -> InodeTable = { InodeTable() }
  ) throws(SystemError) -> OwnerSearch.Result {
    var search = search
    if search.isAnswered {
      return search.result
    } else if wantsEveryHolder(shared) {
      try findEveryHolder(shared, for: &search)
    } else {
      try find(for: &search, openInodes)
    }
    return search.result
  }

  /// Takes the other steps until nothing is missing.
  private mutating func find(
    for search: inout OwnerSearch, _ openInodes: () -> InodeTable
  ) throws(SystemError) {
    guard search.isOn else { return }
    lazy var open = openInodes()
    // Step 2.
    for pid in search.hinted where search.isOn && !kernel.denied.contains(pid) {
      if known[pid]?.vacate(allBut: open) ?? false { probe(pid, for: &search) }
    }
    guard search.isOn else { return }
    let hasMany =
      search.hinted.reduce(0) { $0 + (known[$1]?.count ?? 0) } > manyDescriptors
    if !hasMany { walkHinted(for: &search) }
    guard search.isOn else { return }
    let hinted = Set(search.hinted)
    let pids = try processes()
    search.result.hidesProcesses = pids.first != 1
    guard !pids.isEmpty else {
      // The procfs is away, and says nothing of anybody.
      search.result.isComplete = false
      return
    }
    let new = pids.filter {
      known[$0] == nil && !hinted.contains($0) && !kernel.denied.contains($0)
    }
    if kernel.isOn, new.count > Self.newProcessLimit, takeFromKernel(for: &search) { return }
    for pid in new { walk(pid, for: &search) { _, _ in true } }
    if search.isOn {
      for pid in pids where !hinted.contains(pid) && known[pid]?.hasHeldSockets ?? false {
        probe(pid, for: &search)
      }
    }
    if hasMany, search.isOn { walkHinted(for: &search) }
    guard search.isOn, vainPause.isOver() else { return }
    let start = ContinuousClock.now
    if !takeFromKernel(for: &search) { walkAll(pids, hinted, for: &search, open) }
    noteVain(&search, since: start)
  }

  /// Step 3.
  private mutating func walkHinted(for search: inout OwnerSearch) {
    for pid in search.hinted where !kernel.denied.contains(pid) {
      walk(pid, for: &search) { search, inode in search.wants(inode) }
    }
  }

  /// Steps 5 to 7.
  private mutating func walkAll(
    _ pids: [Int32], _ hinted: Set<Int32>, for search: inout OwnerSearch, _ open: InodeTable
  ) {
    for pid in pids where !hinted.contains(pid) {
      walk(pid, for: &search) { search, inode in search.wants(inode) }
    }
    if search.isOn {
      for pid in pids {
        walk(pid, for: &search) { _, inode in inode == 0 || !open.contains(inode) }
      }
    }
    if search.isOn { walkThreads(of: pids, for: &search) }
    forgetAllBut(pids)
  }

  /// Notes what was looked for everywhere and not found.
  private mutating func noteVain(_ search: inout OwnerSearch, since start: ContinuousClock.Instant)
  {
    guard search.isOn else { return }
    vainPause.begin(after: start)
    search.result.unfound = search.missing
  }

  /// Answers a request from the kernel's list alone, if that costs less than links, is known in this poll already, or
  /// shows what links do not.
  private mutating func askKernel(_ request: OwnerRequest, for search: inout OwnerSearch) -> Bool {
    let start = ContinuousClock.now
    let isCheap =
      request.inodes.count * KernelDescriptors.linkCost
      > known.values.reduce(0) { $0 + $1.count } && vainPause.isOver(at: start)
    let isNeeded =
      !kernel.denied.isEmpty && request.held.count + request.reported.count > 0
      && kernel.pause.isOver(at: start)
    guard kernel.isFresh || isCheap || isNeeded, readKernel() else { return false }
    let sockets = request.sockets
    for index in sockets.indices { search.want(sockets[index], isFound: true) }
    offerKnown(to: &search)
    for index in request.held.indices
    where !search.result.holders.contains(request.held[index]) {
      search.result.holders.lost[request.held[index]] = 0
    }
    noteVain(&search, since: start)
    search.isAnswered = true
    return true
  }

  /// Offers what is wanted of all that the kernel tells.
  /// - Returns: whether it tells it; else links have to be read.
  private mutating func takeFromKernel(for search: inout OwnerSearch) -> Bool {
    guard readKernel() else { return false }
    offerKnown(to: &search)
    return true
  }

  /// Reads what the kernel tells of all processes, once a poll.
  mutating func readKernel() -> Bool {
    guard !kernel.isFresh else { return true }
    guard let pids = try? processes(), !pids.isEmpty,
      let tables = kernel.read(
        procfs, own: registry.process(getpid())?.identity, search: searches)
    else { return false }
    known = tables.known
    processOfThread = tables.processOfThread
    // A process without descriptors is not in the list, and is known all the same.
    for pid in pids where known[pid] == nil { known[pid] = KnownDescriptors(search: searches) }
    hidesProcesses = pids.first != 1
    return true
  }

  private mutating func offerKnown(to search: inout OwnerSearch) {
    search.result.hidesProcesses = hidesProcesses
    for (number, descriptors) in known {
      let pid = process(of: number)
      descriptors.eachSocket { inode in
        guard search.wants(inode) else { return }
        search.offer(inode, of: pid) {
          registry.process(pid).flatMap { kernel.hasRead($0.identity) ? $0 : nil }
        }
      }
    }
  }

  private mutating func walkThreads(of pids: [Int32], for search: inout OwnerSearch) {
    for pid in pids where !search.isOverdue {
      for thread in ProcPidTask.threadsWithOwnDescriptors(of: pid, procfs) {
        processOfThread[thread] = pid
        walk(thread, for: &search) { _, _ in true }
      }
    }
  }

  private mutating func forgetAllBut(_ pids: [Int32]) {
    let living = Set(pids)
    known = known.filter { living.contains(process(of: $0.key)) }
    processOfThread = processOfThread.filter { known[$0.key] != nil }
  }

  private func process(of number: Int32) -> Int32 { processOfThread[number] ?? number }

  private func descriptors(of number: Int32) -> String {
    let thread = processOfThread[number].map { "\($0)/task/" } ?? ""
    return procfs.path("\(thread)\(number)/fd")
  }

  private mutating func note(_ closed: ContiguousArray<UInt32>) {
    guard !closed.isEmpty else { return }
    var gone = InodeTable(minimumCapacity: closed.count)
    for index in closed.indices { gone[closed[index]] = 0 }
    for pid in known.keys { known[pid]?.vacate(gone) }
  }

  /// Looks at known holders again; sockets that are about to be reported and have lost them are wanted.
  private mutating func verify(_ request: OwnerRequest, for search: inout OwnerSearch) {
    let sockets = InodeSet(request.sockets)
    var confirmed = InodeTable(minimumCapacity: request.sockets.count)
    for pid in known.keys { reread(pid, sockets, &confirmed, for: &search) }
    guard search.result.isComplete else { return }
    for index in request.held.indices where !confirmed.contains(request.held[index]) {
      search.result.holders.lost[request.held[index]] = 0
    }
    for index in request.reported.indices where !confirmed.contains(request.reported[index]) {
      search.want(request.reported[index], isFound: false)
    }
  }

  private mutating func reread(
    _ pid: Int32, _ sockets: InodeSet, _ confirmed: inout InodeTable,
    for search: inout OwnerSearch
  ) {
    guard !search.isOverdue, let places = known[pid]?.places(of: sockets), !places.isEmpty,
      var descriptors = known.removeValue(forKey: pid)
    else { return }
    defer { known[pid] = descriptors }
    descriptors.begin(search.number)
    func confirm(_ inode: UInt32) {
      confirmed[inode] = 0
      offer(inode, of: pid, to: &search)
    }
    do throws(SystemError) {
      let directory = try Descriptor.open(
        self.descriptors(of: pid), flags: O_RDONLY | O_DIRECTORY)
      descriptors.reread(places) { descriptor in
        let inode = read(descriptor, at: directory.number)
        // It may have become another of them (dup2(2)).
        if let inode, sockets.contains(inode) {
          confirm(inode)
        } else if let inode, search.wants(inode) {
          offer(inode, of: pid, to: &search)
        }
        return inode
      }
    } catch {
      let isGone = error.errno == ENOENT || error.errno == ESRCH
      descriptors.reread(places) { descriptor in
        guard !isGone else { return nil }
        confirm(descriptor.inode)
        return descriptor.inode
      }
    }
  }

  /// The inode behind a descriptor now, as it was last seen if that may not be looked at; nil if the
  /// number is free.
  private mutating func read(_ descriptor: KnownDescriptor, at directory: Int32) -> UInt32? {
    do throws(SystemError) {
      return try link.read(descriptor.number, at: directory, parse: ProcPidFd.socketInode)
    } catch {
      return error.errno == ENOENT ? nil : descriptor.inode
    }
  }

  /// Whether it is time to look for every holder of the sockets: there is one of which nobody has
  /// looked, or what was found has aged.
  private mutating func wantsEveryHolder(_ sockets: ContiguousArray<UInt32>) -> Bool {
    guard !sockets.isEmpty, sharedPause.isOver() else { return false }
    return sharedAge.isOver() || sockets.contains { !shared.contains($0) } || haveSharersForked()
  }

  private mutating func haveSharersForked() -> Bool {
    guard let pids = try? processes() else { return false }
    let new = pids.filter { !seenProcesses.contains($0) }.prefix(Self.newProcessLimit)
    seenProcesses.formUnion(new)
    return new.contains { registry.parent(of: $0).map(sharers.contains) ?? false }
  }

  /// Reads every descriptor of the host.
  private mutating func findEveryHolder(
    _ sockets: ContiguousArray<UInt32>, for search: inout OwnerSearch
  ) throws(SystemError) {
    let start = ContinuousClock.now
    shared = InodeTable(minimumCapacity: sockets.count)
    for index in sockets.indices {
      shared[sockets[index]] = 0
      search.want(sockets[index], isFound: true)
    }
    let pids = try processes()
    search.result.hidesProcesses = pids.first != 1
    if !takeFromKernel(for: &search) {
      for pid in pids { walk(pid, for: &search) { _, _ in true } }
      if search.isOn { walkThreads(of: pids, for: &search) }
      forgetAllBut(pids)
    }
    seenProcesses = Set(pids)
    sharers = Set(search.result.holders.processes.map(\.pid))
    sharedPause.begin(after: start)
    sharedAge.begin(after: start)
  }

  func processes() throws(SystemError) -> [Int32] {
    let directory = try DirectoryStream(procfs.root)
    var pids: [Int32] = []
    while let pid = directory.nextNumber(onlyDirectories: true) { pids.append(pid) }
    return pids.sorted()
  }

  /// Reads the descriptors of a known process where new ones most likely are.
  private mutating func probe(_ pid: Int32, for search: inout OwnerSearch) {
    guard !search.isOverdue, var descriptors = known[pid],
      let directory = try? Descriptor.open(
        self.descriptors(of: pid), flags: O_RDONLY | O_DIRECTORY)
    else { return }
    // Changed in place, and not a copy of it.
    known[pid] = nil
    defer { known[pid] = descriptors }
    descriptors.begin(search.number)
    descriptors.probe { number in
      guard let inode = try? link.read(number, at: directory.number, parse: ProcPidFd.socketInode)
      else { return nil }
      let isWanted = search.wants(inode)
      if isWanted { offer(inode, of: pid, to: &search) }
      return (inode, isWanted)
    }
  }

  /// Reads the descriptors of one process that were not known before or may have changed.
  mutating func walk(
    _ pid: Int32, for search: inout OwnerSearch, mayHaveChanged: (OwnerSearch, UInt32) -> Bool
  ) {
    guard !search.isOverdue, let directory = open(pid, for: &search) else { return }
    var before = known[pid] ?? KnownDescriptors()
    known[pid] = nil
    before.begin(search.number)
    var after = KnownDescriptors(search: search.number, hasHeldSockets: before.hasHeldSockets)
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
        guard error.errno == EACCES || error.errno == EPERM else { continue }
        // So are those of a process refused that has just ended (proc_fd_access_allowed(), fs/proc/base.c).
        guard !registry.hasEnded(process(of: pid)) else { return }
        // The kernel tells them.
        if kernel.isOn {
          kernel.denied.insert(pid)
          after = before
        } else {
          search.result.unreadProcesses.insert(process(of: pid))
          after = KnownDescriptors()
        }
        return
      }
      after.append(KnownDescriptor(number: number, inode: inode, wasRead: true))
      if search.wants(inode) { offer(inode, of: pid, to: &search) }
    }
  }

  private mutating func offer(_ inode: UInt32, of pid: Int32, to search: inout OwnerSearch) {
    let process = process(of: pid)
    search.offer(inode, of: process) { registry.process(process) }
  }

  private mutating func open(_ pid: Int32, for search: inout OwnerSearch) -> DirectoryStream? {
    do {
      return try DirectoryStream(descriptors(of: pid))
    } catch {
      switch error.errno {
      case ENOENT, ESRCH, ENOTDIR: break
      case EACCES, EPERM:
        if kernel.isOn {
          kernel.denied.insert(pid)
        } else {
          search.result.unlistedProcesses.insert(process(of: pid))
        }
      default: search.result.isComplete = false
      }
      return nil
    }
  }
}
