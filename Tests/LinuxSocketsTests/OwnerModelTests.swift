import Glibc
import SeededRandom
import Testing

@testable import LinuxSockets
@testable import SocketStates

/// Processes that open sockets, pass them on and close them, in a procfs of files: the truth that the
/// tracker's owners must equal.
private struct Host {
  private let fake: FakeProcFS
  private var random: SplitMix64
  /// The sockets behind the descriptors of each process.
  private(set) var processes: [Int32: [Int: UInt32]] = [:]
  private var nextPid: Int32 = 100
  private var nextInode: UInt32 = 1
  private static let mostProcesses = 24
  private static let mostDescriptors = 60

  /// Where sockstated-bpf would have pinned its files.
  var pins: String { fake.root + "/pins" }

  init(seed: UInt64) throws {
    fake = try FakeProcFS()
    try fake.processOfTests()
    random = SplitMix64(state: seed)
    for _ in 0..<4 { try start([:]) }
  }

  var procfs: ProcFS { fake.procfs }

  /// Of each socket, the processes that hold it.
  var holders: [UInt32: Set<Int32>] {
    var holders: [UInt32: Set<Int32>] = [:]
    for (pid, descriptors) in processes {
      for inode in descriptors.values { holders[inode, default: []].insert(pid) }
    }
    return holders
  }

  /// Writes what the kernel would tell.
  func writeDescriptors() throws {
    var bytes = KernelCounterBytes()
    bytes.descriptorOfTests()
    for (pid, descriptors) in processes.sorted(by: { $0.key < $1.key }) {
      for (number, inode) in descriptors.sorted(by: { $0.key < $1.key }) {
        bytes.descriptor(
          Int32(number), of: UInt32(pid), started: UInt64(pid) * 10_000_000, inode: inode)
      }
    }
    try fake.write("pins/v3/descriptors", bytes.bytes)
  }

  mutating func act() throws {
    let pid = processes.keys.sorted().randomElement(using: &random)!
    let descriptors = processes[pid]!
    let (number, inode) =
      descriptors.sorted { $0.key < $1.key }.randomElement(using: &random) ?? (-1, 0)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<35:  // socket(), accept()
      try set(free(in: pid), of: pid, to: nextInode)
      nextInode += 1
    case 35..<45 where number >= 0:  // close()
      try set(number, of: pid, to: nil)
    case 45..<55 where number >= 0:  // dup()
      try set(free(in: pid), of: pid, to: inode)
    case 55..<65 where number >= 0:  // dup2() upon another
      let other = descriptors.keys.sorted().randomElement(using: &random)!
      try set(other, of: pid, to: inode)
    case 65..<80 where number >= 0:  // SCM_RIGHTS, mostly followed by close()
      let receiver = processes.keys.sorted().randomElement(using: &random)!
      try set(free(in: receiver), of: receiver, to: inode)
      if receiver != pid, Bool.random(using: &random) { try set(number, of: pid, to: nil) }
    case 80..<88 where processes.count < Self.mostProcesses:  // fork()
      try start(descriptors)
    case 88..<93:  // exec(), which closes some
      for number in descriptors.keys.sorted() where Bool.random(using: &random) {
        try set(number, of: pid, to: nil)
      }
    case 93..<100 where processes.count > 4:  // exit()
      processes[pid] = nil
      try fake.remove("\(pid)")
    default: break
    }
  }

  private func free(in pid: Int32) -> Int {
    (3..<3 + Self.mostDescriptors).first { processes[pid]?[$0] == nil } ?? 3
  }

  private mutating func start(_ descriptors: [Int: UInt32]) throws {
    if nextPid == getpid() { nextPid += 1 }
    let pid = nextPid
    nextPid += 1
    processes[pid] = [:]
    try fake.process(pid, "p\(pid)", start: Int(pid))
    for (number, inode) in descriptors { try set(number, of: pid, to: inode) }
  }

  private mutating func set(_ number: Int, of pid: Int32, to inode: UInt32?) throws {
    processes[pid]?[number] = inode
    let path = "\(pid)/fd/\(number)"
    if let inode { try fake.link(path, to: "socket:[\(inode)]") } else { try fake.remove(path) }
  }
}

@Suite struct OwnerModelTests {
  /// Polls the host's sockets: the owner that is told of each, and how many there are.
  private func poll(
    _ host: Host, _ tracker: inout SocketTracker, _ resolver: inout OwnerResolver, at now: Int64
  ) throws -> (owners: [UInt32: Int32], rows: Int) {
    let rows = ContiguousArray(
      host.holders.keys.sorted().map { inode in
        var row = SocketRow()
        row.cookie = UInt64(inode)
        row.inode = inode
        row.hasInfo = true
        row.state = inode % 5 == 0 ? .closeWait : .established
        row.local = Endpoint(address: .anyIPv4, port: UInt16(inode % 60_000 + 1))
        row.remote = Endpoint(address: .anyIPv4, port: 80)
        return row
      })
    let pending = tracker.update(from: .sockDiag, at: now, listsSockets: true) { $0(rows.span) }
    tracker.disown(resolver.beginPoll().gone)
    var holders = HolderTable()
    if let request = tracker.request(for: pending) {
      let found = try resolver.resolve(request, deadline: .now + .seconds(600)) {
        var open = InodeTable()
        tracker.addOpenInodes(to: &open)
        return open
      }
      holders = found.holders
      holders.isComplete = found.isComplete
    }
    let report = tracker.attribute(pending, to: holders)
    let owners = (report.sockets ?? []).map { ($0.inode, $0.pid) }
    return (Dictionary(uniqueKeysWithValues: owners), rows.count)
  }

  /// 200,000 rows in all.
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64], [false, true])
  func `after any history the owner that is told holds the socket, two polls later at most`(
    seed: UInt64, kernelTells: Bool
  ) throws {
    var host = try Host(seed: seed)
    var tracker = SocketTracker()
    var resolver = OwnerResolver(
      procfs: host.procfs, kernelCounters: kernelTells ? host.pins : nil)
    var (now, rows, wrong) = (Int64(1_000_000), 0, 0)
    while rows < 40_000 {
      for _ in 0..<40 { try host.act() }
      if kernelTells { try host.writeDescriptors() }
      var told: [UInt32: Int32] = [:]
      for _ in 0..<3 {
        now += 5_000
        let polled = try poll(host, &tracker, &resolver, at: now)
        told = polled.owners
        rows += polled.rows
      }
      for (inode, pids) in host.holders where !pids.contains(told[inode] ?? 0) { wrong += 1 }
    }
    #expect(wrong == 0, "of \(rows) rows")
    #expect(resolver.kernel.isOn == kernelTells)
  }
}
