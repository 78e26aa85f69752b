import SocketStates

/// The kernel's counters from one poll to the next: what was added, and to whom.
struct KernelCounters {
  /// What was counted since the poll before.
  struct Addition {
    var key: KernelCounter.Key
    var event: SocketTracker.KernelEvent
    var count: UInt64 = 1
  }

  /// What was added.
  struct Reading {
    var additions: [Addition] = []
    var missed: [MissedEvents: UInt64] = [:]
    /// Whether connections and attempts since the poll before are not among the additions.
    var isBase = false
  }

  let directory: String
  /// The set that the counters are of; nil if the last poll has not read any.
  private var loaded: UInt64?
  private var counters = KernelMap<KernelCounter.Key, UInt64>()
  private var groups = KernelMap<KernelCounter.Key, KernelConnections>()
  private var missed: [MissedEvents: UInt64] = [:]
  /// The sockets that have ended of late, and those that nobody holds; nil until somebody asks.
  private var endings: KernelEndings?
  private var orphans: KernelEndings?
  /// Whether sockets may have ended that are not among ``endings``.
  var mayHaveEnded = true
  /// The owners of the processes that there are counters of.
  var owners: [KernelProcess.Key: Owner] = [:]
  /// Of processes that are not among them.
  private(set) var processes: [KernelProcess.Key: KernelProcess] = [:]

  init(directory: String) { self.directory = directory }

  /// What is left out when the counters have gone: those that come next begin anew.
  mutating func forget() { self = KernelCounters(directory: directory) }

  /// What the kernel keeps of a socket that has ended, or that nobody holds. It is read only now, after what has told
  /// that it has ended.
  /// - Parameter isThere: whether a dump has had it.
  mutating func ending(_ cookie: UInt64, isThere: Bool) -> KernelEnding? {
    if isThere {
      if orphans == nil {
        orphans = readEndings(.orphans)
        // Those that are not there any more.
        mayHaveEnded = true
      }
      if let orphan = orphans?[cookie] { return orphan }
    }
    if endings?[cookie] == nil, mayHaveEnded {
      mayHaveEnded = false
      endings = readEndings(.endings)
    }
    return endings?[cookie]
  }

  /// Reads them. The first reading is the base, and adds nothing; so is that of another set, but for the resets, which
  /// nothing else has counted meanwhile.
  /// - Parameter countsFromLoad: whether the first reading adds all since the counters were loaded. If some have made
  ///   room for others nobody knows how much that was, and it is the base all the same.
  mutating func read(countsFromLoad: Bool = false) throws(KernelCounterError) -> Reading {
    let counters = try KernelCounterFile.read(.counters, in: directory)
    let groups = try KernelCounterFile.read(.groups, in: directory)
    let isWhole =
      counters.created == UInt64(counters.count) && groups.created == UInt64(groups.count)
    let isOther = loaded != counters.loaded
    let isFirst = loaded == nil && !(countsFromLoad && isWhole)
    var reading = Reading(isBase: isOther && (loaded != nil || isFirst))
    if isOther {
      self.counters.begin(created: isFirst ? counters.created : 0)
      self.groups.begin(created: reading.isBase ? groups.created : 0)
      missed = isFirst ? [.noMark: counters.noMark, .noCounter: counters.noCounter] : [:]
      loaded = counters.loaded
    }
    for (key, count) in self.counters.update(
      counters.counters.lazy.map { ($0.key, $0.count) }, created: counters.created, isBase: isFirst)
    {
      guard let event = key.event, !reading.isBase || event.isReset else { continue }
      reading.additions.append(Addition(key: key, event: event, count: count))
    }
    for (key, connections) in self.groups.update(
      groups.groups.lazy.map { ($0.key, $0.connections) }, created: groups.created,
      isBase: reading.isBase)
    {
      reading.additions.append(Addition(key: key, event: .connections(connections)))
    }
    note(.noMark, counters.noMark, in: &reading)
    note(.noCounter, counters.noCounter, in: &reading)
    let replaced = self.counters.takeReplaced() + self.groups.takeReplaced()
    if replaced > 0 { reading.missed[.replaced] = replaced }
    let wanted = Set(reading.additions.lazy.map(\.key.process))
    let living = self.counters.processes.union(self.groups.processes).union(wanted)
    owners = owners.filter { living.contains($0.key) }
    processes = processes.filter { wanted.contains($0.key) }
    try readProcesses(wanted)
    (endings, orphans, mayHaveEnded) = (nil, nil, true)
    return reading
  }

  private mutating func note(_ kind: MissedEvents, _ total: UInt64, in reading: inout Reading) {
    let known = missed[kind] ?? 0
    guard total > known else { return }
    reading.missed[kind] = total - known
    missed[kind] = total
  }

  private mutating func readEndings(_ kind: KernelCounterFile.Kind) -> KernelEndings {
    let file = try? KernelCounterFile.read(kind, in: directory)
    if let file { try? readProcesses(Set(file.processesOfEndings)) }
    return KernelEndings(file)
  }

  private mutating func readProcesses(
    _ wanted: Set<KernelProcess.Key>
  ) throws(KernelCounterError) {
    guard
      wanted.contains(where: { $0.identity != nil && owners[$0] == nil && processes[$0] == nil })
    else { return }
    for process in try KernelCounterFile.read(.processes, in: directory).processes
    where wanted.contains(process.key) { processes[process.key] = process }
  }
}

/// What one of the kernel's maps had at the last poll.
private struct KernelMap<Key: Hashable, Value: KernelValue> {
  private(set) var values: [Key: Value] = [:]
  /// How many records were made until the first reading, and until the last; how many came in between and were seen.
  private var createdFirst: UInt64 = 0
  private var createdLast: UInt64 = 0
  private var seen: UInt64 = 0
  private var replaced: UInt64 = 0

  /// Begins with another set of them.
  mutating func begin(created: UInt64) {
    self = KernelMap()
    (createdFirst, createdLast) = (created, created)
  }

  /// What was added to each record.
  mutating func update(
    _ records: some Sequence<(Key, Value)>, created: UInt64, isBase: Bool
  ) -> [(Key, Value)] {
    var additions: [(Key, Value)] = []
    var now: [Key: Value] = [:]
    now.reserveCapacity(values.count)
    for (key, value) in records {
      // A reading that was interrupted may have one twice.
      let before = now.updateValue(value, forKey: key) ?? values[key]
      if before == nil, !isBase { seen += 1 }
      if isBase { continue }
      // One that is smaller is another, made after the first had to make room.
      let added = before.map { value.subtracting($0) ?? value } ?? value
      if !added.isZero { additions.append((key, added)) }
    }
    values = now
    // Those that were made during this reading may come with the next.
    let made = createdLast &- createdFirst
    replaced = max(replaced, made > seen ? made - seen : 0)
    createdLast = max(createdLast, created)
    return additions
  }

  private var told: UInt64 = 0

  /// How many more records made room for others before they were read.
  mutating func takeReplaced() -> UInt64 {
    defer { told = replaced }
    return replaced - told
  }
}

extension KernelMap where Key == KernelCounter.Key {
  /// The processes that there are records of.
  var processes: Set<KernelProcess.Key> { Set(values.keys.lazy.map(\.process)) }
}

/// What a record of the kernel's has counted.
private protocol KernelValue {
  /// Whether it has counted nothing.
  var isZero: Bool { get }
  /// What came since an earlier count; nil if that was larger.
  func subtracting(_ base: Self) -> Self?
}

extension UInt64: KernelValue {
  fileprivate var isZero: Bool { self == 0 }
  fileprivate func subtracting(_ base: UInt64) -> UInt64? { self < base ? nil : self - base }
}

extension KernelConnections: KernelValue {
  fileprivate var isZero: Bool { self == KernelConnections() }
}
