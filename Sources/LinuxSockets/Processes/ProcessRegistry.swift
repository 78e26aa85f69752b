internal import Glibc
package import SocketStates

/// What is known of the processes that own sockets.
///
/// Names are read when a process is first met, once more at the next poll, as it may have been
/// between fork and exec, and from then on a few a poll in turn, as programs also exec or rename
/// themselves later.
package struct ProcessRegistry: Sendable {
  /// What a poll's ``refresh()`` found out.
  package struct Changes: Sendable {
    /// Processes that are no more.
    package var gone: [Owner] = []
    /// Processes whose name or unit is another now, with the new one.
    package var renamed: [Owner] = []
    /// Processes that have fewer descriptors open than before: among those that they have closed may be sockets
    /// which others hold still.
    package var shrunk: [Owner] = []
  }

  private let procfs: ProcFS
  /// A name to show instead of the default. After a change all are read again at the next poll.
  var rename: @Sendable (ProcessFacts) -> String? {
    didSet { newcomers = Set(processes.keys) }
  }
  private var reader: ProcessFactsReader
  /// Those that are known, by pid.
  private(set) var processes: [Int32: Owner] = [:]
  private var newcomers: Set<Int32> = []
  /// How many descriptors each had open at the last refresh.
  private var descriptorCounts: [Int32: Int] = [:]
  /// Processes whose pid was found to be another's since the last refresh.
  private var replaced: [Owner] = []
  /// The pids in the order in which they are read again.
  private var round: [Int32] = []

  /// How many processes are read again in a poll, newcomers apart.
  private static let rereadsPerPoll = 8

  /// - Parameter rename: a name to show instead of the default; nil keeps that.
  package init(procfs: ProcFS, rename: @escaping @Sendable (ProcessFacts) -> String? = { _ in nil })
  {
    self.procfs = procfs
    self.rename = rename
    reader = ProcessFactsReader(procfs: procfs)
  }

  /// Who has the pid, its facts read if they are not known; nil if nobody has, or if it has ended before it was known.
  package mutating func process(_ pid: Int32) -> Owner? {
    guard let known = processes[pid] else { return read(pid) }
    guard let identity = reader.identity(pid) else { return nil }
    guard identity != known.identity else { return known }
    replaced.append(known)
    processes[pid] = nil
    return read(pid)
  }

  /// Whether nobody has the pid any more, or only until its parent waits for it.
  mutating func hasEnded(_ pid: Int32) -> Bool { reader.hasEnded(pid) }

  /// The pid of the process that started another; nil if that is no more.
  mutating func parent(of pid: Int32) -> Int32? { reader.parent(pid) }

  /// Once a poll, before any ``process(_:)``: drops processes that are no more and reads again
  /// those whose turn it is.
  package mutating func refresh() -> Changes {
    var changes = Changes(gone: replaced)
    replaced.removeAll()
    var counts: [Int32: Int] = [:]
    for (pid, process) in processes {
      // One call tells both: that it is there, and how many descriptors it has.
      if let count = ProcPidFd.count(of: pid, procfs) {
        counts[pid] = count
        if count < descriptorCounts[pid] ?? 0 { changes.shrunk.append(process) }
      } else if !isAlive(pid) {
        changes.gone.append(process)
        processes[pid] = nil
      }
    }
    descriptorCounts = counts
    let due = newcomers.union(nextOfRound())
    newcomers.removeAll()
    for pid in due {
      guard let known = processes[pid] else { continue }
      let now = read(pid)
      if now == nil, isAlive(pid) {
        // It cannot be read just now, as where descriptors have run out; it is there all the same.
        newcomers.insert(pid)
      } else if now?.identity != known.identity {
        changes.gone.append(known)
        if now == nil { processes[pid] = nil }
      } else if let now, now != known {
        changes.renamed.append(now)
      }
    }
    return changes
  }

  private mutating func nextOfRound() -> ArraySlice<Int32> {
    if round.isEmpty { round = Array(processes.keys) }
    let next = round.suffix(Self.rereadsPerPoll)
    round.removeLast(next.count)
    return next
  }

  private mutating func read(_ pid: Int32) -> Owner? {
    guard let facts = reader.facts(pid) else { return nil }
    let known = processes[pid].flatMap { $0.identity == facts.identity ? $0 : nil }
    guard known != nil || !facts.hasEnded else { return nil }
    if known == nil { newcomers.insert(pid) }
    // A process that does not answer now, or has ended, is still called what its arguments said when it did.
    let isSilent = facts.isSilent || facts.hasEnded
    let said = isSilent && known != nil ? nil : name(facts, generations: 8)
    let name = said ?? known?.name ?? facts.name
    let process = Owner(
      identity: facts.identity, name: name, unit: facts.unit, parent: facts.parent)
    processes[pid] = process
    return process
  }

  /// What a rule or its arguments call a process that is no more.
  func name(ofGone facts: ProcessFacts) -> String {
    rename(facts).map(ProcessFacts.shown) ?? facts.name
  }

  /// What a rule, its arguments, or for a worker the process that started it, call a process; nil if that
  /// process is gone or does not answer.
  private mutating func name(_ facts: ProcessFacts, generations: Int) -> String? {
    if let name = rename(facts) { return ProcessFacts.shown(name) }
    guard facts.launch.runs == .worker else { return facts.name }
    // Whoever takes in orphans runs something else.
    guard generations > 0, let parent = reader.facts(facts.parent), !parent.isSilent,
      parent.executable == facts.executable,
      parent.identity.startTime <= facts.identity.startTime
    else { return nil }
    return name(parent, generations: generations - 1)
  }

  /// kill(2) would ask this process's own pid namespace, which need not be that of the procfs.
  private func isAlive(_ pid: Int32) -> Bool {
    unsafe access(procfs.path("\(pid)/stat"), F_OK) == 0
  }
}
