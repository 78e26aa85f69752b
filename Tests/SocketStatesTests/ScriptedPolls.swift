@testable import SocketStates

/// A tracker that is fed by script: each poll is a list of rows, and the holders of inodes.
struct ScriptedPolls: ~Copyable {
  var tracker: SocketTracker
  var now: Int64 = 1_000_000
  var source = SourceName.sockDiag
  var units: [UInt64: String] = [:]
  var listsSockets = false
  /// Whether the next polls are light: then only some of their rows are read.
  var isLight = false
  /// The kernel's counters, but for RetransSegs.
  var host = HostCounters()
  /// Whether descriptors stay open when their sockets are in no dump any more.
  var keepsDescriptors = false
  /// MPTCP sockets by state.
  var mptcp: StateCounts?
  /// What the kernel keeps of sockets that have ended, by cookie.
  var ended: [UInt64: EndedSocket] = [:]
  /// The sockets that were asked about in the last poll.
  private(set) var asked: ContiguousArray<UInt32> = []
  /// Those of ``asked`` of which every holder was wanted.
  private(set) var shared: Set<UInt32> = []
  private var sequence: UInt64 = 0
  /// Who holds the sockets, until a poll says otherwise.
  private var holders: [UInt32: [Owner]] = [:]
  /// Sockets that were closed with all their descriptors.
  private var closed = Set<UInt32>()

  init(_ configure: (inout SocketTracker.Settings) -> Void = { _ in }) {
    var settings = SocketTracker.Settings()
    configure(&settings)
    tracker = SocketTracker(settings: settings)
  }

  /// The processes that hold sockets.
  var owners: [Owner] { tracker.owners.processes.map(\.owner) }

  /// One poll, `after` ms after the last.
  /// - Parameter holders: who holds sockets from now on.
  @discardableResult
  mutating func poll(
    _ rows: [SocketRow], holders: [UInt32: [Owner]] = [:], after: Int64 = 5_000,
    retransSegs: UInt64? = nil
  ) -> Report {
    let pending = update(rows, after: after)
    var table = HolderTable()
    self.holders.merge(holders) { $1 }
    if !keepsDescriptors {
      let open = Set(rows.map(\.inode))
      for inode in self.holders.keys where !open.contains(inode) { closed.insert(inode) }
      closed.subtract(open)
    }
    asked = []
    shared = []
    if let request = tracker.request(for: pending) {
      asked = request.sockets
      shared = Set(request.shared)
      for inode in request.sockets {
        for owner in processes(holding: inode) { table.add(inode, heldBy: table.add(owner)) }
      }
      for inode in request.held where processes(holding: inode).isEmpty {
        table.lost[inode] = 0
      }
    }
    var host = host
    host.segmentsRetransmitted = retransSegs
    let (units, ended) = (units, ended)
    sequence += 1
    return Report(
      sequence: sequence, time: 0, source: source,
      namespaces: [
        tracker.attribute(
          pending, to: table, host: host, mptcp: mptcp, unit: { units[$0] ?? "" },
          ended: { cookie, _ in ended[cookie] })
      ])
  }

  /// Two polls: after the second nothing is waited for that may tell how connections ended.
  mutating func settle(_ rows: [SocketRow]) -> Report {
    poll(rows)
    return poll(rows)
  }

  private func processes(holding inode: UInt32) -> [Owner] {
    closed.contains(inode) ? [] : holders[inode] ?? []
  }

  /// A process has another name from now on.
  mutating func rename(_ owner: Owner) {
    tracker.rename(owner)
    for inode in holders.keys {
      holders[inode] = holders[inode]?.map { $0.identity == owner.identity ? owner : $0 }
    }
  }

  /// A poll that breaks off after these rows.
  mutating func brokenPoll(_ rows: [SocketRow], after: Int64 = 5_000) {
    now += after
    do throws(BreaksOff) {
      _ = try tracker.update(from: source, at: now) { body throws(BreaksOff) in
        body(ContiguousArray(rows).span)
        throw BreaksOff()
      }
    } catch {}
  }

  /// The first step of a poll.
  mutating func update(_ rows: [SocketRow], after: Int64 = 0) -> PendingSockets {
    now += after
    let states = isLight ? TCPStateSet.light : .all
    let rows = rows.filter { states.contains($0.state) }
      .map { source == .procfs ? $0.withoutInfo : $0 }
    return tracker.update(from: source, at: now, states: states, listsSockets: listsSockets) {
      body in
      // In batches, as a dump comes.
      var rest = rows[...]
      while !rest.isEmpty {
        body(ContiguousArray(rest.prefix(3)).span)
        rest = rest.dropFirst(3)
      }
    }
  }
}

/// Why a dump ends before its end.
struct BreaksOff: Error {}

extension Owner {
  static func process(_ name: String, pid: Int32, start: UInt64 = 1, unit: String = "") -> Owner {
    Owner(identity: ProcessIdentity(pid: pid, startTime: start), name: name, unit: unit)
  }
}

extension SocketRow {
  /// A listener on 127.0.0.1.
  static func listener(
    _ port: UInt16, cookie: UInt64, inode: UInt32 = 0, queue: UInt32 = 0, limit: UInt32 = 128,
    address: Address = Address(ipv4: 0x7f00_0001)
  ) -> SocketRow {
    var row = SocketRow()
    row.cookie = cookie
    row.state = .listen
    row.local = Endpoint(address: address, port: port)
    row.inode = inode
    row.receiveQueue = queue
    row.sendQueue = limit
    row.hasInfo = true
    return row
  }

  /// A connection between two ports of 127.0.0.1.
  static func connection(
    _ local: UInt16, _ remote: UInt16, _ state: TCPState = .established, cookie: UInt64,
    inode: UInt32 = 0, _ change: (inout SocketRow) -> Void = { _ in }
  ) -> SocketRow {
    var row = SocketRow()
    row.cookie = cookie
    row.state = state
    row.local = Endpoint(address: Address(ipv4: 0x7f00_0001), port: local)
    row.remote = Endpoint(address: Address(ipv4: 0x7f00_0001), port: remote)
    row.inode = inode
    row.hasInfo = state != .timeWait && state != .synRecv
    change(&row)
    return row
  }

  /// What procfs says of the socket.
  var withoutInfo: SocketRow {
    with {
      $0.cookie = 0
      $0.hasInfo = false
      $0.info = TCPInfo()
    }
  }

  func with(_ change: (inout SocketRow) -> Void) -> SocketRow {
    var row = self
    change(&row)
    return row
  }

  /// The destroy event of the socket: CLOSE, no inode, no cgroup.
  func destroyed(_ change: (inout SocketRow) -> Void = { _ in }) -> SocketRow {
    with {
      $0.state = .close
      $0.inode = 0
      $0.cgroup = 0
      change(&$0)
    }
  }
}

extension Report {
  func group(_ process: String, _ direction: Direction, _ port: UInt16?) -> GroupReport? {
    groups.first {
      $0.labels.process == process && $0.labels.direction == direction && $0.labels.port == port
    }
  }

  /// The same as scrapers get it.
  func exposed(_ process: String, _ direction: Direction, _ port: UInt16?) -> GroupReport? {
    exposedGroups.first {
      $0.labels.process == process && $0.labels.direction == direction && $0.labels.port == port
    }
  }

  /// Sockets in a state, by `process/direction/port`.
  func counts(_ state: TCPState) -> [String: UInt32] {
    Dictionary(
      uniqueKeysWithValues: groups.filter { $0.gauges.sockets[state] > 0 }.map {
        let port = $0.labels.port.map(String.init) ?? "other"
        return (
          "\($0.labels.process)/\($0.labels.direction.label)/\(port)", $0.gauges.sockets[state]
        )
      })
  }

  var retransmits: UInt64 {
    groups.reduce(0) { $0 + ($1.counters?.retransmittedSegments ?? 0) }
  }
}
