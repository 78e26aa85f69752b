import CLibMNL
import Foundation
import Glibc
import Testing

@testable import LinuxSockets
@testable import SocketStates

extension FakeProcFS {
  /// A process with descriptors that are links to the targets.
  func process(
    _ pid: Int32, _ executable: String, start: Int = 100, parent: Int32 = 1,
    descriptors: [Int: String] = [:]
  ) throws {
    try write(
      "\(pid)/stat",
      "\(pid) (a) R (b) S \(parent) 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 \(start) 4096 2 0\n")
    try write("\(pid)/comm", "command\n")
    try write("\(pid)/cmdline", executable + "\0")
    try write("\(pid)/cgroup", "0::/system.slice/\(executable).service\n")
    try link("\(pid)/exe", to: "/usr/bin/" + executable)
    try FileManager.default.createDirectory(
      atPath: root + "/\(pid)/fd", withIntermediateDirectories: true)
    for (number, target) in descriptors { try link("\(pid)/fd/\(number)", to: target) }
  }

  /// The process ends, and its parent does not wait for it.
  func end(_ pid: Int32) throws {
    try write(
      "\(pid)/stat",
      "\(pid) (payment-gateway) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0 0\n")
    try write("\(pid)/comm", "payment-gateway\n")
    try write("\(pid)/cmdline", "")
    try remove("\(pid)/exe")
    try remove("\(pid)/fd")
  }
}

extension OwnerSearch.Result {
  /// The pids of all holders of a socket, ascending.
  func holders(of inode: UInt32) -> [Int32] {
    holders.holders(of: inode).map { holders.processes[Int($0)].pid }.sorted()
  }
}

extension OwnerResolver {
  /// A search from its beginning to its end.
  mutating func resolve(
    _ request: OwnerRequest, hints: [Int32] = [], deadline: ContinuousClock.Instant,
    openInodes: () -> InodeTable = { InodeTable() }
  ) throws -> OwnerSearch.Result {
    let search = begin(request, hints: hints, deadline: deadline)
    return try finish(search, shared: request.shared, openInodes: openInodes)
  }
}

@Suite struct OwnerResolverTests {
  private let later = ContinuousClock.now + .seconds(3600)

  private func resolve(
    _ resolver: inout OwnerResolver, _ inodes: ContiguousArray<UInt32>, hints: [Int32] = [],
    closed: ContiguousArray<UInt32> = [], open: [UInt32] = []
  ) throws -> OwnerSearch.Result {
    let request = OwnerRequest(inodes: inodes, closedInodes: closed)
    return try resolver.resolve(request, hints: hints, deadline: later) {
      var table = InodeTable()
      for inode in open { table[inode] = 0 }
      return table
    }
  }

  @Test func `finds the holder`() throws {
    let fake = try FakeProcFS()
    try fake.process(20, "other", descriptors: [0: "/dev/null", 3: "pipe:[55]"])
    try fake.process(30, "shop", descriptors: [0: "/dev/null", 7: "socket:[55]", 8: "socket:[56]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    let found = try resolve(&resolver, [55, 57])
    #expect(found.holders(of: 55) == [30])
    #expect(found.holders(of: 57) == [])
    let identity = ProcessIdentity(pid: 30, startTime: 100)
    #expect(
      found.holders.processes == [
        Owner(identity: identity, name: "shop", unit: "shop.service", parent: 1)
      ])
    #expect(resolver.descriptor(of: 55, in: 30) == 7)
    #expect(found.isComplete)
    #expect(found.unlistedProcesses.isEmpty)
  }

  @Test func `nothing wanted walks nothing`() throws {
    var resolver = OwnerResolver(procfs: ProcFS(root: "/does/not/exist"))
    #expect(try resolve(&resolver, []).holders.processes.isEmpty)
    #expect(try resolve(&resolver, [0]).isComplete)
    #expect(throws: SystemError.self) { try resolve(&resolver, [1]) }
  }

  @Test func `all holders are found`() throws {
    let fake = try FakeProcFS()
    for pid in [1, 30, 200] as [Int32] {
      try fake.process(pid, pid == 1 ? "systemd" : "shop", descriptors: [3: "socket:[55]"])
    }
    try fake.process(1, "systemd", descriptors: [4: "socket:[56]"])
    for hints in [[], [1, 200, 30]] as [[Int32]] {
      var resolver = OwnerResolver(procfs: fake.procfs)
      let found = try resolve(&resolver, [55, 56], hints: hints)
      #expect(found.holders(of: 55) == [1, 30, 200])
      #expect(found.holders(of: 56) == [1])
    }
  }

  @Test func `hinted processes are enough`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    try fake.process(40, "shop", descriptors: [3: "socket:[55]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    let found = try resolve(&resolver, [55], hints: [40])
    #expect(found.holders(of: 55) == [40])
  }

  @Test func `a child of a holder is told as soon as it is there`() async throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    var request = OwnerRequest(inodes: [])
    request.reported = [55]
    request.shared = [55]
    #expect(try resolver.resolve(request, deadline: later).holders(of: 55) == [30])
    try fake.process(40, "sleep", parent: 30, descriptors: [3: "socket:[55]"])
    // Without a child it would be looked for after a minute.
    for _ in 0..<200 {
      if try resolver.resolve(request, deadline: later).holders(of: 55) == [30, 40] { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("the child is not found")
  }

  @Test func `of sockets that no dump has those of TCP are found, at the second look`() throws {
    let sockets = [
      socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0),
      socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0),
      socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0),
      socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0),
    ]
    defer { for socket in sockets { close(socket) } }
    let inodes = sockets.map { descriptor in
      var status = stat()
      fstat(descriptor, &status)
      return UInt32(truncatingIfNeeded: status.st_ino)
    }
    // Not while a network namespace of another program's goes: what is in that cannot be told then.
    for _ in 0..<100 {
      var resolver = OwnerResolver(procfs: ProcFS(root: "/proc"))
      func look(_ known: [UInt32]) -> [UnlistedSearch.Socket] {
        resolver.findUnlisted(deadline: later) {
          var open = InodeTable()
          for inode in known { open[inode] = 0 }
          return open
        }
      }
      #expect(look([]).isEmpty)
      // The last is in a table by then.
      let found = look([inodes[3]]).filter { inodes.contains($0.inode) }
      guard !found.isEmpty else { continue }
      #expect(found.map(\.inode) == [inodes[0]])
      #expect(found.map(\.holder.pid) == [getpid()])
      return
    }
    Issue.record("the socket is not found")
  }

  @Test func `a known descriptor used again is found`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]", 4: "/dev/null"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    #expect(try resolve(&resolver, [55]).holders(of: 55) == [30])
    try fake.link("30/fd/3", to: "socket:[60]")
    try fake.link("30/fd/4", to: "socket:[61]")
    let found = try resolve(&resolver, [60, 61])
    #expect(found.holders(of: 60) == [30])
    #expect(resolver.descriptor(of: 60, in: 30) == 3)
    #expect(found.holders(of: 61) == [30])
    #expect(resolver.descriptor(of: 61, in: 30) == 4)
  }

  @Test func `a socket seen before it was wanted is found`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]", 4: "socket:[56]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    #expect(try resolve(&resolver, [55]).holders(of: 55) == [30])
    // 56 was read on the way; that it is open must not hide it.
    let found = try resolve(&resolver, [56], open: [55, 56])
    #expect(found.holders(of: 56) == [30])
    #expect(resolver.descriptor(of: 56, in: 30) == 4)
  }

  @Test func `descriptors of sockets still open are not read again`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    #expect(try resolve(&resolver, [55]).holders(of: 55) == [30])
    try fake.link("30/fd/3", to: "socket:[60]")
    var other = resolver
    #expect(try resolve(&other, [60], open: [55]).holders.processes.isEmpty)
    #expect(try resolve(&resolver, [60]).holders(of: 60) == [30])
  }

  @Test func `new sockets are found where old ones were`() throws {
    let fake = try FakeProcFS()
    try fake.process(
      30, "shop", descriptors: [0: "/dev/null", 3: "socket:[55]", 4: "socket:[56]", 5: "pipe:[9]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    let first = try resolve(&resolver, [55, 56])
    #expect(first.holders(of: 55) == [30] && first.holders(of: 56) == [30])
    try fake.link("30/fd/4", to: "socket:[60]")
    for number in 6...8 { try fake.link("30/fd/\(number)", to: "socket:[6\(number)]") }
    // Not known, and not next to what is: only a walk finds it.
    try fake.link("30/fd/100", to: "socket:[70]")
    let found = try resolve(&resolver, [60, 66, 68, 70], hints: [30], closed: [56], open: [55])
    #expect(found.holders(of: 60) == [30])
    #expect(resolver.descriptor(of: 60, in: 30) == 4)
    #expect(found.holders(of: 66) == [30])
    #expect(resolver.descriptor(of: 66, in: 30) == 6)
    #expect(found.holders(of: 68) == [30])
    #expect(resolver.descriptor(of: 68, in: 30) == 8)
    #expect(found.holders(of: 70) == [30])
    #expect(resolver.descriptor(of: 70, in: 30) == 100)
    #expect(resolver.descriptor(of: 67, in: 30) == 7)
    #expect(resolver.descriptor(of: 56, in: 30) == nil)
  }

  @Test func `where a socket was that no dump has any more, its follower is found without a list`()
    throws
  {
    let fake = try FakeProcFS()
    var descriptors: [Int: String] = [:]
    for number in 0..<16 { descriptors[number] = "socket:[\(100 + number)]" }
    try fake.process(30, "shop", descriptors: descriptors)
    let open = Array(100..<116 as Range<UInt32>)
    var resolver = OwnerResolver(procfs: fake.procfs)
    #expect(try resolve(&resolver, [115], open: open).holders(of: 115) == [30])
    try fake.link("30/fd/7", to: "socket:[207]")
    // Only a list would tell it.
    try fake.link("30/fd/100", to: "socket:[300]")
    let left = open.filter { $0 != 107 } + [207]
    var few = resolver
    #expect(try resolve(&few, [207], hints: [30], open: left).holders(of: 207) == [30])
    #expect(few.descriptor(of: 107, in: 30) == nil)
    #expect(few.descriptor(of: 300, in: 30) == nil)
    // With most of them gone, a list costs less.
    #expect(try resolve(&resolver, [207], hints: [30], open: [207]).holders(of: 207) == [30])
    #expect(resolver.descriptor(of: 300, in: 30) == 100)
  }

  @Test func `a probe stops at free numbers and reads none twice`() {
    var known = KnownDescriptors()
    for number in 0..<100 as Range<Int32> {
      known.append(KnownDescriptor(number: number, inode: 1000 + UInt32(number), wasRead: true))
    }
    var gone = InodeTable()
    for inode in 1010..<1060 as Range<UInt32> { gone[inode] = 0 }
    known.vacate(gone)
    let taken: [Int32: UInt32] = [10: 2010, 11: 2011, 12: 0, 100: 2100]
    var asked: [Int32] = []
    known.probe { number in
      asked.append(number)
      return taken[number].map { ($0, true) }
    }
    #expect(asked == Array(10...20) + [100, 101])
    #expect(known.descriptor(of: 2011) == 11)
    #expect(known.descriptor(of: 2100) == 100)
    asked = []
    known.probe { number in
      asked.append(number)
      return nil
    }
    #expect(asked == Array(13...20) + [101])
  }

  @Test func `odd entries are harmless`() throws {
    let fake = try FakeProcFS()
    try fake.process(
      30, "shop",
      descriptors: [
        1: "socket:[", 2: "socket:[]", 3: "socket:[x]", 4: "socket:[99999999999999999999]",
        5: "socket:[4294967351]", 6: "socket:[55", 7: "[55]", 8: "socket:[55] (deleted)",
        9: String(repeating: "x", count: 3000), 10: "socket:[-55]",
      ])
    try fake.write("30/fd/notANumber", "")
    try fake.write("30/fd/99999999999999999999", "")
    try fake.write("40", "no directory")
    try fake.write("50/fd", "no directory")
    try fake.write("60/stat", "no descriptors")
    try fake.process(70, "real")
    try fake.link("80", to: fake.root + "/30")
    try fake.link("90", to: "/etc")
    var resolver = OwnerResolver(procfs: fake.procfs)
    let found = try resolve(&resolver, [55], hints: [40, 50, 60, 80, 90, 12345, -1, 0])
    #expect(found.holders.processes.isEmpty)
    #expect(found.isComplete)
  }

  @Test func `a link in place of a process is none`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    try fake.link("20", to: fake.root + "/30")
    var resolver = OwnerResolver(procfs: fake.procfs)
    #expect(try resolve(&resolver, [55]).holders(of: 55) == [30])
  }

  @Test func `hidden processes are noticed`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    #expect(try resolve(&resolver, [55]).hidesProcesses)
    try fake.process(1, "systemd")
    #expect(try !resolve(&resolver, [56]).hidesProcesses)
  }

  @Test func `a holder that vanishes is none`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    try fake.remove("30/stat")
    var resolver = OwnerResolver(procfs: fake.procfs)
    #expect(try resolve(&resolver, [55]).holders.processes.isEmpty)
  }

  @Test func `what ends during the search is not looked for in every process`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]", 4: "socket:[56]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    _ = try resolve(&resolver, [55, 56])
    let request = OwnerRequest(
      inodes: [57, 58], closedInodes: [55], knownProcesses: [30])
    try fake.link("30/fd/3", to: "socket:[57]")
    var search = resolver.begin(request, deadline: later)
    #expect(search.missing == 1)
    resolver.keep(
      OwnerRequest(inodes: [57], closedInodes: [56]), of: request, in: &search)
    #expect(!search.isOn)
    let found = try resolver.finish(search, shared: [])
    #expect(found.holders(of: 57) == [30] && found.unfound == 0)
    // What was closed meanwhile is known as a free number.
    try fake.link("30/fd/4", to: "socket:[59]")
    let next = resolver.begin(
      OwnerRequest(inodes: [59], knownProcesses: [30]), deadline: later)
    #expect(!next.isOn)
  }

  @Test func `a socket that came after the dump is looked at again, and once`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    _ = try resolve(&resolver, [55])
    func isFound(_ inode: UInt32, closed: ContiguousArray<UInt32> = []) -> Bool {
      let request = OwnerRequest(inodes: [inode], closedInodes: closed, knownProcesses: [30])
      return !resolver.begin(request, deadline: later).isOn
    }
    // 70 and 71 are in no dump; nobody tells when they have gone.
    try fake.link("30/fd/3", to: "socket:[70]")
    try fake.link("30/fd/4", to: "socket:[71]")
    #expect(!isFound(60, closed: [55]))
    try fake.link("30/fd/3", to: "socket:[56]")
    #expect(isFound(56))
    #expect(!isFound(60))
    // What stays is none that has gone, such as a UDP socket.
    try fake.link("30/fd/4", to: "socket:[57]")
    #expect(!isFound(57))
    #expect(try resolve(&resolver, [57], hints: [30]).holders(of: 57) == [30])
  }

  @Test func `the past is no deadline to meet`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    let found = try resolver.resolve(
      OwnerRequest(inodes: [55]), hints: [30], deadline: .now - .seconds(1))
    #expect(found.holders.processes.isEmpty)
    #expect(!found.isComplete)
  }

  private func look(
    _ resolver: inout OwnerResolver, held: ContiguousArray<UInt32> = [],
    reported: ContiguousArray<UInt32> = [], shared: ContiguousArray<UInt32> = []
  ) throws -> OwnerSearch.Result {
    var request = OwnerRequest(inodes: [])
    request.held = held
    request.reported = reported
    request.shared = shared
    return try resolver.resolve(request, deadline: later)
  }

  @Test func `known holders are looked at again`() throws {
    let fake = try FakeProcFS()
    try fake.process(
      30, "shop", descriptors: [3: "socket:[55]", 4: "socket:[56]", 5: "socket:[57]"])
    try fake.process(40, "heir", descriptors: [3: "pipe:[9]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    _ = try resolve(&resolver, [55, 56, 57])
    // Closed; replaced by dup2; closed, and held by another.
    try fake.remove("30/fd/3")
    try fake.link("30/fd/4", to: "socket:[60]")
    try fake.remove("30/fd/5")
    try fake.link("40/fd/7", to: "socket:[57]")
    let found = try look(&resolver, held: [55, 56], reported: [57])
    #expect(found.holders.lost.contains(55) && found.holders.lost.contains(56))
    #expect(found.holders(of: 55) == [] && found.holders(of: 56) == [])
    #expect(found.holders(of: 57) == [40])
    #expect(resolver.descriptor(of: 57, in: 40) == 7)
    #expect(resolver.descriptor(of: 55, in: 30) == nil)
    #expect(resolver.descriptor(of: 60, in: 30) == 4)
    let again = try look(&resolver, held: [57, 60])
    #expect(again.holders(of: 57) == [40] && again.holders(of: 60) == [30])
    #expect(again.holders.lost.count == 0)
  }

  @Test func `a process that is gone holds nothing`() throws {
    let fake = try FakeProcFS()
    try fake.process(1, "init")
    try fake.process(30, "shop", descriptors: [3: "socket:[55]", 4: "socket:[56]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    _ = try resolve(&resolver, [55, 56])
    try fake.remove("30")
    let found = try look(&resolver, held: [55], reported: [56])
    #expect(found.holders.lost.contains(55))
    #expect(found.holders.processes.isEmpty && found.isComplete)
    // Nor is anything known if there is no process at all: then the procfs is away.
    try fake.remove("1")
    #expect(try !look(&resolver, reported: [56]).isComplete)
  }

  @Test func `every holder of a shared socket is found, at once and then now and again`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "socket:[55]"])
    try fake.process(40, "sleep", descriptors: [3: "/dev/null", 4: "socket:[9]"])
    var resolver = OwnerResolver(procfs: fake.procfs)
    _ = try resolve(&resolver, [55, 9])
    // Into a number whose old socket is still open somewhere: only reading all finds it.
    try fake.link("40/fd/4", to: "socket:[55]")
    #expect(try look(&resolver, reported: [55]).holders(of: 55) == [30])
    #expect(try look(&resolver, reported: [55], shared: [55]).holders(of: 55) == [30, 40])
    // Both are known from now on.
    #expect(try look(&resolver, reported: [55], shared: [55]).holders(of: 55) == [30, 40])
    try fake.remove("30/fd/3")
    #expect(try look(&resolver, reported: [55], shared: [55]).holders(of: 55) == [40])
  }

  @Test(arguments: [0, 1_000_000])
  func `a search in vain is repeated after a pause, and new processes are looked into`(
    pause: Int
  ) throws {
    let fake = try FakeProcFS()
    for pid in 30..<60 as Range<Int32> {
      try fake.process(pid, "shop", descriptors: [3: "pipe:[5]"])
    }
    var resolver = OwnerResolver(procfs: fake.procfs, vainPause: pause)
    #expect(try resolve(&resolver, [55]).holders.processes.isEmpty)
    try fake.link("30/fd/4", to: "socket:[56]")
    #expect(try resolve(&resolver, [56]).holders(of: 56) == (pause == 0 ? [30] : []))
    try fake.process(70, "new", descriptors: [3: "socket:[57]"])
    #expect(try resolve(&resolver, [57]).holders(of: 57) == [70])
  }

  @Test func `who held sockets before is looked into during that pause`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", descriptors: [3: "pipe:[5]", 4: "socket:[55]"])
    var resolver = OwnerResolver(procfs: fake.procfs, vainPause: 1_000_000)
    #expect(try resolve(&resolver, [55]).holders(of: 55) == [30])
    try fake.remove("30/fd/4")
    #expect(try resolve(&resolver, [99], closed: [55]).holders.processes.isEmpty)
    try fake.link("30/fd/4", to: "socket:[56]")
    try fake.link("30/fd/5", to: "socket:[57]")
    let found = try resolve(&resolver, [56, 57])
    #expect(found.holders(of: 56) == [30] && found.holders(of: 57) == [30])
  }

  @Test func `who holds very many is listed only if nobody else has the socket`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop")
    for number in 3..<20 { try fake.link("30/fd/\(number)", to: "socket:[\(number)]") }
    var resolver = OwnerResolver(procfs: fake.procfs, manyDescriptors: 10)
    #expect(try resolve(&resolver, [3]).holders(of: 3) == [30])
    // Not next to what is known: only a list has it.
    try fake.link("30/fd/90000", to: "socket:[90000]")
    try fake.process(40, "new", descriptors: [3: "socket:[90001]"])
    #expect(try resolve(&resolver, [90_001], hints: [30]).holders(of: 90_001) == [40])
    #expect(resolver.descriptor(of: 90_000, in: 30) == nil)
    #expect(try resolve(&resolver, [90_000], hints: [30]).holders(of: 90_000) == [30])
  }

  @Test func `threads with descriptors of their own belong to their process`() throws {
    let fake = try FakeProcFS()
    // Above the highest that there can be: kcmp(2) asks the real kernel.
    let pid: Int32 = 5_000_000
    try fake.process(pid, "shop", descriptors: [3: "pipe:[5]"])
    for thread in [pid, pid + 1] { try fake.write("\(pid)/task/\(thread)/stat", "") }
    try fake.link("\(pid)/task/\(pid + 1)/fd/3", to: "socket:[55]")
    var resolver = OwnerResolver(procfs: fake.procfs)
    #expect(try resolve(&resolver, [55]).holders(of: 55) == [pid])
    #expect(resolver.descriptor(of: 55, in: pid) == 3)
    #expect(try look(&resolver, held: [55]).holders(of: 55) == [pid])
    try fake.remove("\(pid)/task/\(pid + 1)/fd/3")
    #expect(try look(&resolver, held: [55]).holders.lost.contains(55))
  }

  @Test func `finds this processes own socket`() throws {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(number >= 0)
    defer { close(number) }
    var status = stat()
    try #require(fstat(number, &status) == 0)
    let inode = try #require(UInt32(exactly: status.st_ino))
    for hints in [[], [getpid()]] {
      var resolver = OwnerResolver(procfs: ProcFS(root: "/proc"))
      #expect(try resolve(&resolver, [inode], hints: hints).holders(of: inode) == [getpid()])
      #expect(resolver.descriptor(of: inode, in: getpid()) == number)
    }
  }
}
