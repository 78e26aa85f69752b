import Foundation
import Glibc
import Testing

@testable import LinuxSockets
@testable import SocketStates

extension FakeProcFS {
  private static let startOfTests = 77

  /// This process, in a procfs of its own PID namespace.
  func processOfTests(numbers: String = "\(getpid())") throws {
    try write("self/status", "Name:\ttests\nNSpid:\t\(numbers)\nNSpgid:\t1\n")
    try process(getpid(), "tests", start: Self.startOfTests)
  }

  /// What the kernel tells of processes, in the file that sockstated-bpf pins.
  func descriptors(_ tell: (inout KernelCounterBytes) -> Void) throws {
    var bytes = KernelCounterBytes()
    bytes.descriptorOfTests()
    tell(&bytes)
    try write("pins/v3/descriptors", bytes.bytes)
  }
}

extension KernelCounterBytes {
  /// This process's own, as ``FakeProcFS/processOfTests(numbers:)`` has it.
  mutating func descriptorOfTests() {
    descriptor(0, of: UInt32(getpid()), started: 770_000_000)
  }
}

@Suite struct KernelDescriptorsTests {
  private let fake: FakeProcFS
  private let later = ContinuousClock.now + .seconds(3600)

  init() throws {
    fake = try FakeProcFS()
    try fake.processOfTests()
  }

  private var resolver: OwnerResolver {
    OwnerResolver(procfs: fake.procfs, kernelCounters: fake.root + "/pins")
  }

  /// A request of the next poll.
  private func poll(
    _ resolver: inout OwnerResolver, _ inodes: ContiguousArray<UInt32>, hints: [Int32] = [],
    held: ContiguousArray<UInt32> = []
  ) throws -> OwnerSearch.Result {
    _ = resolver.beginPoll()
    var request = OwnerRequest(inodes: inodes)
    request.held = held
    return try resolver.resolve(request, hints: hints, deadline: later)
  }

  @Test func `holders are found without a link`() throws {
    try fake.process(30, "shop")
    try fake.process(40, "cart")
    try fake.descriptors {
      $0.descriptor(3, of: 30, inode: 55)
      $0.descriptor(7, of: 30, inode: 55)
      $0.descriptor(9, of: 30)
      $0.descriptor(3, of: 40, inode: 55)
      $0.descriptor(4, of: 40, inode: 56)
    }
    var resolver = resolver
    let found = try poll(&resolver, [55, 56, 57])
    #expect(found.holders.everyHolder(of: 55).map(\.name) == ["shop", "cart"])
    #expect(found.holders(of: 56) == [40])
    #expect(found.isComplete && found.unfound == 1)
    #expect(resolver.descriptor(of: 55, in: 30) == 3 && resolver.descriptor(of: 56, in: 40) == 4)
    #expect(resolver.kernel.isOn && resolver.kernel.failure == nil)
  }

  @Test func `one reading is for all requests of a poll, and known holders are in it`() throws {
    try fake.process(30, "shop")
    try fake.descriptors { $0.descriptor(3, of: 30, inode: 55) }
    var resolver = resolver
    #expect(try poll(&resolver, [55]).holders(of: 55) == [30])
    try fake.remove("pins/v3/descriptors")
    var request = OwnerRequest(inodes: [56])
    request.held = [55, 57]
    let found = try resolver.resolve(request, deadline: later)
    #expect(found.holders(of: 55) == [30] && found.holders(of: 56) == [])
    #expect(!found.holders.lost.contains(55) && found.holders.lost.contains(57))
    #expect(resolver.kernel.isOn)
  }

  @Test func `a table of a thread's own belongs to its process`() throws {
    try fake.process(30, "shop")
    try fake.descriptors {
      $0.descriptor(3, of: 30, inode: 55)
      $0.descriptor(3, of: 30, thread: 31, inode: 56)
    }
    var resolver = resolver
    let found = try poll(&resolver, [55, 56])
    #expect(found.holders(of: 56) == [30])
    #expect(resolver.descriptor(of: 56, in: 30) == 3)
  }

  @Test func `a process that has another's number is not the holder`() throws {
    try fake.process(30, "shop", start: 101)
    try fake.descriptors { $0.descriptor(3, of: 30, started: 1_000_000_000, inode: 55) }
    var resolver = resolver
    #expect(try poll(&resolver, [55]).holders(of: 55) == [])
  }

  @Test func `of a few new sockets the links of likely holders are read, and all the same found`()
    throws
  {
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    try fake.descriptors { bytes in
      bytes.descriptor(3, of: 30, inode: 55)
      for number in 0..<40 { bytes.descriptor(Int32(number), of: 50) }
    }
    var resolver = resolver
    #expect(try poll(&resolver, [55]).holders(of: 55) == [30])
    try fake.link("30/fd/4", to: "socket:[56]")
    // The kernel's list does not have it yet.
    #expect(try poll(&resolver, [56], hints: [30]).holders(of: 56) == [30])
    try fake.process(60, "new", descriptors: [3: "socket:[57]"])
    #expect(try poll(&resolver, [57], hints: [30]).holders(of: 57) == [60])
  }

  static let useless: [(name: String, numbers: String?, bytes: KernelCounterBytes?)] = {
    var other = KernelCounterBytes()
    other.descriptor(0, of: UInt32(getpid()), started: 990_000_000)
    var numberless = KernelCounterBytes()
    numberless.descriptor(0, of: 0)
    var newer = KernelCounterBytes()
    newer.descriptorOfTests()
    newer.format += 1
    var own = KernelCounterBytes()
    own.descriptorOfTests()
    return [
      ("no file", nil, nil), ("another clock", nil, other), ("no numbers", nil, numberless),
      ("another format", nil, newer), ("a procfs of an outer namespace", "\(getpid())\t4", own),
    ]
  }()

  @Test(arguments: useless)
  func `links are read if the kernel's list is of no use, and from then on`(
    name: String, numbers: String?, bytes: KernelCounterBytes?
  ) throws {
    try fake.process(30, "shop", descriptors: [3: "socket:[55]", 4: "socket:[56]"])
    var resolver = resolver
    if let numbers { try fake.processOfTests(numbers: numbers) }
    if let bytes { try fake.write("pins/v3/descriptors", bytes.bytes) }
    #expect(try poll(&resolver, [55]).holders(of: 55) == [30])
    #expect(!resolver.kernel.isOn)
    #expect(resolver.kernel.failure?.isAbsence == (bytes == nil))
    #expect(try poll(&resolver, [56]).holders(of: 56) == [30])
  }

  @Test func `when the kernel's list goes, or is cut short, links are read again`() throws {
    try fake.process(30, "shop", descriptors: [3: "socket:[55]", 4: "socket:[56]"])
    try fake.descriptors { $0.descriptor(3, of: 30, inode: 55) }
    var resolver = resolver
    #expect(try poll(&resolver, [55]).holders(of: 55) == [30])
    try fake.write("pins/v3/descriptors", "cut short")
    let found = try poll(&resolver, [56], held: [55])
    #expect(found.holders(of: 56) == [30] && found.isComplete)
    #expect(!found.holders.lost.contains(55))
    #expect(!resolver.kernel.isOn && resolver.kernel.failure?.isAbsence == false)
  }

  @Test func `sockets in no table are found at the second look, with their namespace`() throws {
    try fake.process(30, "shop")
    func tell(_ states: (inode: UInt32, state: UInt8)...) throws {
      try fake.descriptors { bytes in
        for (number, socket) in states.enumerated() {
          bytes.descriptor(
            Int32(number), of: 30, inode: socket.inode, netns: 9, state: socket.state)
        }
      }
    }
    var resolver = resolver
    func look(_ known: [UInt32]) throws -> [UnlistedSearch.Socket] {
      _ = resolver.beginPoll()
      return resolver.findUnlisted(deadline: later) {
        var open = InodeTable()
        for inode in known { open[inode] = 0 }
        return open
      }
    }
    try tell((55, 7), (56, 1), (57, 7), (58, 7), (59, 7))
    #expect(try poll(&resolver, [55]).holders(of: 55) == [30])
    #expect(try look([59]).isEmpty)
    // One has been connected meanwhile, and one is in a table.
    try tell((55, 7), (56, 1), (57, 2), (58, 7), (59, 7))
    let found = try look([58])
    #expect(found.map(\.inode) == [55] && found.map(\.holder.name) == ["shop"])
    #expect(found.map(\.netns) == [9])
  }
}
