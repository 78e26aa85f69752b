import Foundation
import SeededRandom
import Synchronization
import Testing

@testable import LinuxSockets
@testable import SocketStates

/// Trees under `--procfs` that are none, and trees that change under the reader.
@Suite struct HostileProcFSTests {
  /// Every file that is read, and one process with a descriptor.
  private static let files =
    ["stat", "comm", "cmdline", "cgroup", "limits"].map { "30/" + $0 }
    + ["tcp", "tcp6", "snmp", "netstat", "sockstat"].map { "net/" + $0 }
    + ["ip_local_port_range", "ip_local_reserved_ports", "tcp_max_tw_buckets"].map {
      "sys/net/ipv4/" + $0
    } + ["self/stat", "self/mountinfo", "stat"]

  /// Reads all of it, and says nothing where there is nothing.
  private func readAll(_ fake: FakeProcFS) throws {
    var settings = SocketPoller.Settings()
    settings.source = .procfs
    settings.procfs = fake.root
    var poller = SocketPoller(settings)
    _ = try? poller.poll()
    var registry = ProcessRegistry(procfs: fake.procfs)
    #expect(registry.process(30) == nil)
    var resolver = OwnerResolver(procfs: fake.procfs)
    let found = try resolver.resolve(
      OwnerRequest(inodes: [55]), hints: [30], deadline: .now + .seconds(60))
    #expect(found.holders.processes.isEmpty)
    let holder = Owner(
      identity: ProcessIdentity(pid: 30, startTime: 1), name: "x", unit: "")
    var descriptors = ProcessDescriptorsReader(procfs: fake.procfs)
    #expect(descriptors.read([holder]).isEmpty)
  }

  @Test func `fifos do not hold the reader up`() throws {
    let fake = try FakeProcFS()
    for file in Self.files {
      try fake.write(file, "")
      try fake.remove(file)
      try #require(mkfifo(fake.root + "/" + file, 0o600) == 0)
    }
    try fake.link("30/fd/3", to: "socket:[55]")
    try #require(mkfifo(fake.root + "/31", 0o600) == 0)
    try readAll(fake)
  }

  @Test func `links that lead round and round are no files`() throws {
    let fake = try FakeProcFS()
    for file in Self.files {
      try fake.link(file, to: fake.root + "/" + file + ".next")
      try fake.link(file + ".next", to: fake.root + "/" + file)
    }
    try fake.link("30/fd/3", to: "socket:[55]")
    try fake.link("40", to: fake.root + "/40")
    try fake.link("41/fd", to: fake.root)
    try readAll(fake)
  }

  @Test func `endless files are read to their limit`() throws {
    let fake = try FakeProcFS()
    for file in Self.files where !file.hasPrefix("net/tcp") { try fake.link(file, to: "/dev/zero") }
    try fake.link("30/fd/3", to: "socket:[55]")
    try readAll(fake)
    try fake.link("net/tcp", to: "/dev/zero")
    var reader = ProcNetTCPReader(procfs: fake.procfs)
    var rows = 0
    let error = #expect(throws: SystemError.self) {
      _ = try reader.read(deadline: .now + .milliseconds(200)) { rows += $0.count }
    }
    #expect(error?.errno == ETIMEDOUT)
    #expect(rows == 0)
  }

  /// One thread takes away and puts back what another one reads.
  @Test func `what vanishes under the walk is passed over`() throws {
    let fake = try FakeProcFS()
    let pids: ClosedRange<Int32> = 30...49
    for pid in pids { try fake.process(pid, "p\(pid)", descriptors: [3: "socket:[\(pid)]"]) }
    let steps = ["stat", "comm", "cmdline", "cgroup", "exe", "fd/3", "fd", ""]
    let isOver = Flag()
    let thread = Thread {
      var random = SplitMix64(state: 3)
      while !isOver.isSet {
        let pid = Int32(30 + random.next() % 20)
        let step = steps[Int(random.next() % UInt64(steps.count))]
        try? fake.remove("\(pid)/\(step)")
        usleep(200)
        try? fake.process(pid, "p\(pid)", descriptors: [3: "socket:[\(pid)]"])
      }
      isOver.set()
    }
    thread.start()
    var resolver = OwnerResolver(procfs: fake.procfs)
    let request = OwnerRequest(inodes: ContiguousArray(pids.map { UInt32($0) }))
    var found = 0
    for round in 0..<500 {
      if round % 10 == 0 { resolver = OwnerResolver(procfs: fake.procfs) }
      _ = resolver.beginPoll()
      let result = try resolver.resolve(request, hints: [30, 31], deadline: .now + .seconds(60))
      for pid in pids {
        let holders = result.holders(of: UInt32(pid))
        #expect(holders.allSatisfy { $0 == pid })
        found += holders.count
      }
    }
    #expect(found > 0)
    isOver.set()
    while !thread.isFinished { usleep(1000) }
    for pid in pids { try fake.process(pid, "p\(pid)", descriptors: [3: "socket:[\(pid)]"]) }
    resolver = OwnerResolver(procfs: fake.procfs)
    let all = try resolver.resolve(request, deadline: .now + .seconds(60))
    #expect(pids.allSatisfy { all.holders(of: UInt32($0)) == [$0] })
  }
}

/// Something that one thread tells another.
private final class Flag: Sendable {
  private let value = Mutex(false)
  var isSet: Bool { value.withLock { $0 } }
  func set() { value.withLock { $0 = true } }
}
