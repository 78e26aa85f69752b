internal import Glibc
import SocketStates

/// Which network namespaces are watched beside the daemon's own.
package struct NamespaceChoice: Sendable {
  /// Whether one is watched: asked with the label `netns`, and the containers and units of its first
  /// processes.
  package var isWanted: @Sendable ([String]) -> Bool

  package init(isWanted: @escaping @Sendable ([String]) -> Bool) { self.isWanted = isWanted }
}

/// The network namespaces that are not the daemon's own: found, entered, dumped.
///
/// All namespaces of a kernel share one table of connections, which every dump walks from end to end,
/// however little its namespace has there. So a namespace is dumped only when the kernel's counters
/// say that something has happened in it (``TrafficFingerprint``), and one in which nothing happens is
/// asked for these seldom.
///
/// No descriptor of a namespace stays open between polls: an open one would keep it alive after its
/// last process has ended.
struct WatchedNamespaces: ~Copyable {
  private let procfs: ProcFS
  private let gate: NamespaceSwitcher
  private var directory: NamespaceDirectory
  private var ids: NamespaceIDs?
  /// The id that the daemon's own namespace has for itself, if somebody gave it one.
  private var homeID: Int32?
  private var sockDiag = SockDiagSource()
  private var hostCounters: HostCountersReader
  private var activity: TrafficFingerprintReader
  private let ephemeralPorts: EphemeralPortsReader
  private var mptcp: MPTCPSockets
  private var names = NamespaceNames()
  private(set) var spaces: [UInt64: WatchedNamespace] = [:]
  private var byID: [Int32: WatchedNamespace] = [:]
  /// What namespaces that have ended had refused: a counter does not go down.
  private(set) var formerlyRefused: UInt64 = 0
  /// What could not be done, to be told once each.
  private(set) var problems: [Problem: String] = [:]
  var choice: NamespaceChoice

  /// What may be missing.
  enum Problem: String {
    case discovery = "network namespaces of other users' processes cannot be found"
    case entering = "other network namespaces cannot be entered: only the daemon's own is watched"
    case events =
      "destroy events of other network namespaces are off: connections shorter than a poll are counted as unknown there"
    case dump = "the sockets of a network namespace could not be read"
  }

  init(procfs: ProcFS, choice: NamespaceChoice) throws(SystemError) {
    self.procfs = procfs
    self.choice = choice
    gate = try NamespaceSwitcher(procfs: procfs)
    directory = NamespaceDirectory(procfs: procfs, home: gate.homeInode)
    hostCounters = HostCountersReader(procfs: procfs)
    activity = TrafficFingerprintReader(procfs: procfs)
    ephemeralPorts = EphemeralPortsReader(procfs: procfs)
    mptcp = MPTCPSockets(procfs: procfs)
    ids = try? NamespaceIDs()
  }

  /// Finds the namespaces that there are now, and lets go of those that have ended.
  mutating func refresh(settings: SocketTracker.Settings) {
    let found: [UInt64: FoundNamespace]
    do throws(SystemError) {
      found = try directory.refresh()
    } catch {
      // Those that are known are still watched.
      problems[.discovery] = error.description
      return
    }
    if directory.isDenied { problems[.discovery] = "missing CAP_SYS_PTRACE" }
    for (inode, space) in spaces where found[inode] == nil || !choice.isWanted(space.names) {
      forget(space)
    }
    for namespace in found.values.sorted(by: { $0.inode < $1.inode }) {
      if let space = spaces[namespace.inode] {
        space.found = namespace
        guard names.isOutdated(space, procfs) else { continue }
        // It is called otherwise now: under the new name it begins anew.
        forget(space)
      }
      let names = names.names(of: namespace, taken: spaces.values, procfs)
      guard choice.isWanted(names) else { continue }
      spaces[namespace.inode] = WatchedNamespace(
        namespace, name: names[0], names: names, settings: settings)
    }
    homeID = try? ids?.existing(gate.home)
  }

  private mutating func forget(_ space: WatchedNamespace) {
    retire(space)
    spaces[space.found.inode] = nil
  }

  /// Keeps what must not go down of a namespace that has ended, and hears no events of it any more.
  private mutating func retire(_ space: WatchedNamespace) {
    formerlyRefused += space.report?.groupsRefused ?? 0
    if let id = space.id { byID[id] = nil }
  }

  /// Takes a destroy event.
  /// - Parameter id: of the namespace that it is from.
  /// - Returns: false where it is of the daemon's own.
  func absorb(destroyed row: SocketRow, of id: Int32) -> Bool {
    if id == homeID { return false }
    if let space = byID[id] {
      space.hasEvents = true
      space.box.tracker.absorb(destroyed: row)
    }
    return true
  }

  /// Dumps the namespaces in which something has happened into their ledgers, those first that have
  /// waited longest.
  /// - Parameters:
  ///   - deadline: monotonic ms; who is not reached by then is first in the next poll.
  ///   - listsSockets: whether their sockets are wanted one by one: then quiet ones are dumped too.
  /// - Returns: those whose ledgers are to be finished.
  mutating func dump(deadline: Int64, listsSockets: Bool) -> [WatchedNamespace] {
    var dumped: [WatchedNamespace] = []
    let order = spaces.values.sorted { ($0.lastLook, $0.name) < ($1.lastLook, $1.name) }
    for space in order {
      let now = MonotonicClock.now
      guard now < deadline else { break }
      guard listsSockets || space.hasEvents || now >= space.nextLook else { continue }
      do throws(NamespaceFailure) {
        if try look(at: space, now, deadline, listsSockets: listsSockets) { dumped.append(space) }
      } catch {
        note(error, of: space)
        if problems[.entering] != nil { break }
      }
    }
    return dumped
  }

  private mutating func note(_ failure: NamespaceFailure, of space: WatchedNamespace) {
    switch failure {
    case .entering(let error) where error.errno == EPERM:
      problems[.entering] = "missing CAP_SYS_ADMIN: \(error)"
    case .entering(let error) where error.errno == EACCES:
      problems[.discovery] = "missing CAP_SYS_PTRACE: \(error)"
    case .entering:
      // Its processes have ended or moved since they were listed.
      directory.forget(space.found.members)
    case .dump(let error):
      problems[.dump] = "\(space.name): \(error)"
    }
  }

  /// What was read inside a namespace.
  private struct Inside {
    /// Without a dump nothing else is read.
    var isDue: Bool
    var counters: HostCounters?
    var mptcp: StateCounts?
    var ports: EphemeralPorts?
    var isEmpty = false
    var cookie: UInt64 = 0
  }

  /// - Returns: whether it was dumped; not where nothing has happened.
  private mutating func look(
    at space: WatchedNamespace, _ now: Int64, _ deadline: Int64, listsSockets: Bool
  ) throws(NamespaceFailure) -> Bool {
    let inside = try enter(space, now, listsSockets: listsSockets)
    guard inside.isDue else { return false }
    // A dump's socket keeps the namespace alive, so not longer than the dump.
    defer { sockDiag.close() }
    if space.report != nil, space.cookie != inside.cookie {
      // The inode was another's, which has ended.
      retire(space)
      space.beginAnew()
    }
    space.cookie = inside.cookie
    space.box.tracker.ephemeralPorts = inside.ports.map(EphemeralPortRange.init)
    space.box.tracker.listsSockets = listsSockets
    space.box.tracker.begin(source: .sockDiag, at: now)
    if !inside.isEmpty {
      do throws(SockDiagError) {
        try sockDiag.dump(deadline: deadline, into: &space.box.tracker)
      } catch {
        space.box.tracker.abandon()
        throw .dump(error.description)
      }
    }
    space.dumped(at: now, host: inside.counters, mptcp: inside.mptcp)
    return true
  }

  private mutating func enter(
    _ space: WatchedNamespace, _ now: Int64, listsSockets: Bool
  ) throws(NamespaceFailure) -> Inside {
    let gate = gate
    do throws(SystemError) {
      return try gate.enter(space.paths(procfs), inode: space.found.inode) {
        namespace throws(SystemError) in
        if space.id == nil { identify(space, namespace) }
        var counters = HostCounters()
        // Before the sockets, so that what it counts is in them or in an event: see RetransmitReconciler.
        let activity = try activity.read(into: &counters)
        var inside = Inside(isDue: space.isDumpDue(activity, at: now) || listsSockets)
        guard inside.isDue else { return inside }
        try? hostCounters.readRest(into: &counters)
        // The kernel counts those of all namespaces together.
        counters.orphanedSockets = nil
        inside.counters = counters
        inside.ports = ephemeralPorts.read()
        if !activity.isEmpty { inside.mptcp = mptcp.read() }
        inside.isEmpty = activity.isEmpty
        inside.cookie = try sockDiag.open()
        return inside
      }
    } catch {
      throw .entering(error)
    }
  }

  private mutating func identify(_ space: WatchedNamespace, _ namespace: borrowing Descriptor) {
    do throws(SystemError) {
      guard let id = try ids?.id(of: namespace) else { return }
      space.id = id
      byID[id] = space
    } catch {
      problems[.events] = error.description
    }
  }

  /// Hands out what could not be done since the last call.
  mutating func takeProblems() -> [Problem: String] {
    defer { problems = [:] }
    return problems
  }
}

/// Why a namespace could not be looked at.
enum NamespaceFailure: Error {
  case entering(SystemError)
  case dump(String)
}
