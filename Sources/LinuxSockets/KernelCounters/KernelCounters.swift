import SocketStates

/// The kernel's counters from one poll to the next: what was added, and to whom.
struct KernelCounters {
  /// Events that were counted since the poll before.
  struct Addition {
    var key: KernelCounter.Key
    var count: UInt64
  }

  /// What was added, and which processes are new.
  struct Reading {
    var additions: [Addition] = []
    var missed: [MissedEvents: UInt64] = [:]
    /// Of processes that are not known yet.
    var processes: [KernelProcess.Key: KernelProcess] = [:]
  }

  let directory: String
  /// The set that the counters are of; nil if the last poll has not read any.
  private var loaded: UInt64?
  private var counts: [KernelCounter.Key: UInt64] = [:]
  /// The owners of the processes that there are counters of.
  var owners: [KernelProcess.Key: Owner] = [:]
  /// How many counters were made until the first reading, and until the last; how many came in between and were seen.
  private var createdFirst: UInt64 = 0
  private var createdLast: UInt64 = 0
  private var seen: UInt64 = 0
  private var missed: [MissedEvents: UInt64] = [:]

  init(directory: String) { self.directory = directory }

  /// What is left out when the counters have gone: those that come next begin anew.
  mutating func forget() {
    loaded = nil
    counts = [:]
    owners = [:]
  }

  /// Reads them. The first reading is the base, and adds nothing.
  mutating func read() throws(KernelCounterError) -> Reading {
    let file = try KernelCounterFile.read(.counters, in: directory)
    let isBase = loaded == nil
    if loaded != file.loaded {
      counts = [:]
      seen = 0
      createdFirst = isBase ? file.created : 0
      createdLast = createdFirst
      missed = isBase ? [.noMark: file.noMark, .noCounter: file.noCounter] : [:]
      loaded = file.loaded
    }
    var reading = Reading()
    var now: [KernelCounter.Key: UInt64] = [:]
    now.reserveCapacity(file.count)
    for counter in file.counters {
      now[counter.key] = counter.count
      let before = counts[counter.key]
      if before == nil, !isBase { seen += 1 }
      // One that is smaller is another, made after the first had to make room.
      let base = isBase ? counter.count : before.flatMap { $0 > counter.count ? nil : $0 } ?? 0
      if counter.count > base {
        reading.additions.append(Addition(key: counter.key, count: counter.count - base))
      }
    }
    counts = now
    note(.noMark, file.noMark, in: &reading)
    note(.noCounter, file.noCounter, in: &reading)
    // Those that were made during this reading may come with the next.
    let made = createdLast &- createdFirst
    note(.replaced, made > seen ? made - seen : 0, in: &reading)
    createdLast = max(createdLast, file.created)
    try readProcesses(into: &reading)
    return reading
  }

  private mutating func note(_ kind: MissedEvents, _ total: UInt64, in reading: inout Reading) {
    let known = missed[kind] ?? 0
    guard total > known else { return }
    reading.missed[kind] = total - known
    missed[kind] = total
  }

  private mutating func readProcesses(into reading: inout Reading) throws(KernelCounterError) {
    guard !reading.additions.isEmpty else { return }
    let living = Set(counts.keys.lazy.map(\.process))
    owners = owners.filter { living.contains($0.key) }
    let isKnown = reading.additions.allSatisfy {
      $0.key.process.identity == nil || owners[$0.key.process] != nil
    }
    if isKnown { return }
    for process in try KernelCounterFile.read(.processes, in: directory).processes
    where owners[process.key] == nil { reading.processes[process.key] = process }
  }
}
