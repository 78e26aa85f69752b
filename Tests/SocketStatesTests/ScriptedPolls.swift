@testable import SocketStates

/// A tracker that is fed by script: each poll is a list of rows, and the holders of inodes.
struct ScriptedPolls: ~Copyable {
  var tracker: SocketTracker
  var now: Int64 = 1_000_000
  var source = SourceName.sockDiag
  var units: [UInt64: String] = [:]
  private var sequence: UInt64 = 0

  init(_ configure: (inout SocketTracker.Settings) -> Void = { _ in }) {
    var settings = SocketTracker.Settings()
    configure(&settings)
    tracker = SocketTracker(settings: settings)
  }

  /// One poll, `after` ms after the last.
  @discardableResult
  mutating func poll(
    _ rows: [SocketRow], holders: [UInt32: [Owner]] = [:], after: Int64 = 5_000,
    retransSegs: UInt64? = nil
  ) -> Report {
    begin(rows, after: after)
    for inode in tracker.wantedInodes {
      for owner in holders[inode] ?? [] { tracker.claim(inode: inode, by: owner) }
    }
    let cgroups = tracker.wantedCgroups
    tracker.finish(retransSegs: retransSegs, units: units.filter { cgroups.contains($0.key) })
    sequence += 1
    return tracker.report(sequence: sequence, time: 0, source: source)
  }

  /// A poll that breaks off after these rows.
  mutating func brokenPoll(_ rows: [SocketRow], after: Int64 = 5_000) {
    begin(rows, after: after)
    tracker.abandon()
  }

  private mutating func begin(_ rows: [SocketRow], after: Int64) {
    now += after
    tracker.begin(source: source, at: now)
    // In batches, as a dump comes.
    var rest = rows.map { row in
      var row = row
      if source == .procfs {
        row.cookie = 0
        row.hasInfo = false
        row.info = TCPInfo()
      }
      return row
    }[...]
    while !rest.isEmpty {
      let batch = ContiguousArray(rest.prefix(3))
      tracker.absorb(batch.span)
      rest = rest.dropFirst(3)
    }
  }
}

extension Owner {
  static func process(_ name: String, pid: Int32, start: UInt64 = 1, unit: String = "") -> Owner {
    Owner(pid: pid, startTime: start, name: name, unit: unit)
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
