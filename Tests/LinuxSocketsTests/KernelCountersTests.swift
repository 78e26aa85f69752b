import SocketStates
import Testing

@testable import LinuxSockets

/// The kernel's counters from poll to poll.
@Suite struct KernelCountersTests {
  private let directory: FakeProcFS

  init() throws { directory = try FakeProcFS() }

  private func write(_ change: (inout KernelCounterBytes) -> Void) throws {
    try write(.counters, change)
    for kind in KernelCounterFile.Kind.allCases where kind != .counters {
      guard (try? KernelCounterFile.read(kind, in: directory.root)) == nil else { continue }
      try write(kind) {
        if kind == .processes { $0.process(comm: "curl", arguments: "curl\0") }
      }
    }
  }

  private func write(
    _ kind: KernelCounterFile.Kind, _ change: (inout KernelCounterBytes) -> Void
  ) throws {
    var bytes = KernelCounterBytes()
    bytes.kind = kind
    change(&bytes)
    try directory.write("v\(KernelCounterFile.format)/\(kind.name)", bytes.bytes)
  }

  private func added(_ counters: inout KernelCounters) throws -> [UInt16: UInt64] {
    let reading = try counters.read()
    return Dictionary(uniqueKeysWithValues: reading.additions.map { ($0.key.port, $0.count) })
  }

  private func connections(_ counters: inout KernelCounters) throws -> [KernelConnections] {
    try counters.read().additions.compactMap {
      if case .connections(let connections) = $0.event { connections } else { nil }
    }
  }

  @Test func `of connections what is new is added, and all of a group that was replaced`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { _ in }
    try write(.groups) { $0.group(opened: 5, ended: [2], lifetimes: [2]) }
    #expect(try connections(&counters).isEmpty)
    try write(.groups) { $0.group(opened: 6, ended: [2, 3], lifetimes: [2, 1]) }
    var new = KernelConnections()
    new.opened = 1
    new.ended[.resetReceived] = 3
    let added = try connections(&counters)
    #expect(added.map(\.opened) == [1] && added.map(\.ended) == [new.ended])
    #expect(added.map { $0.lifetimes.counts[1] } == [1])
    #expect(try connections(&counters).isEmpty)
    try write(.groups) { $0.group(opened: 7, ended: [2, 1]) }
    let replaced = try connections(&counters)
    #expect(replaced.map(\.opened) == [7] && replaced.map { $0.ended[.resetReceived] } == [1])
  }

  @Test func `a daemon that begins counts from the load on, if no counter has made room since`()
    throws
  {
    var counters = KernelCounters(directory: directory.root)
    try write {
      $0.created = 1
      $0.counter(port: 80, 5)
    }
    var copy = counters
    #expect(try copy.read(countsFromLoad: true).additions.map(\.count) == [5])
    #expect(try copy.read().additions.isEmpty)
    try write {
      $0.created = 2
      $0.counter(port: 80, 5)
    }
    #expect(try counters.read(countsFromLoad: true).additions.isEmpty)
  }

  private func writeEndings(_ cookies: UInt64...) throws {
    try write(.endings) {
      for (number, cookie) in cookies.enumerated() {
        $0.ending(cookie: cookie, number: UInt64(number), how: UInt8(number))
      }
    }
  }

  @Test func `endings are remembered as long as the kernel does, the last of a socket`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { _ in }
    try writeEndings(1, 2, 1)
    for _ in 0..<3 {
      _ = try counters.read()
      #expect(counters.ending(1, isThere: false)?.socket.how == .resetSent)
      #expect(counters.processes.values.map(\.command) == ["curl"])
    }
  }

  @Test func `what has ended since is read again, once`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { _ in }
    try writeEndings(1)
    _ = try counters.read()
    #expect(counters.ending(2, isThere: false) == nil)
    try writeEndings(1, 2)
    #expect(counters.ending(2, isThere: false) == nil)
    counters.mayHaveEnded = true
    #expect(counters.ending(2, isThere: false) != nil)
  }

  @Test func `a socket that nobody holds has its process, and so if it has ended meanwhile`() throws
  {
    var counters = KernelCounters(directory: directory.root)
    try write { _ in }
    try write(.orphans) {
      $0.ending(cookie: 3, number: 0, tgid: 300, how: 255, cause: 255)
      $0.kind = .orphans
    }
    try writeEndings(1)
    _ = try counters.read()
    #expect(counters.ending(3, isThere: false) == nil)
    try writeEndings(4)
    let orphan = counters.ending(3, isThere: true)
    #expect(orphan?.process.tgid == 300 && orphan?.socket.how == nil)
    #expect(counters.ending(4, isThere: true)?.socket.how == .closed)
  }

  @Test func `the first reading is the base, and the next ones add what is new`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { $0.counter(port: 80, 5) }
    #expect(try added(&counters) == [:])
    try write {
      $0.counter(port: 80, 7)
      $0.counter(port: 81, 3)
    }
    #expect(try added(&counters) == [80: 2, 81: 3])
    #expect(try added(&counters) == [:])
  }

  @Test func `of another set only the resets are new: what else came is counted otherwise`() throws
  {
    var counters = KernelCounters(directory: directory.root)
    try write { $0.counter(port: 80, 5) }
    try write(.groups) { $0.group(opened: 5) }
    _ = try counters.read()
    try write {
      $0.loaded = 78
      $0.counter(port: 80, 9)
      $0.counter(port: 81, kind: 2, 4)
    }
    try write(.groups) {
      $0.loaded = 78
      $0.group(opened: 8)
    }
    let reading = try counters.read()
    #expect(reading.isBase && reading.additions.map(\.count) == [4])
    try write {
      $0.loaded = 78
      $0.counter(port: 80, 10)
      $0.counter(port: 81, kind: 2, 4)
    }
    let next = try counters.read()
    #expect(!next.isBase && next.additions.map(\.count) == [1])
  }

  @Test func `a counter that was replaced counts from zero`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { $0.counter(port: 80, 5) }
    _ = try counters.read()
    try write { $0.counter(port: 80, 2) }
    #expect(try added(&counters) == [80: 2])
  }

  @Test func `after they were away, the next reading is a base again`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { $0.counter(port: 80, 5) }
    _ = try counters.read()
    try directory.remove("v\(KernelCounterFile.format)/counters")
    #expect(throws: KernelCounterError.self) { try counters.read() }
    counters.forget()
    try write { $0.counter(port: 80, 8) }
    #expect(try added(&counters) == [:])
  }

  @Test func `counters that made room before they were read are missed, once`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write {
      $0.created = 10
      $0.noMark = 3
      $0.counter(port: 80, 5)
    }
    #expect(try counters.read().missed == [:])
    // Five were made since: one is there, four are not.
    for made in [15, 15, 15] as [UInt64] {
      try write {
        $0.created = made
        $0.noMark = 4
        $0.counter(port: 80, 5)
        $0.counter(port: 81, 5)
      }
    }
    #expect(try counters.read().missed == [.noMark: 1])
    #expect(try counters.read().missed == [.replaced: 4])
    #expect(try counters.read().missed == [:])
  }

  @Test func `the processes of new counters come with them, once they are not known`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { $0.counter(port: 80, 5) }
    _ = try counters.read()
    #expect(counters.processes.isEmpty)
    try write { $0.counter(port: 80, 6) }
    _ = try counters.read()
    let process = try #require(counters.processes.first)
    #expect(process.value.command == "curl")
    counters.owners[process.key] = .unknown
    _ = try counters.read()
    #expect(counters.processes.isEmpty)
    try write { $0.counter(port: 80, 7) }
    _ = try counters.read()
    #expect(counters.processes.isEmpty)
  }
}
