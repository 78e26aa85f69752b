import Glibc
import SocketStates

/// Adds what the kernel has counted since the poll before to the groups of its owners.
struct KernelCounterPoller {
  private static let absence =
    "no kernel counters: connection attempts that fail in a blocking connect() are not counted, and those of processes that have ended are attributed to \"unknown\""
  private static let failure =
    "kernel counters are off: connections and failed attempts are counted from polls and destroy events"

  private var counters: KernelCounters
  private let procfs: ProcFS
  /// Inode of the daemon's own network namespace; nil until it could be read.
  private(set) var home: UInt64?
  /// Whether the last poll has read them.
  private(set) var isOn = false
  /// Whether this is the daemon's first poll.
  private var isFirst = true
  /// Whose owners this poll has looked at: thousands of sockets that have ended may be of one process.
  private var asked: Set<KernelProcess.Key> = []

  init(directory: String, procfs: ProcFS) {
    counters = KernelCounters(directory: directory)
    self.procfs = procfs
    readHome()
  }

  private mutating func readHome() {
    guard home == nil else { return }
    home = try? Descriptor.open(procfs.path("self/ns/net")).inode(name: "the network namespace")
  }

  /// Reads the counters and counts what is new. From the end of this poll on, the trackers leave connections and failed
  /// attempts to them.
  mutating func count(
    in watched: [NetworkNamespace], _ resolver: inout OwnerResolver,
    _ cgroups: inout CgroupDirectory, _ statistics: inout DaemonStatistics, _ log: inout PollLog
  ) {
    asked.removeAll(keepingCapacity: true)
    do throws(KernelCounterError) {
      defer { isFirst = false }
      let reading = try counters.read(countsFromLoad: isFirst)
      if reading.isBase { Self.leaveToTrackers(watched) }
      if !isOn {
        isOn = true
        _ = (log.forget(Self.absence), log.forget(Self.failure))
        log.add(PollLogEvent("kernel counters are read", [("directory", counters.directory)]))
      }
      add(reading, to: watched, &resolver, &cgroups)
      statistics.eventsMissed = (statistics.eventsMissed ?? [:]).merging(
        reading.missed, uniquingKeysWith: +)
    } catch {
      isOn = false
      counters.forget()
      Self.leaveToTrackers(watched)
      log.once(
        error.isAbsence ? Self.absence : Self.failure, error.description,
        isWarning: !error.isAbsence)
    }
  }

  /// What was announced since the last poll is still to be counted.
  private static func leaveToTrackers(_ watched: [NetworkNamespace]) {
    for namespace in watched { namespace.tracker.kernelCountsConnections = false }
  }

  private mutating func add(
    _ reading: KernelCounters.Reading, to watched: [NetworkNamespace],
    _ resolver: inout OwnerResolver, _ cgroups: inout CgroupDirectory
  ) {
    guard !reading.additions.isEmpty else { return }
    readHome()
    var namespaces: [UInt64: NetworkNamespace] = [:]
    for namespace in watched {
      if let inode = namespace.found?.inode ?? home { namespaces[inode] = namespace }
    }
    for addition in reading.additions {
      let key = addition.key
      guard let namespace = namespaces[UInt64(key.netns)] else { continue }
      let owner = owner(of: key.process, &resolver, &cgroups)
      namespace.tracker.count(
        SocketTracker.KernelCount(
          addition.event, addition.count, owner: owner, key.side,
          port: key.port == 0 ? nil : key.port))
    }
  }

  /// Tells that sockets may have ended since the last reading.
  mutating func noteEnds() { counters.mayHaveEnded = true }

  /// What the kernel keeps of a socket that has ended lately, or that nobody holds.
  mutating func endedSocket(
    _ cookie: UInt64, isThere: Bool, _ resolver: inout OwnerResolver,
    _ cgroups: inout CgroupDirectory
  ) -> EndedSocket? {
    guard let ending = counters.ending(cookie, isThere: isThere) else { return nil }
    var socket = ending.socket
    socket.owner = owner(of: ending.process, &resolver, &cgroups)
    return socket
  }

  /// Whose counters they are: as /proc has it while the process lives, else as the kernel has kept it.
  private mutating func owner(
    of key: KernelProcess.Key, _ resolver: inout OwnerResolver, _ cgroups: inout CgroupDirectory
  ) -> Owner? {
    guard let identity = key.identity, asked.insert(key).inserted else {
      return counters.owners[key]
    }
    if let living = resolver.registry.process(identity.pid), living.identity == identity {
      counters.owners[key] = living
    } else if counters.owners[key] == nil, let process = counters.processes[key] {
      let facts = process.facts(identity, unit: cgroups.unit(of: process.cgroup))
      counters.owners[key] = Owner(
        identity: identity, name: resolver.registry.name(ofGone: facts), unit: facts.unit)
    }
    return counters.owners[key]
  }
}
