import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct KernelCounterTests {
  private typealias Event = SocketTracker.KernelEvent

  static let events: [(kind: UInt8, state: UInt8, reason: UInt8, SocketTracker.KernelEvent?)] = [
    (1, 2, 1, .failed(.refused)), (1, 2, 2, .failed(.unanswered)), (1, 2, 3, .failed(.abandoned)),
    (1, 2, 4, .failed(.unreachable)), (1, 2, 0, nil), (1, 2, 5, nil),
    (2, 1, 0, .reset(.received(.established))), (2, 0, 0, nil), (2, 13, 0, nil),
    (3, 1, 11, .reset(.sent(.established, .abortOnClose))),
    (3, 12, 0, .reset(.sent(.synRecv, nil))), (3, 0, 1, .reset(.sent(nil, .noSocket))),
    (3, 0, 200, .reset(.sent(nil, nil))), (0, 1, 1, nil), (4, 1, 1, nil),
  ]

  @Test(arguments: events)
  func `a record says what happened, or nothing that is known here`(
    kind: UInt8, state: UInt8, reason: UInt8, event: SocketTracker.KernelEvent?
  ) throws {
    var bytes = KernelCounterBytes()
    bytes.counter(kind: kind, state: state, reason: reason, 4)
    let counters = Array(try KernelCounterFile(.counters, bytes.bytes).counters)
    #expect(counters.map(\.key.event) == [event])
    #expect(counters.map(\.count) == [4])
  }

  @Test func `every field of a record and of the end is read`() throws {
    var bytes = KernelCounterBytes()
    bytes.noMark = 2
    bytes.created = 8
    bytes.counter(tgid: 7, started: 123_456_789_012, netns: 9, port: 443, direction: 1, 1)
    bytes.counter(tgid: 0, started: 0, port: 0, direction: 2, 2)
    let file = try KernelCounterFile(.counters, bytes.bytes)
    #expect(file.count == 2)
    #expect((file.loaded, file.created, file.noMark) == (77, 8, 2))
    #expect((file.noCounter, file.late) == (3, 4))
    let keys = file.counters.map(\.key)
    #expect(keys[0].process.identity == ProcessIdentity(pid: 7, startTime: 12_345))
    #expect((keys[0].netns, keys[0].port, keys[0].side) == (9, 443, .inbound))
    #expect(keys[1].process.identity == nil)
    #expect((keys[1].port, keys[1].side) == (0, nil))
  }

  @Test func `every field of a group is read`() throws {
    var bytes = KernelCounterBytes()
    bytes.group(
      tgid: 7, port: 443, direction: 1, opened: 9, ended: [1, 2, 3, 4, 5], connects: [0, 6],
      lifetimes: Array(repeating: 1, count: 15))
    let group = try #require(Array(try KernelCounterFile(.groups, bytes.bytes).groups).first)
    #expect((group.key.process.tgid, group.key.port, group.key.side) == (7, 443, .inbound))
    #expect(group.connections.opened == 9)
    let ends: [ConnectionEnd] = [.closed, .resetReceived, .resetSent, .timedOut, .aborted]
    #expect(ends.map { group.connections.ended[$0] } == [1, 2, 3, 4, 5])
    #expect((group.connections.connects.counts[1], group.connections.connects.sum) == (6, 60))
    #expect((group.connections.lifetimes.count, group.connections.lifetimes.counts[14]) == (15, 1))
  }

  @Test(arguments: [
    (how: UInt8(0), cause: UInt8(2), ended: ConnectionEnd.resetSent, wasDestroyed: false),
    (0, 254, .resetSent, true), (2, 254, .resetSent, true), (0, 0, .closed, false),
    (1, 0, .resetReceived, false),
  ])
  func `the cause of an ending is read, and is how it ended if the loader does not tell`(
    ending: (how: UInt8, cause: UInt8, ended: ConnectionEnd, wasDestroyed: Bool)
  ) throws {
    var bytes = KernelCounterBytes()
    bytes.ending(cookie: 3, number: 4, how: ending.how, cause: ending.cause)
    let socket = try #require(
      Array(try KernelCounterFile(.endings, bytes.bytes).endings).first
    ).socket
    #expect(socket.cause == ending.ended && socket.wasDestroyed == ending.wasDestroyed)
  }

  @Test func `every field of an ending is read, and a number that is none says nothing`() throws {
    var bytes = KernelCounterBytes()
    bytes.ending(
      cookie: 3, number: 4, retransmits: 5, unread: 40, port: 443, direction: 0, how: 2, state: 8,
      reason: 11, sentSegments: 6, bytes: (sent: 7, received: 8, retransmitted: 9))
    bytes.ending(cookie: 5, number: 6, port: 0, direction: 2, how: 255, state: 99, reason: 99)
    let endings = Array(try KernelCounterFile(.endings, bytes.bytes).endings)
    #expect(endings.map(\.cookie) == [3, 5] && endings.map(\.number) == [4, 6])
    let (first, second) = (endings[0].socket, endings[1].socket)
    #expect((first.direction, first.port, first.how) == (.outbound, 443, .resetSent))
    #expect((first.state, first.reason) == (.closeWait, .abortOnClose))
    #expect((first.retransmits, first.unread, first.sentSegments) == (5, 40, 6))
    #expect((first.sentBytes, first.receivedBytes, first.retransmittedBytes) == (7, 8, 9))
    #expect((second.direction, second.port, second.how) == (nil, nil, nil))
    #expect((second.state, second.reason) == (nil, nil))
  }

  @Test func `every field of a descriptor is read`() throws {
    var bytes = KernelCounterBytes()
    bytes.descriptor(
      8, of: 7, thread: 9, started: 123_456_789_012, inode: 55, netns: 4_026_531_840, state: 7)
    bytes.descriptor(.max, of: 0, state: 99)
    bytes.descriptor(-1, of: .max)
    let found = Array(try KernelCounterFile(.descriptors, bytes.bytes).descriptors)
    #expect(found[0].process.identity == ProcessIdentity(pid: 7, startTime: 12_345))
    #expect((found[0].table, found[0].number, found[0].inode) == (9, 8, 55))
    #expect((found[0].netns, found[0].state) == (4_026_531_840, .close))
    #expect((found[1].number, found[1].inode, found[1].state) == (.max, 0, nil))
    // Of processes without a number in the reader's PID namespace, or with one that none can have.
    #expect(found[1].process.identity == nil && found[2].process.identity == nil)
  }

  static let malformed: [(name: String, [UInt8], KernelCounterFile.Fault)] = {
    var whole = KernelCounterBytes()
    whole.counter(1)
    var newer = whole
    newer.format = KernelCounterFile.format + 1
    var other = KernelCounterBytes()
    other.process(comm: "a", arguments: "")
    return [
      ("empty", [], .notWhole), ("text", Array("#!/bin/sh\n".utf8), .notWhole),
      ("zeros", Array(repeating: 0, count: 4096), .notWhole),
      ("without its last byte", whole.bytes.dropLast(), .notWhole),
      ("without its end", whole.records, .notWhole),
      ("without its first byte", Array(whole.bytes.dropFirst()), .notWhole),
      ("a newer format", newer.bytes, .otherFormat(KernelCounterFile.format + 1)),
      ("the file of processes", other.bytes, .notWhole),
    ]
  }()

  @Test(arguments: malformed)
  func `what is no whole file is refused`(
    name: String, bytes: [UInt8], fault: KernelCounterFile.Fault
  ) {
    #expect(throws: fault, "\(name)") { try KernelCounterFile(.counters, bytes) }
  }

  static let names: [(comm: String, arguments: String, length: UInt32?, name: String)] = [
    ("python3", "python3\0-u\0/srv/worker.py\0--queue\0", nil, "worker.py"),
    ("curl", "/usr/bin/curl\0http://a\0", nil, "curl"),
    ("bash", "bash\0/opt/check.sh\0", nil, "check.sh"),
    // Longer than may be: read as far as it goes.
    ("node", "node\0server.js\0", 4_000_000_000, "server.js"),
    ("kworker", "", nil, "kworker"),
  ]

  @Test(arguments: names)
  func `a process that is gone is called what it called itself`(
    comm: String, arguments: String, length: UInt32?, name: String
  ) throws {
    var bytes = KernelCounterBytes()
    bytes.process(comm: comm, arguments: arguments, length: length)
    let process = try #require(
      Array(try KernelCounterFile(.processes, bytes.bytes).processes).first)
    let facts = process.facts(try #require(process.key.identity), unit: "a.service")
    #expect(facts.name == name)
    #expect(process.cgroup == 12)
  }
}
