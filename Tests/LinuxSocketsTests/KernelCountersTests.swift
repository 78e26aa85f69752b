import SocketStates
import Testing

@testable import LinuxSockets

/// The kernel's counters from poll to poll.
@Suite struct KernelCountersTests {
  private let directory: FakeProcFS

  init() throws { directory = try FakeProcFS() }

  private func write(_ change: (inout KernelCounterBytes) -> Void) throws {
    var bytes = KernelCounterBytes()
    change(&bytes)
    try directory.write("v1/counters", bytes.bytes)
    if (try? KernelCounterFile.read(.processes, in: directory.root)) == nil {
      var processes = KernelCounterBytes()
      processes.process(comm: "curl", arguments: "curl\0")
      try directory.write("v1/processes", processes.bytes)
    }
  }

  private func added(_ counters: inout KernelCounters) throws -> [UInt16: UInt64] {
    let reading = try counters.read()
    return Dictionary(uniqueKeysWithValues: reading.additions.map { ($0.key.port, $0.count) })
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

  @Test func `a counter that was replaced, and a new set of them, count from zero`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { $0.counter(port: 80, 5) }
    _ = try counters.read()
    try write { $0.counter(port: 80, 2) }
    #expect(try added(&counters) == [80: 2])
    try write {
      $0.loaded = 78
      $0.counter(port: 80, 9)
    }
    #expect(try added(&counters) == [80: 9])
  }

  @Test func `after they were away, the next reading is a base again`() throws {
    var counters = KernelCounters(directory: directory.root)
    try write { $0.counter(port: 80, 5) }
    _ = try counters.read()
    try directory.remove("v1/counters")
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
    #expect(try counters.read().processes.isEmpty)
    try write { $0.counter(port: 80, 6) }
    let process = try #require(try counters.read().processes.first)
    #expect(process.value.command == "curl")
    counters.owners[process.key] = .unknown
    try write { $0.counter(port: 80, 7) }
    #expect(try counters.read().processes.isEmpty)
  }
}
