internal import Glibc
import SocketStates

/// Which network namespaces are watched beside the daemon's own.
package struct NamespaceChoice: Sendable {
  /// Whether one is watched: asked with the label `netns`, and the containers and units of its first
  /// processes.
  package var isWanted: @Sendable ([String]) -> Bool

  package init(isWanted: @escaping @Sendable ([String]) -> Bool) { self.isWanted = isWanted }
}

/// Finds the network namespaces that are not the daemon's own, enters and dumps them.
///
/// All namespaces of a kernel share one table of connections, which every dump walks from end to end,
/// however little its namespace has there. So a namespace is dumped only if the kernel's counters
/// say that something has happened in it (``TrafficFingerprint``), and one in which nothing happens is
/// asked for these seldom.
///
/// No descriptor of a namespace stays open between polls: an open one would keep it alive after its
/// last process has ended.
struct NamespaceWatcher: ~Copyable {
  private let procfs: ProcFS
  private let switcher: NamespaceSwitcher
  private var directory: NamespaceDirectory
  private var ids: NamespaceIDs?
  /// The id that the daemon's own namespace has for itself, if somebody gave it one.
  private var ownID: Int32?
  private var sockDiag = SockDiagSource()
  private var names = NamespaceNames()
  private var namespaces: [UInt64: NetworkNamespace] = [:]
  private var byID: [Int32: NetworkNamespace] = [:]
  /// What namespaces that have ended had refused: a counter does not go down.
  private(set) var formerlyRefused: UInt64 = 0
  var choice: NamespaceChoice
  private let resets: ResetPairing
  private let recorder: FlightRecorder

  /// What may be missing, as it is said once.
  private enum Problem {
    static let discovery = "network namespaces of other users' processes cannot be found"
    static let entering =
      "other network namespaces cannot be entered: only the daemon's own is watched"
    static let events =
      "destroy events of other network namespaces are off: connections shorter than a poll are counted as unknown there"
    static let dump = "the sockets of a network namespace could not be read"
  }

  init(
    procfs: ProcFS, choice: NamespaceChoice, resets: ResetPairing, recorder: FlightRecorder
  ) throws(SystemError) {
    self.procfs = procfs
    self.choice = choice
    self.resets = resets
    self.recorder = recorder
    switcher = try NamespaceSwitcher(procfs: procfs)
    directory = NamespaceDirectory(procfs: procfs, home: switcher.homeInode)
    ids = try? NamespaceIDs()
  }

  /// The namespaces, in no order.
  var all: some Collection<NetworkNamespace> { namespaces.values }

  /// Finds the namespaces that there are now, and lets go of those that have ended.
  mutating func refresh(settings: SocketTracker.Settings, _ log: inout PollLog) {
    let found: [UInt64: FoundNamespace]
    do throws(SystemError) {
      found = try directory.refresh()
    } catch {
      // Those that are known are still watched.
      return log.once(Problem.discovery, error.description)
    }
    if directory.isDenied { log.once(Problem.discovery, "missing CAP_SYS_PTRACE") }
    for (inode, namespace) in namespaces
    where found[inode] == nil || !choice.isWanted(namespace.names) {
      forget(namespace, inode)
    }
    for found in found.values.sorted(by: { $0.inode < $1.inode }) {
      if let namespace = namespaces[found.inode] {
        namespace.found = found
        guard names.isOutdated(namespace, found, procfs) else { continue }
        // It is called otherwise now: under the new name it begins anew.
        forget(namespace, found.inode)
      }
      let names = names.names(of: found, taken: namespaces.values, procfs)
      guard choice.isWanted(names) else { continue }
      namespaces[found.inode] = NetworkNamespace(
        found, names: names, settings: settings, resets: resets, recorder: recorder)
    }
    ownID = try? ids?.existing(switcher.home)
  }

  private mutating func forget(_ namespace: NetworkNamespace, _ inode: UInt64) {
    retire(namespace)
    namespaces[inode] = nil
  }

  /// Keeps what must not go down of a namespace that has ended, and hears no events of it any more.
  private mutating func retire(_ namespace: NetworkNamespace) {
    formerlyRefused += namespace.report?.groupsRefused ?? 0
    if let id = namespace.id { byID[id] = nil }
  }

  /// Takes a destroy event.
  /// - Parameters:
  ///   - id: of the namespace that it is from.
  ///   - time: monotonic ms.
  /// - Returns: false if it is of the daemon's own.
  func absorb(destroyed row: SocketRow, of id: Int32, at time: Int64) -> Bool {
    if id == ownID { return false }
    if let namespace = byID[id] {
      namespace.schedule.hasEvents = true
      namespace.tracker.absorb(destroyed: row, at: time)
    }
    return true
  }

  /// Dumps the namespaces in which something has happened, those first that have waited longest.
  /// - Parameters:
  ///   - deadline: monotonic ms; what is not reached by then is first in the next poll.
  ///   - listsSockets: whether their sockets are wanted one by one: then quiet ones are dumped too.
  /// - Returns: those that were dumped.
  mutating func dump(
    _ reader: inout NamespaceReader, deadline: Int64, listsSockets: Bool,
    _ budget: WholePollSchedule.Budget, _ log: inout PollLog
  ) -> [NetworkNamespace] {
    var dumped: [NetworkNamespace] = []
    let order = namespaces.values.sorted {
      ($0.schedule.lastCheck, $0.name) < ($1.schedule.lastCheck, $1.name)
    }
    for namespace in order {
      let now = MonotonicClock.now
      guard now < deadline else { break }
      let schedule = namespace.schedule
      guard let found = namespace.found,
        listsSockets || schedule.hasEvents || now >= schedule.nextCheck || namespace.isLight
      else { continue }
      let poll = Poll(now: now, deadline: deadline, listsSockets: listsSockets, budget: budget)
      do throws(NamespaceFailure) {
        if try dump(namespace, found, poll, &reader, &log) { dumped.append(namespace) }
      } catch {
        guard say(error, of: namespace, found, &log) else { break }
      }
    }
    return dumped
  }

  private struct Poll {
    var now: Int64
    var deadline: Int64
    var listsSockets: Bool
    var budget: WholePollSchedule.Budget
  }

  /// - Returns: whether others are worth a try.
  private mutating func say(
    _ failure: NamespaceFailure, of namespace: NetworkNamespace, _ found: FoundNamespace,
    _ log: inout PollLog
  ) -> Bool {
    switch failure {
    case .entering(let error) where error.errno == EPERM:
      log.once(Problem.entering, "missing CAP_SYS_ADMIN: \(error)")
      return false
    case .entering(let error) where error.errno == EACCES:
      log.once(Problem.discovery, "missing CAP_SYS_PTRACE: \(error)")
    case .entering:
      // Its processes have ended or moved since they were listed.
      directory.forget(found.members)
    case .dump(let error):
      log.once(Problem.dump, "\(namespace.name): \(error)")
    }
    return true
  }

  /// - Returns: whether it was dumped; not if nothing has happened.
  private mutating func dump(
    _ namespace: NetworkNamespace, _ found: FoundNamespace, _ poll: Poll,
    _ reader: inout NamespaceReader, _ log: inout PollLog
  ) throws(NamespaceFailure) -> Bool {
    guard let inside = try enter(namespace, found, poll, &reader, &log) else { return false }
    // A dump's socket keeps the namespace alive, so not longer than the dump.
    defer { sockDiag.close() }
    if namespace.report != nil, namespace.cookie != inside.cookie {
      // The inode was another's, which has ended.
      retire(namespace)
      namespace.beginAnew()
    }
    namespace.cookie = inside.cookie
    let states =
      inside.traffic.hasOnlyUnhashed
      ? .all : namespace.wantedStates(poll.listsSockets, at: poll.now, poll.budget)
    let withBound =
      states == .all && !inside.traffic.isEmpty
      && namespace.wantsBound(poll.listsSockets, at: poll.now)
    let hasSockets = withBound || !inside.traffic.hasOnlyUnhashed
    do throws(SockDiagError) {
      try namespace.update(
        from: .sockDiag, at: poll.now, states: states, listsSockets: poll.listsSockets
      ) { body throws(SockDiagError) in
        guard hasSockets else { return }
        try sockDiag.dump(
          deadline: poll.deadline, states: withBound ? states.union(.boundInactive) : states, body)
      }
      if withBound { namespace.boundSockets.dumped(namespace.unhashed, at: poll.now) }
      if hasSockets {
        namespace.tracker.listenDrops = sockDiag.listenDrops(deadline: poll.deadline)
        namespace.nameDevices { sockDiag.deviceName($0) }
      }
    } catch {
      throw .dump(error.description)
    }
    return true
  }

  /// Reads inside the namespace what is due, and opens the socket for the dump there.
  /// - Returns: nil if no dump is due.
  private mutating func enter(
    _ namespace: NetworkNamespace, _ found: FoundNamespace, _ poll: Poll,
    _ reader: inout NamespaceReader, _ log: inout PollLog
  ) throws(NamespaceFailure) -> (traffic: TrafficFingerprint, cookie: UInt64)? {
    let switcher = switcher
    do throws(SystemError) {
      return try switcher.enter(found.paths(procfs), inode: found.inode) {
        descriptor throws(SystemError) in
        if namespace.id == nil { identify(namespace, descriptor, &log) }
        // Before the sockets, so that what it counts is in them or in an event: see
        // RetransmitReconciler.
        let traffic = try reader.read(into: namespace) { traffic in
          namespace.schedule.isDumpDue(
            traffic, at: poll.now, hasWaiting: namespace.hasWaiting, spread: found.inode)
            || poll.listsSockets || namespace.isLight
            || namespace.mayHaveMoreBound(traffic.unhashed)
        }
        return try traffic.map { traffic throws(SystemError) in (traffic, try sockDiag.open()) }
      }
    } catch {
      throw .entering(error)
    }
  }

  private mutating func identify(
    _ namespace: NetworkNamespace, _ descriptor: borrowing Descriptor, _ log: inout PollLog
  ) {
    do throws(SystemError) {
      guard let id = try ids?.id(of: descriptor) else { return }
      namespace.id = id
      byID[id] = namespace
    } catch {
      log.once(Problem.events, error.description)
    }
  }
}

/// Why a namespace could not be read.
enum NamespaceFailure: Error {
  case entering(SystemError)
  case dump(String)
}
