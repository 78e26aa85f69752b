import Testing

@testable import SocketStates

/// What is found in scripted polls, and who is responsible.
@Suite struct DiagnosisTests {
  private static let server = Owner.process("server.js", pid: 100)
  private static let client = Owner.process("client.py", pid: 200)
  private let holders: [UInt32: [Owner]] = [10: [server], 11: [server], 20: [client], 21: [client]]

  private func inbound(
    _ state: TCPState = .established, inode: UInt32 = 11,
    _ change: (inout SocketRow) -> Void = { _ in }
  ) -> SocketRow { .connection(80, 40_000, state, cookie: 2, inode: inode, change) }

  private func outbound(
    _ state: TCPState = .established, _ change: (inout SocketRow) -> Void = { _ in }
  ) -> SocketRow { .connection(40_001, 443, state, cookie: 3, inode: 20, change) }

  private let listener = SocketRow.listener(80, cookie: 1, inode: 10)

  /// What two polls lead to; the second is the same where it is not given.
  private func findings(
    _ first: [SocketRow], _ second: [SocketRow]? = nil, destroyed: [SocketRow] = [],
    after: Int64 = 5_000, lists: Bool = false, _ configure: (inout ScriptedPolls) -> Void = { _ in }
  ) -> [Finding] {
    var polls = ScriptedPolls()
    configure(&polls)
    polls.listsSockets = lists
    let before = polls.poll(first, holders: holders)
    for row in destroyed { polls.tracker.absorb(destroyed: row) }
    var report = polls.poll(second ?? first, holders: holders, after: after)
    report.time = before.time + 5
    return report.findings(since: before)
  }

  /// (unread bytes, whether it was accepted) → cause.
  static let causes: [(UInt32, Bool, CloseWaitCause)] = [
    (0, true, .notClosed), (1, true, .endUnread), (500, true, .dataUnread),
    (1, false, .notAccepted),
  ]

  @Test(arguments: causes)
  func `a CLOSE-WAIT that stays is its process's fault, whatever the cause`(
    unread: UInt32, isAccepted: Bool, cause: CloseWaitCause
  ) throws {
    let row = inbound(.closeWait, inode: isAccepted ? 11 : 0) {
      $0.receiveQueue = unread
      $0.info.lastAckReceived = 120_000
    }
    let found = findings([listener, row])
    let finding = try #require(found.first { $0.kind == .closeWait(cause) })
    #expect(finding.severity == .fault)
    #expect(finding.responsible == .process)
    #expect(finding.labels.process == "server.js")
    guard case .sockets(.closeWait, 1) = finding.evidence[0],
      case .oldest(125_000, isAtLeast: false) = finding.evidence[1]
    else {
      Issue.record("\(finding.evidence)")
      return
    }
    #expect(!found.contains { $0.kind == .halfClosed })
  }

  @Test func `a young CLOSE-WAIT is no fault yet`() {
    let found = findings([listener, inbound(.closeWait) { $0.info.lastAckReceived = 2_000 }])
    #expect(found.map(\.kind) == [.halfClosed])
    #expect(found.map(\.severity) == [.notice])
  }

  @Test func `descriptors that come to their end are told once, at the group that leaks most`() {
    var polls = ScriptedPolls()
    let rows = [
      listener, SocketRow.listener(81, cookie: 5, inode: 11), inbound(.closeWait),
      .connection(80, 40_002, .closeWait, cookie: 7, inode: 11),
      .connection(81, 40_003, .closeWait, cookie: 8, inode: 11),
    ]
    var report = polls.poll(rows, holders: holders)
    report.descriptors = [
      DescriptorReport(process: "server.js", unit: "", open: 990, limit: 1000)
    ]
    let found = Diagnosis.findings(in: report).filter { $0.kind == .descriptors }
    #expect(found.map(\.labels.port) == [80])
    #expect(found.map(\.severity) == [.fault])
  }

  @Test func `unread data are the process's responsible, and only if they stay`() {
    let unread = { (bytes: UInt32) in inbound { $0.receiveQueue = bytes } }
    let found = findings([listener, unread(100)])
    #expect(found.map(\.kind) == [.unreadData])
    #expect(found.map(\.responsible) == [.process])
    #expect(findings([listener, unread(100)], [listener, unread(10)]).isEmpty)
  }

  @Test func `a shut window is the peer is responsible, and no fault by itself`() {
    let found = findings([
      outbound {
        $0.timer = .zeroWindowProbe
        $0.sendQueue = 4096
      }
    ])
    #expect(found.map(\.kind) == [.peerNotReading])
    #expect(found.map(\.responsible) == [.peer])
    #expect(found.map(\.severity) == [.notice])
  }

  @Test func `a window that limits is told as a shut one is`() {
    let found = findings(
      [outbound()],
      [
        outbound {
          $0.info.busyTime = 4_000_000
          $0.info.receiveWindowLimited = 3_000_000
          $0.info.bytesSent = 1
        }
      ])
    #expect(found.map(\.kind) == [.peerNotReading])
  }

  @Test func `a small send buffer is this side's responsible`() {
    let found = findings(
      [outbound()],
      [
        outbound {
          $0.info.busyTime = 4_000_000
          $0.info.sendBufferLimited = 3_000_000
          $0.info.bytesSent = 1
        }
      ])
    #expect(found.map(\.kind) == [.smallSendBuffer])
    #expect(found.map(\.responsible) == [.process])
  }

  @Test func `a timer that backs off is the network is responsible`() {
    let found = findings([
      outbound {
        $0.timer = .retransmission
        $0.retransmits = 2
      }
    ])
    #expect(found.map(\.kind) == [.deadPath])
    #expect(found.map(\.responsible) == [.network])
  }

  /// (sent, sent again) between the looks → whether that is loss.
  static let losses: [(UInt32, UInt32, Bool)] = [
    (1000, 100, true), (1000, 51, true), (1000, 50, false), (19, 19, false), (30, 2, false),
  ]

  @Test(arguments: losses)
  func `loss is more than five of a hundred segments, and more than a few`(
    sent: UInt32, again: UInt32, isLoss: Bool
  ) {
    let found = findings(
      [outbound { $0.info.dataSegmentsOut = 7 }],
      [
        outbound {
          $0.info.dataSegmentsOut = 7 + sent
          $0.info.totalRetransmits = again
          $0.info.bytesSent = 1
        }
      ])
    #expect(found.map(\.kind) == (isLoss ? [.loss] : []))
  }

  @Test func `what was counted before the looks is not told as of now`() {
    var polls = ScriptedPolls()
    polls.poll([outbound()], holders: holders)
    let lossy = outbound {
      $0.info.dataSegmentsOut = 1000
      $0.info.totalRetransmits = 500
      $0.info.bytesSent = 1
    }
    let before = polls.poll([lossy])
    var report = polls.poll([lossy])
    report.time = 2
    #expect(report.findings(since: before).isEmpty)
    #expect(Diagnosis.findings(in: report).isEmpty)
  }

  @Test func `an unanswered connect is the network is responsible, once it has waited a second`() {
    let found = findings([outbound(.synSent)])
    #expect(found.map(\.kind) == [.connectsUnanswered(.nobody)])
    #expect(found.map(\.responsible) == [.network])
    #expect(found.map(\.severity) == [.notice])
    #expect(findings([], [outbound(.synSent)]).isEmpty)
  }

  /// (ms from the first look to the second) → how grave.
  @Test(arguments: [(Int64(19_999), Finding.Severity.notice), (20_000, .fault)])
  func `one attempt alone is a fault once it has waited for twenty seconds`(
    wait: Int64, severity: Finding.Severity
  ) {
    let found = findings([outbound(.synSent)], after: wait)
    #expect(found.map(\.kind) == [.connectsUnanswered(.nobody)])
    #expect(found.map(\.severity) == [severity])
  }

  /// (attempts that fail, how often their SYN was repeated, connections that did not) → how grave.
  static let storms: [(Int, UInt32, Int, Finding.Severity)] = [
    (1, 0, 0, .notice), (4, 0, 0, .notice), (5, 0, 0, .fault), (5, 0, 4, .fault),
    // As many went well, as with clients that try ::1 before 127.0.0.1.
    (5, 0, 5, .notice), (4, 3, 0, .notice), (5, 3, 0, .fault), (5, 3, 5, .notice),
  ]

  @Test(arguments: storms)
  func `failed attempts are a fault if there are several, and more than go well`(
    failed: Int, repeats: UInt32, well: Int, severity: Finding.Severity
  ) {
    let connections = (0..<well).map { number in
      outbound {
        $0.cookie = 100 + UInt64(number)
        $0.local.port += 100 + UInt16(number)
      }
    }
    let ends = (0..<failed).map { number in
      outbound(.synSent) {
        $0.cookie = 50 + UInt64(number)
        $0.info.segmentsOut = 1 + repeats
        $0.info.totalRetransmits = repeats
        $0.info.segmentsIn = repeats == 0 ? 1 : 0
      }.destroyed()
    }
    let found = findings(connections, destroyed: ends)
    #expect(
      found.map(\.kind) == [repeats == 0 ? .connectsRefused : .connectsUnanswered(.nobody)])
    #expect(found.map(\.severity) == [severity])
  }

  private func connect(to address: Address, cookie: UInt64 = 3) -> SocketRow {
    .connection(UInt16(40_000 + cookie), 443, .synSent, cookie: cookie, inode: 20) { row in
      row.local.address = address.isLoopback ? address : Self.own
      row.remote.address = address
    }
  }

  private static let loopback = Address(ipv4: 0x7f00_0001)
  private static let own = Address(ipv4: 0xc000_0201)
  private static let far = Address(ipv4: 0xc000_0209)

  /// (destination, listener's address, its queue of 5) → why it is not answered.
  static let silences: [(Address, Address, UInt32, Finding.UnansweredReason)] = [
    (loopback, loopback, 6, .listenerFull), (loopback, loopback, 5, .nobody),
    (loopback, .anyIPv4, 6, .listenerFull), (loopback, .anyIPv6, 6, .listenerFull),
    (own, own, 6, .listenerFull), (own, .anyIPv4, 6, .listenerFull),
    // There is room, it is another address, or another host.
    (loopback, loopback, 4, .nobody), (loopback, own, 6, .nobody), (far, .anyIPv4, 6, .nobody),
  ]

  @Test(arguments: silences)
  func `a full accept queue of this host is to blame for connects to it, and not the network`(
    destination: Address, listener: Address, queue: UInt32, silence: Finding.UnansweredReason
  ) throws {
    let rows = [
      SocketRow.listener(443, cookie: 1, inode: 10, queue: queue, limit: 5, address: listener),
      connect(to: destination),
    ]
    for lists in [false, true] {
      let found = findings(rows, after: 20_000, lists: lists) {
        $0.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...49_999)
      }
      let finding = try #require(found.first { $0.labels.process == "client.py" })
      #expect(finding.kind == .connectsUnanswered(silence))
      // The one that does not accept is the fault.
      #expect(finding.severity == (silence == .listenerFull ? .notice : .fault))
      #expect(finding.follows?.kind == (silence == .listenerFull ? .acceptQueue : nil))
      #expect(finding.responsible == (silence == .listenerFull ? .peer : .network))
      #expect((finding.localPeer == nil) == (destination == Self.far))
      let listeners = finding.evidence.compactMap { evidence in
        if case .fullListener(let socket) = evidence { socket } else { nil }
      }
      #expect(listeners.map(\.pid) == (silence == .listenerFull ? [100] : []))
      #expect(listeners.allSatisfy { $0.labels.process == "server.js" && $0.receiveQueue == queue })
    }
  }

  @Test func `connects to a full listener and connects into nothing are told apart`() {
    let found = findings(
      [
        .listener(443, cookie: 1, inode: 10, queue: 6, limit: 5), connect(to: Self.loopback),
        connect(to: Self.far, cookie: 4), connect(to: Self.far, cookie: 5),
      ], after: 20_000
    ).filter { $0.labels.process == "client.py" }
    #expect(
      found.map(\.kind) == [.connectsUnanswered(.nobody), .connectsUnanswered(.listenerFull)])
    let counts = found.flatMap(\.evidence).compactMap { evidence in
      if case .sockets(.synSent, let count) = evidence { count } else { nil }
    }
    #expect(counts == [2, 1])
  }

  @Test func `a peer on this host is named, and one elsewhere is not`() throws {
    let stalled = { (remote: Address) in
      self.outbound {
        $0.timer = .zeroWindowProbe
        $0.sendQueue = 4096
        $0.remote.address = remote
      }
    }
    let far = SocketRow.connection(443, 40_001, cookie: 9, inode: 11)
    let here = findings(
      [.listener(443, cookie: 1, inode: 10), stalled(Self.loopback), far], lists: true)
    let finding = try #require(here.first { $0.kind == .peerNotReading })
    #expect(finding.localPeer == Finding.LocalPeer(process: "server.js", pid: 100))
    #expect(finding.pid == 200)
    let elsewhere = findings([stalled(Self.far)], lists: true)
    #expect(elsewhere.map(\.kind) == [.peerNotReading])
    #expect(elsewhere.map(\.localPeer) == [nil])
    #expect(elsewhere.map(\.remote) == [Self.far])
  }

  @Test(arguments: [true, false])
  func `an address of this host without a socket behind it leads elsewhere`(isServed: Bool) {
    let own = outbound {
      $0.timer = .zeroWindowProbe
      $0.sendQueue = 4096
      $0.remote.address = $0.local.address
    }
    let listener = SocketRow.listener(443, cookie: 1, inode: 10)
    let found = findings((isServed ? [listener] : []) + [own], lists: true)
    #expect(found.map(\.kind) == [.peerNotReading])
    #expect(found.allSatisfy { ($0.localPeer != nil) == isServed })
  }

  @Test func `loss on connections that are dead follows from that`() {
    let alive = outbound {
      $0.info.segmentsOut = 1_000
      $0.info.dataSegmentsOut = 1_000
    }
    func dead(_ again: UInt32) -> SocketRow {
      outbound {
        $0.timer = .retransmission
        $0.retransmits = 7
        $0.expires = 8_000
        $0.sendQueue = 10
        $0.info.segmentsOut = 1_000 + again
        $0.info.dataSegmentsOut = 1_000 + again
        $0.info.totalRetransmits = again
      }
    }
    for (after, kinds) in [
      (Int64(5_000), [Finding.Kind.loss, .deadPath]), (120_000, [.deadPath, .loss]),
    ] {
      var polls = ScriptedPolls()
      let before = polls.poll([alive], holders: holders)
      polls.poll([dead(300)])
      let found = polls.poll([dead(400)], after: after).findings(since: before)
      #expect(found.map(\.kind) == kinds, "\(after)")
      #expect(found.first?.severity == .fault && found.last?.severity == .notice)
      #expect((found.last?.follows != nil) == (after > 60_000))
    }
  }

  @Test func `refused and abandoned connects are told by what the kernel announced`() {
    let end = { (cookie: UInt64, segmentsIn: UInt32) in
      outbound(.synSent) {
        $0.cookie = cookie
        $0.info.segmentsOut = 1
        $0.info.segmentsIn = segmentsIn
      }.destroyed()
    }
    let found = findings([outbound()], destroyed: [end(50, 1), end(51, 1), end(52, 0)])
    #expect(found.map(\.kind) == [.connectsRefused, .connectsAbandoned])
    #expect(found.map(\.responsible) == [.peer, .process])
    #expect(found[0].labels.process == "unknown")
    guard case .connectFailures(.refused, 2, within: .last(5000)) = found[0].evidence[0] else {
      Issue.record("\(found[0].evidence)")
      return
    }
  }

  /// (length, limit) → how grave.
  static let queues: [(UInt32, UInt32, Finding.Severity?)] = [
    (0, 0, nil), (1, 128, nil), (64, 128, nil), (65, 128, .notice), (128, 128, .notice),
    (129, 128, .fault), (1, 0, .fault),
  ]

  @Test(arguments: queues)
  func `an accept queue fills`(length: UInt32, limit: UInt32, severity: Finding.Severity?) {
    let found = findings([.listener(80, cookie: 1, inode: 10, queue: length, limit: limit)])
    #expect(found.map(\.severity) == (severity.map { [$0] } ?? []))
    #expect(found.allSatisfy { $0.kind == .acceptQueue && $0.responsible == .process })
  }

  @Test func `a source that does not tell the limit of an accept queue has no full queues`() {
    var polls = ScriptedPolls()
    polls.source = .procfs
    let report = polls.poll([.listener(80, cookie: 1, inode: 10, queue: 2, limit: 0)])
    #expect(report.groups[0].gauges.acceptQueueLength == 2)
    #expect(report.groups[0].gauges.acceptQueueLimit == nil)
    #expect(report.fullListeners.isEmpty)
    #expect(Diagnosis.findings(in: report).allSatisfy { $0.kind != .acceptQueue })
  }

  /// (length of the queue, drops) → what is found.
  static let drops: [(UInt32, UInt32, [Finding.Kind])] = [
    (2, 0, []), (2, 7, [.listenDrops]), (4, 0, [.acceptQueue]),
    (4, 7, [.listenDrops, .acceptQueue]),
    // What a full queue drops is evidence of that.
    (6, 7, [.acceptQueue]),
  ]

  @Test(arguments: drops)
  func `drops are told of the listener that has them`(
    length: UInt32, drops: UInt32, kinds: [Finding.Kind]
  ) {
    var polls = ScriptedPolls()
    let rows = [
      SocketRow.listener(80, cookie: 1, inode: 10),
      .listener(81, cookie: 2, inode: 11, queue: length, limit: 5),
    ]
    // What it had dropped before the first report is not counted.
    polls.tracker.listenDrops = [1: 0, 2: 100]
    let before = polls.poll(rows, holders: holders)
    polls.tracker.listenDrops = [1: 0, 2: 100 + drops]
    let report = polls.poll(rows)
    #expect(report.groups.map { $0.counters?.listenDrops } == [0, UInt64(drops)])
    let found = report.findings(since: before)
    #expect(found.map(\.kind) == kinds)
    #expect(found.allSatisfy { $0.labels.port == 81 })
    if drops > 0 {
      #expect(
        found[0].evidence.contains {
          if case .listenDrops(7, within: _) = $0 { true } else { false }
        })
    }
  }

  /// 100 ports; (address, TIME-WAIT, established) → what is found.
  static let ports: [(UInt32, Int, Int, Finding.Kind, Finding.Severity)] = [
    (0xc000_0201, 10, 0, .timeWait, .normal), (0xc000_0201, 60, 0, .ephemeralPorts, .notice),
    (0xc000_0201, 90, 0, .ephemeralPorts, .fault), (0xc000_0201, 0, 90, .ephemeralPorts, .fault),
    // The kernel takes those of loopback again.
    (0x7f00_0001, 90, 0, .ephemeralPorts, .notice), (0x7f00_0001, 5, 90, .ephemeralPorts, .fault),
  ]

  /// (address, tcp_tw_reuse, timestamps) → how grave it is that 90 of 100 ports are in TIME-WAIT.
  static let reuses: [(UInt32, UInt64, Bool, Finding.Severity)] = [
    (0x7f00_0001, 2, true, .notice), (0x7f00_0001, 1, true, .notice),
    (0x7f00_0001, 0, true, .fault), (0x7f00_0001, 2, false, .fault),
    (0x7f00_0001, 1, false, .fault), (0xc000_0201, 0, true, .fault), (0xc000_0201, 2, true, .fault),
    // The peer has no timestamps: else half of the ports were left.
    (0xc000_0201, 1, true, .fault),
  ]

  @Test(arguments: reuses)
  func `TIME-WAIT presses on loopback only where its ports are not taken again`(
    address: UInt32, mode: UInt64, hasTimestamps: Bool, severity: Finding.Severity
  ) {
    let rows = (0..<90).map { index in
      SocketRow.connection(
        UInt16(40_000 + index), 443, .timeWait, cookie: UInt64(100 + index)
      ) { row in
        row.local.address = Address(ipv4: address)
        row.remote.address = Address(ipv4: address)
      }
    }
    var ports = EphemeralPorts(ports: 40_000...40_099)
    ports.timeWaitReuse.mode = mode
    ports.timeWaitReuse.hasTimestamps = hasTimestamps
    let found = findings(rows) { $0.tracker.ephemeralPorts = ports }
    #expect(found.map(\.severity) == [severity])
  }

  @Test(arguments: ports)
  func `TIME-WAIT is healthy until it presses`(
    address: UInt32, timeWait: Int, established: Int, kind: Finding.Kind, severity: Finding.Severity
  ) {
    let rows = (0..<timeWait + established).map { index in
      SocketRow.connection(
        UInt16(40_000 + index), 443, index < timeWait ? .timeWait : .established,
        cookie: UInt64(100 + index)
      ) { row in
        row.local.address = Address(ipv4: address)
        row.remote.address = Address(ipv4: address)
      }
    }
    let found = findings(rows) {
      $0.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...40_099)
    }
    #expect(found.map(\.kind) == [kind])
    #expect(found.map(\.severity) == [severity])
  }

  @Test(arguments: [(60, 30, ["client.py"]), (1, 89, ["client.py"]), (0, 90, ["unknown"])])
  func
    `ports of nobody are told with the one process that was seen to connect there, and not once more`(
      owned: Int, others: Int, told: [String]
    )
  {
    let rows = (0..<owned + others).map { index in
      SocketRow.connection(
        UInt16(40_000 + index), 443, .established, cookie: UInt64(100 + index),
        inode: index < owned ? 20 : 99)
    }
    let found = findings(rows) {
      $0.tracker.ephemeralPorts = EphemeralPorts(ports: 40_000...40_099)
    }
    #expect(found.map(\.labels.process) == told)
  }

  /// A state that stays → who is responsible.
  static let endings: [(TCPState, Finding.Kind, Finding.ResponsibleParty)] = [
    (.finWait2, .peerNotClosing, .peer), (.finWait1, .endUnconfirmed, .network),
    (.lastAck, .endUnconfirmed, .network), (.closing, .endUnconfirmed, .network),
  ]

  @Test(arguments: endings)
  func `an end that stays is found, whether or not sockets are listed`(
    state: TCPState, kind: Finding.Kind, responsible: Finding.ResponsibleParty
  ) throws {
    for lists in [false, true] {
      let found = findings([outbound(state)], lists: lists) {
        $0.tracker.settings.finWait2After = 5_000
      }
      let finding = try #require(found.first)
      #expect(found.map(\.kind) == [kind])
      #expect(finding.responsible == responsible)
      guard case .sockets(state, 1) = finding.evidence[0],
        case .oldest(5_000, isAtLeast: true) = finding.evidence[1],
        case .socket(let socket) = finding.evidence[2]
      else {
        Issue.record("\(finding.evidence)")
        continue
      }
      #expect(socket.state == state)
    }
  }

  @Test(arguments: [TCPState.finWait1, .lastAck, .closing])
  func `an end behind data that the peer does not read is the peer's`(state: TCPState) {
    let found = findings([
      outbound(state) {
        $0.timer = .zeroWindowProbe
        $0.sendQueue = 4096
      }
    ])
    #expect(found.map(\.kind) == [.peerNotReading])
  }

  @Test func `FIN-WAIT-2 is no finding for as long as the kernel lets an orphan have it`() {
    #expect(findings([outbound(.finWait2)]).isEmpty)
  }

  @Test func `one full listener is a fault, whatever room the others of its group have`() throws {
    let found = findings([
      .listener(80, cookie: 1, inode: 10, queue: 6, limit: 5),
      .listener(80, cookie: 2, inode: 11, queue: 0, limit: 4000),
    ])
    let finding = try #require(found.first)
    #expect(finding.kind == .acceptQueue)
    #expect(finding.severity == .fault)
  }

  @Test func `who asks for a list finds the same`() {
    let rows: [SocketRow] = [
      listener, inbound { $0.timer = .zeroWindowProbe }, outbound(.lastAck),
      .connection(80, 40_005, .closeWait, cookie: 9, inode: 11) {
        $0.info.lastAckReceived = 99_000
      },
      .connection(40_006, 443, cookie: 10, inode: 20) { $0.receiveQueue = 7 },
    ]
    let told = { (lists: Bool) in
      findings(rows, lists: lists).map {
        "\($0.kind) \($0.severity) \($0.labels) \($0.sockets.count)"
      }
    }
    #expect(told(false) == told(true))
    #expect(told(false).count == 4)
  }

  @Test func `what is healthy is found to be so`() {
    #expect(findings([listener, inbound(), outbound()], lists: true).isEmpty)
  }

  @Test func `faults come first`() {
    let found = findings(
      [
        listener, inbound { $0.timer = .zeroWindowProbe }, outbound(.synSent),
        .connection(40_002, 443, .timeWait, cookie: 9),
      ], after: 20_000)
    #expect(found.map(\.severity) == [.fault, .notice, .normal])
  }
}

extension Report {
  /// What is found with an earlier report as the baseline, before which nobody watched.
  func findings(since before: Report) -> [Finding] {
    var report = self
    report.baseline = CounterBaseline(before, isFirst: true)
    return Diagnosis.findings(in: report)
  }
}
