import Testing

@testable import SocketStates

/// Whose socket, which side, which port.
@Suite struct AttributionTests {
  @Test func `the owners of a process that has closed descriptors are looked at in the next poll`()
  {
    let count: UInt32 = 20_000
    let (many, few) = (Owner.process("many", pid: 7), Owner.process("few", pid: 8))
    let rows = (1...count).map { number in
      SocketRow.connection(
        UInt16(20_000 + number), 5432, cookie: UInt64(number), inode: number)
    }
    let last = (count - 9)...count
    var holders = Dictionary(uniqueKeysWithValues: (1...count).map { ($0, [many]) })
    for inode in last { holders[inode] = [few] }
    var polls = ScriptedPolls()
    polls.poll(rows, holders: holders)
    polls.poll(rows)
    #expect(polls.asked.count == Int(SocketTracker.checkLimit))
    polls.tracker.doubt([few, .process("of no socket", pid: 9)])
    let heir = Dictionary(uniqueKeysWithValues: last.map { ($0, [Owner.process("heir", pid: 10)]) })
    let report = polls.poll(rows, holders: heir)
    #expect(
      report.counts(.established) == ["many/outbound/5432": count - 10, "heir/outbound/5432": 10])
    polls.poll(rows)
    #expect(polls.asked.count == Int(SocketTracker.checkLimit))

    // Of one that has very many, as many in each poll as have their turn.
    polls.tracker.doubt([many])
    var asked = Set<UInt32>()
    for _ in 0..<(count / SocketTracker.checkLimit + 2) {
      polls.poll(rows)
      asked.formUnion(polls.asked)
      #expect(polls.asked.count <= 2 * Int(SocketTracker.checkLimit))
    }
    #expect(asked.count == Int(count))
    polls.poll(rows)
    #expect(polls.asked.count == Int(SocketTracker.checkLimit))
  }

  static let server = Owner.process("server.js", pid: 100, unit: "web.service")
  static let client = Owner.process("client.py", pid: 200)

  @Test func `both ends of a loopback connection have their own group`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [
        .listener(80, cookie: 1, inode: 10), .connection(80, 40_000, cookie: 2, inode: 11),
        .connection(40_000, 80, cookie: 3, inode: 20),
      ], holders: [10: [Self.server], 11: [Self.server], 20: [Self.client]])
    #expect(
      report.counts(.established) == ["server.js/inbound/80": 1, "client.py/outbound/80": 1])
    #expect(report.counts(.listen) == ["server.js/inbound/80": 1])
    #expect(report.group("server.js", .inbound, 80)?.labels.unit == "web.service")
    #expect(report.trackedSockets == 3)
  }

  @Test func `after a search that could not be made the next poll searches again`() {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(40_000, 80, cookie: 1, inode: 7)
    for _ in 0..<20 {
      let pending = polls.update([row])
      #expect(polls.tracker.request(for: pending)?.inodes == [7])
      var none = HolderTable()
      none.searchFailed = true
      _ = polls.tracker.attribute(pending, to: none)
    }
    let report = polls.poll([row], holders: [7: [Self.client]])
    #expect(report.counts(.established) == ["client.py/outbound/80": 1])
  }

  @Test func `a listener is known however late its row comes`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [.connection(80, 40_000, cookie: 2, inode: 11), .listener(80, cookie: 1, inode: 10)],
      holders: [10: [Self.server], 11: [Self.server]])
    #expect(report.counts(.established) == ["server.js/inbound/80": 1])
  }

  @Test func `a connection that nobody accepted belongs to the listener`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [.listener(80, cookie: 1, inode: 10, queue: 1), .connection(80, 40_000, cookie: 2)],
      holders: [10: [Self.server]])
    #expect(report.counts(.established) == ["server.js/inbound/80": 1])
    #expect(report.group("server.js", .inbound, 80)?.gauges.acceptQueueLength == 1)
    #expect(report.group("server.js", .inbound, 80)?.gauges.acceptQueueLimit == 128)
    #expect(report.group("server.js", .inbound, 80)?.gauges.receiveQueue == 0)
  }

  @Test func `accepted by a worker of another name, a connection moves to it`() {
    var polls = ScriptedPolls()
    let listener = SocketRow.listener(80, cookie: 1, inode: 10)
    polls.poll([listener, .connection(80, 40_000, cookie: 2)], holders: [10: [Self.server]])
    let worker = Owner.process("worker.js", pid: 101)
    let report = polls.poll(
      [listener, .connection(80, 40_000, cookie: 2, inode: 12)],
      holders: [10: [Self.server], 12: [worker]])
    #expect(report.counts(.established) == ["worker.js/inbound/80": 1])
  }

  @Test(arguments: [TCPState.timeWait, .synRecv, .established])
  func `what waits or has ended belongs to the listener of its device`(state: TCPState) {
    var polls = ScriptedPolls()
    func row(_ row: SocketRow, _ device: UInt32) -> SocketRow {
      row.with { $0.local.device = device }
    }
    let any = SocketRow.listener(80, cookie: 1, inode: 10, address: .anyIPv4)
    let waiting = (1...6).map { SocketRow.connection(80, 40_000, state, cookie: 10 + UInt64($0)) }
    let report = polls.poll(
      [
        row(any, 2), row(any.with { ($0.cookie, $0.inode) = (2, 20) }, 3),
        row(any.with { ($0.cookie, $0.inode) = (3, 30) }, 0),
        row(waiting[0], 2), row(waiting[1], 3), row(waiting[2], 3),
        // Of another device, as of a link-local connection, and of none.
        row(waiting[3], 4), row(waiting[4], 0), row(waiting[5], 5),
      ],
      holders: [
        10: [.process("two", pid: 2)], 20: [.process("three", pid: 3)],
        30: [.process("all", pid: 4)],
      ])
    #expect(
      report.counts(state) == ["two/inbound/80": 1, "three/inbound/80": 2, "all/inbound/80": 3])
  }

  @Test func `sockets on devices are reported with the names of these, or their numbers`() {
    var polls = ScriptedPolls()
    polls.listsSockets = true
    polls.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...40_099)
    polls.tracker.deviceNames = [2: "eth0"]
    let fe80 = Address(high: 0xfe80 << 48, low: 1)
    let rows = (2...3).map { (device: UInt32) in
      SocketRow.connection(40_000, 443, .synSent, cookie: UInt64(device)) {
        $0.local.device = device
        $0.remote = Endpoint(address: fe80, port: 443, device: device)
      }
    }
    let report = polls.poll(rows)
    #expect(polls.tracker.devices == [2, 3])
    #expect(
      report.sockets?.map { "\($0.localText) \($0.remoteText)" } == [
        "127.0.0.1%eth0:40000 [fe80::1%eth0]:443", "127.0.0.1%3:40000 [fe80::1%3]:443",
      ])
    #expect(
      report.destinations.map(\.destinationText) == ["[fe80::1%eth0]:443", "[fe80::1%3]:443"])
    #expect(report.ephemeralPorts.map(\.device) == ["eth0", "3"])
  }

  @Test func `the most specific listener of a port wins`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [
        .listener(80, cookie: 1, inode: 10, address: .anyIPv6),
        .listener(80, cookie: 2, inode: 20),
        .connection(80, 40_000, .timeWait, cookie: 3),
      ], holders: [10: [Self.client], 20: [Self.server]])
    #expect(report.counts(.timeWait) == ["server.js/inbound/80": 1])
  }

  @Test func `an IPv6 wildcard listener takes IPv4 connections`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [
        .listener(80, cookie: 1, inode: 10, address: .anyIPv6),
        .connection(80, 40_000, .timeWait, cookie: 3),
      ], holders: [10: [Self.server]])
    #expect(report.counts(.timeWait) == ["server.js/inbound/80": 1])
  }

  @Test func `a TIME-WAIT belongs to whom its cookie belonged`() {
    var polls = ScriptedPolls()
    polls.poll([.connection(40_000, 80, cookie: 3, inode: 20)], holders: [20: [Self.client]])
    let report = polls.poll([.connection(40_000, 80, .timeWait, cookie: 3)])
    #expect(report.counts(.timeWait) == ["client.py/outbound/80": 1])
    #expect(report.unattributed.total == 0)
  }

  @Test func `a TIME-WAIT that nobody saw alive is unknown and counted as such`() {
    var polls = ScriptedPolls()
    let report = polls.poll([.connection(40_000, 80, .timeWait, cookie: 3)])
    #expect(report.counts(.timeWait) == ["unknown/outbound/80": 1])
    #expect(report.unattributed[.timeWait] == 1)
  }

  @Test func `a port stays inbound after its listener has gone`() {
    var polls = ScriptedPolls()
    let connection = SocketRow.connection(80, 40_000, cookie: 2, inode: 11)
    polls.poll(
      [.listener(80, cookie: 1, inode: 10), connection],
      holders: [10: [Self.server], 11: [Self.server]])
    for _ in 0..<3 {
      let report = polls.poll([connection, .connection(80, 40_001, .timeWait, cookie: 9)])
      #expect(report.counts(.established) == ["server.js/inbound/80": 1])
      #expect(report.counts(.timeWait) == ["server.js/inbound/80": 1])
    }
  }

  @Test func `the port of a listener that has gone may become somebody's ephemeral port`() {
    var polls = ScriptedPolls()
    polls.poll([.listener(40_000, cookie: 1, inode: 10)], holders: [10: [Self.server]])
    polls.poll([])
    polls.poll([])
    let report = polls.poll(
      [.connection(40_000, 443, cookie: 2, inode: 20)], holders: [20: [Self.client]])
    #expect(report.counts(.established) == ["client.py/outbound/443": 1])
  }

  @Test func `a SYN-SENT is outbound even from a listened port`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [.listener(80, cookie: 1, inode: 10), .connection(80, 443, .synSent, cookie: 2, inode: 20)],
      holders: [10: [Self.server], 20: [Self.client]])
    #expect(report.counts(.synSent) == ["client.py/outbound/443": 1])
  }

  static let holders: [([Owner], String)] = [
    ([.process("b", pid: 9), .process("a", pid: 8)], "a"),
    ([.process("systemd", pid: 1), .process("a", pid: 8)], "a"),
    ([.process("systemd", pid: 1)], "systemd"),
    ([.process("a", pid: 8), .process("server.js", pid: 90)], "server.js"),
    ([.process("systemd", pid: 1), .process("server.js", pid: 90)], "server.js"),
  ]

  @Test(arguments: holders)
  func `of several holders one is chosen`(holders: [Owner], name: String) {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [.listener(80, cookie: 1, inode: 10), .connection(80, 40_000, cookie: 2, inode: 11)],
      holders: [10: [Self.server], 11: holders])
    #expect(report.counts(.established) == ["\(name)/inbound/80": 1])
  }

  @Test func `an owner that is found is not looked for again, but looked at`() {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(40_000, 80, cookie: 3, inode: 20)
    polls.poll([row], holders: [20: [Self.client]])
    let request = polls.tracker.request(for: polls.update([row]))
    #expect(request?.inodes == [] && request?.reported == [] && request?.held == [20])
  }

  @Test func `an owner that cannot be found is looked for ever more seldom`() {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(40_000, 80, cookie: 3, inode: 20)
    var searches = 0
    for _ in 0..<256 {
      let pending = polls.update([row], after: 1)
      searches += polls.tracker.request(for: pending)?.inodes.count ?? 0
      _ = polls.tracker.attribute(pending, to: HolderTable())
    }
    #expect((8...14).contains(searches))
    let report = polls.poll([row], holders: [20: [Self.client]])
    #expect(report.counts(.established) == ["unknown/outbound/80": 1])
    let found = (0..<64).contains { _ in
      polls.poll([row], holders: [20: [Self.client]]).counts(.established) == [
        "client.py/outbound/80": 1
      ]
    }
    #expect(found)
  }

  @Test func `without /proc the cgroup tells the unit`() {
    var polls = ScriptedPolls()
    polls.units = [77: "api.service"]
    let report = polls.poll([.connection(40_000, 80, cookie: 3, inode: 20) { $0.cgroup = 77 }])
    #expect(report.group("unknown", .outbound, 80)?.labels.unit == "api.service")
    #expect(report.unattributed[.established] == 1)
  }

  @Test func `the cgroup id of hosts without cgroup v2 says nothing`() {
    var polls = ScriptedPolls()
    polls.units = [1: "wrong.service"]
    let report = polls.poll([.connection(40_000, 80, cookie: 3, inode: 20) { $0.cgroup = 1 }])
    #expect(report.group("unknown", .outbound, 80)?.labels.unit == "")
  }

  @Test func `when a process ends, another that holds the socket is found`() {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(40_000, 80, cookie: 3, inode: 20)
    polls.poll([row], holders: [20: [Self.client]])
    #expect(polls.owners == [Self.client])
    polls.tracker.disown([Self.client])
    let child = Owner.process("child.py", pid: 201)
    let report = polls.poll([row], holders: [20: [child]])
    #expect(report.counts(.established) == ["child.py/outbound/80": 1])
    #expect(polls.owners == [child])
  }

  @Test func `an owner that has let go of a socket is replaced, and counters stay`() {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(40_000, 80, cookie: 3, inode: 20) {
      $0.info.bytesSent = 10
    }
    polls.poll([])
    polls.poll([row], holders: [20: [Self.client]])
    let more = row.with { $0.info.bytesSent = 30 }
    let heir = Owner.process("sleep", pid: 300)
    // The first poll finds that nobody known holds it, the next one looks for others.
    polls.poll([more], holders: [20: []])
    let report = polls.poll([more.with { $0.info.bytesSent = 35 }], holders: [20: [heir]])
    #expect(report.counts(.established) == ["sleep/outbound/80": 1])
    #expect(report.groups.compactMap { $0.counters?.sentBytes }.reduce(0, +) == 35)
    #expect(report.group("client.py", .outbound, 80)?.counters?.sentBytes == 35)
    #expect(polls.owners == [heir])
  }

  @Test func `what is left of a closed MPTCP connection stays with its last owner`() {
    var polls = ScriptedPolls()
    polls.mptcp = StateCounts()
    polls.mptcp?[.established] = 1
    let row = SocketRow.connection(40_000, 80, cookie: 3, inode: 20)
    polls.poll([])
    polls.poll([row], holders: [20: [Self.client]])
    for _ in 0..<5 {
      let report = polls.poll([row], holders: [20: []])
      #expect(report.counts(.established) == ["client.py/outbound/80": 1])
      #expect(report.groups.allSatisfy { $0.counters?.ended[.moved] == 0 })
    }
    let heir = Owner.process("sleep", pid: 300)
    polls.poll([row], holders: [20: [heir]])
    let reports = (0..<8).map { _ in polls.poll([row], holders: [20: [heir]]) }
    #expect(reports.last?.counts(.established) == ["sleep/outbound/80": 1])
  }

  @Test func `the owner of a stuck socket is looked at before it is told`() {
    var polls = ScriptedPolls { $0.stuckAfter = 1_000 }
    let row = SocketRow.connection(40_000, 80, .closeWait, cookie: 3, inode: 20)
    polls.poll([row], holders: [20: [Self.client]])
    let heir = Owner.process("sleep", pid: 300)
    let report = polls.poll([row], holders: [20: [heir]])
    #expect(report.counts(.closeWait) == ["sleep/outbound/80": 1])
    #expect(report.stuckSockets.map(\.pid) == [300])
    let shared = polls.poll([row], holders: [20: [heir, Self.client]])
    #expect(shared.stuckSockets.first?.holders.map(\.pid) == [200, 300])
    let nobody = polls.poll([row], holders: [20: []])
    #expect(nobody.counts(.closeWait) == ["unknown/outbound/80": 1])
  }

  @Test func `of very many stuck sockets every holder is wanted of those that are told`() {
    var polls = ScriptedPolls { $0.stuckAfter = 1_000 }
    let count: UInt32 = 4 * SocketTracker.suspectLimit
    let rows = (1...count).map { number in
      SocketRow.connection(
        UInt16(20_000 + number), 80, .closeWait, cookie: UInt64(number), inode: number)
    }
    let holders = Dictionary(uniqueKeysWithValues: (1...count).map { ($0, [Self.client]) })
    for _ in 0..<3 { polls.poll(rows, holders: holders) }
    let wanted = polls.shared
    #expect(!wanted.isEmpty && wanted.count < count)
    for _ in 0..<10 {
      let report = polls.poll(rows)
      #expect(polls.shared == wanted)
      #expect(Set(report.stuckSockets.map(\.inode)) == wanted)
    }
  }

  @Test func `an inbound socket stays so when its listener has long gone`() {
    var polls = ScriptedPolls { $0.linger = 1_000 }
    let row = SocketRow.connection(8080, 40_000, cookie: 2, inode: 11)
    polls.tracker.ephemeralPorts = EphemeralPorts(ports: 1024...60_999)
    polls.poll(
      [.listener(8080, cookie: 1, inode: 10), row], holders: [10: [Self.server], 11: [Self.server]])
    polls.poll([row], after: 5_000)
    let report = polls.poll([row], after: 5_000)
    #expect(report.counts(.established) == ["server.js/inbound/8080": 1])
  }

  @Test func `of processes that share a listener, one that accepts is its owner`() {
    var polls = ScriptedPolls()
    let workers = (101...103 as ClosedRange<Int32>).map { pid in
      var worker = Owner.process("server.js", pid: pid)
      worker.parent = 100
      return worker
    }
    polls.poll([.listener(80, cookie: 1, inode: 10)], holders: [10: [Self.server] + workers])
    #expect(polls.owners.map(\.pid) == [101])
    // A child that does something else has only inherited it.
    var heir = Owner.process("sleep", pid: 200)
    heir.parent = 100
    polls.poll([.listener(80, cookie: 1, inode: 10)], holders: [10: [Self.server, heir]])
    #expect(polls.owners.map(\.pid) == [100])
  }

  /// A connection as the kernel counts it: all that was sent is acknowledged.
  private static func counted(
    _ local: UInt16, _ remote: UInt16, cookie: UInt64, inode: UInt32, isInitiator: Bool
  ) -> SocketRow {
    .connection(local, remote, cookie: cookie, inode: inode) {
      $0.info.hasBytesSent = true
      $0.info.segmentsIn = 9
      $0.info.dataSegmentsOut = 2
      $0.info.bytesSent = 110
      $0.info.bytesRetransmitted = 10
      $0.info.bytesAcked = isInitiator ? 101 : 100
    }
  }

  @Test func `who connected is read from the kernel where no listener is seen`() {
    var polls = ScriptedPolls()
    let rows = (0..<20).map { (index: UInt16) -> SocketRow in
      Self.counted(
        50_051, 40_000 + index, cookie: UInt64(index + 1), inode: UInt32(index + 1),
        isInitiator: false)
    }
    let holders = Dictionary(uniqueKeysWithValues: rows.map { ($0.inode, [Self.server]) })
    let report = polls.poll(rows, holders: holders)
    #expect(report.counts(.established) == ["server.js/inbound/50051": 20])
    #expect(report.groups.count == 1)
    // A client of a service with a high port, from a port that this host listens on for IPv6 alone.
    let listener = SocketRow.listener(41_000, cookie: 90, inode: 90, address: .anyIPv6).with {
      $0.isV6Only = true
    }
    let client = Self.counted(41_000, 50_051, cookie: 91, inode: 91, isInitiator: true)
    let late = SocketRow.connection(41_000, 443, .timeWait, cookie: 92)
    let mixed = polls.poll(
      [listener, client, late], holders: [90: [Self.server], 91: [Self.client]])
    #expect(mixed.counts(.established) == ["client.py/outbound/50051": 1])
    #expect(mixed.counts(.timeWait) == ["unknown/outbound/443": 1])
  }

  @Test func `a guess never makes an ephemeral port a label`() {
    var polls = ScriptedPolls()
    polls.source = .procfs
    let rows = (0..<20).map { (index: UInt16) -> SocketRow in
      SocketRow.connection(
        50_051, 40_000 + index, cookie: UInt64(index + 1), inode: UInt32(index + 1))
    }
    let holders = Dictionary(uniqueKeysWithValues: rows.map { ($0.inode, [Self.server]) })
    #expect(
      polls.poll(rows, holders: holders).counts(.established) == ["server.js/outbound/other": 20])
  }

  @Test func `on procfs the inode tells apart what has the same endpoints on two devices`() {
    var polls = ScriptedPolls()
    polls.source = .procfs
    let rows = [11, 12].map { SocketRow.connection(80, 40_000, cookie: 0, inode: $0) }
    for _ in 0..<3 {
      #expect(
        polls.poll(rows, holders: [11: [Self.server], 12: [Self.server]]).trackedSockets == 2)
    }
    #expect(polls.poll([rows[1]]).trackedSockets == 1)
  }

  @Test func `one full listener of several is told, whatever room the others have`() {
    var polls = ScriptedPolls()
    let rows = (1...4).map { (index: UInt64) -> SocketRow in
      SocketRow.listener(
        80, cookie: index, inode: UInt32(index), queue: index == 3 ? 9 : 0, limit: 8)
    }
    let holders = Dictionary(uniqueKeysWithValues: rows.map { ($0.inode, [Self.server]) })
    let gauges = polls.poll(rows, holders: holders).group("server.js", .inbound, 80)?.gauges
    #expect(gauges?.acceptQueue.length == 9 && gauges?.acceptQueue.limit == 8)
    #expect(gauges?.acceptQueue.isFull == true)
    #expect(gauges?.acceptQueueLength == 9 && gauges?.acceptQueueLimit == 32)
  }

  @Test func `every owner is looked at again within a round`() {
    var polls = ScriptedPolls()
    let rows = (1...3_000).map { number in
      SocketRow.connection(
        UInt16(number), 80, cookie: UInt64(number), inode: UInt32(number))
    }
    polls.poll(
      rows,
      holders: Dictionary(
        uniqueKeysWithValues: rows.map { ($0.inode, [Owner.process("a", pid: 7)]) }))
    var seen: Set<UInt32> = []
    for _ in 0..<SocketTracker.checkRound {
      let pending = polls.update(rows, after: 1_000)
      let held = polls.tracker.request(for: pending)?.held ?? []
      #expect(held.count <= 512)
      seen.formUnion(held)
      _ = polls.tracker.attribute(pending, to: HolderTable())
    }
    #expect(seen.count == rows.count)
  }

  @Test func `a pid that is taken again is another process`() {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(40_000, 80, cookie: 3, inode: 20)
    polls.poll([row], holders: [20: [Self.client]])
    let heldAny = polls.tracker.disown([.process("client.py", pid: 200, start: 2)])
    #expect(!heldAny)
  }

  @Test func `a process that is renamed takes its sockets along`() {
    var polls = ScriptedPolls()
    let rows: [SocketRow] = [
      .listener(80, cookie: 1, inode: 10), .connection(80, 40_000, cookie: 2, inode: 11),
    ]
    polls.poll(rows, holders: [10: [Self.server], 11: [Self.server]])
    polls.rename(.process("api", pid: 100, unit: "web.service"))
    let report = polls.poll(rows + [.connection(80, 40_001, .timeWait, cookie: 3)])
    #expect(report.counts(.established) == ["api/inbound/80": 1])
    #expect(report.counts(.timeWait) == ["api/inbound/80": 1])
    #expect(report.counts(.listen) == ["api/inbound/80": 1])
  }

  @Test func `the pid is a label only where it is asked for`() {
    var plain = ScriptedPolls()
    var withPid = ScriptedPolls { $0.pidLabel = true }
    let rows = [SocketRow.connection(40_000, 80, cookie: 3, inode: 20)]
    let first = plain.poll(rows, holders: [20: [Self.client]])
    let second = withPid.poll(rows, holders: [20: [Self.client]])
    #expect(first.groups.map(\.labels.pid) == [nil])
    #expect(second.groups.map(\.labels.pid) == [200])
  }

  @Test func `SO_REUSEPORT listeners of two processes are both counted`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [.listener(80, cookie: 1, inode: 10), .listener(80, cookie: 2, inode: 20)],
      holders: [10: [Self.server], 20: [Self.client]])
    #expect(report.counts(.listen) == ["server.js/inbound/80": 1, "client.py/inbound/80": 1])
  }
}

/// An ephemeral port is never a label.
@Suite struct EphemeralPortTests {
  /// (local, remote, owned) → labels.
  static let sides: [(UInt16, UInt16, Bool, String)] = [
    (40_000, 443, false, "unknown/outbound/443"),
    (40_000, 443, true, "client.py/outbound/443"),
    // A server's connection whose listener was gone before anyone looked.
    (8_080, 40_000, false, "unknown/inbound/8080"),
    (8_080, 40_000, true, "client.py/inbound/8080"),
    // A service on a port of the range.
    (40_000, 50_051, true, "client.py/outbound/other"),
    // Nobody can tell the side.
    (40_000, 50_000, false, "unknown/outbound/other"),
  ]

  @Test(arguments: sides)
  func `the side of a socket without listener`(
    local: UInt16, remote: UInt16, isOwned: Bool, group: String
  ) {
    var polls = ScriptedPolls()
    let row = SocketRow.connection(local, remote, cookie: 3, inode: isOwned ? 20 : 0)
    let report = polls.poll([row], holders: [20: [AttributionTests.client]])
    #expect(report.counts(.established) == [group: 1])
  }

  @Test func `thousands of TIME-WAITs between ephemeral ports are one group`() {
    var polls = ScriptedPolls()
    let rows = (0..<4_000).map { (index: UInt16) -> SocketRow in
      .connection(60_000, 40_000 + index, .timeWait, cookie: UInt64(index) + 1)
    }
    #expect(polls.poll(rows).counts(.timeWait) == ["unknown/outbound/other": 4_000])
  }

  @Test func `the client's end of a local listener on an ephemeral port has its port`() {
    var polls = ScriptedPolls()
    let report = polls.poll(
      [
        .listener(50_051, cookie: 1, inode: 10),
        .connection(40_000, 50_051, .timeWait, cookie: 2),
      ], holders: [10: [AttributionTests.server]])
    #expect(report.counts(.timeWait) == ["unknown/outbound/50051": 1])
  }

  @Test func `a refused connect has its port, though it is in the range`() {
    var polls = ScriptedPolls()
    polls.poll([])
    polls.tracker.absorb(
      destroyed: SocketRow.connection(40_000, 50_051, cookie: 2) {
        $0.info.segmentsOut = 1
        $0.info.segmentsIn = 1
      }.destroyed())
    let report = polls.poll([])
    let counters = report.group("unknown", .outbound, 50_051)?.counters
    #expect(counters?.connectFailures[.refused] == 1)
  }
}
