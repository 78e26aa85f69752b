import Foundation
import Glibc
import SeededRandom
import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct ProcessRegistryTests {
  @Test func `a process that has closed descriptors is told, once`() throws {
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "exec 8</dev/null; echo; read x; exec 8<&-; echo; read x"]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    // It ends with its input: what this thread masks of signals it masks too.
    defer { try? input.fileHandleForWriting.close() }
    func line() { _ = output.fileHandleForReading.readData(ofLength: 1) }
    line()
    var registry = ProcessRegistry(procfs: ProcFS(root: "/proc"))
    let pid = process.processIdentifier
    #expect(registry.process(pid)?.pid == pid)
    #expect(registry.refresh().shrunk.isEmpty)
    input.fileHandleForWriting.write(Data("\n".utf8))
    line()
    let shrunk = registry.refresh().shrunk.map(\.pid)
    // The size of /proc/PID/fd tells it since Linux 6.2.
    var status = stat()
    #expect(stat("/proc/\(pid)/fd", &status) == 0)
    #expect(shrunk == (status.st_size > 0 ? [pid] : []))
    #expect(registry.refresh().shrunk.isEmpty)
  }

  @Test func `a newcomer is read again at the next poll`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "fork")
    var registry = ProcessRegistry(procfs: fake.procfs)
    let firstRead = registry.process(30)
    let first = try #require(firstRead)
    #expect(first.name == "fork")
    try fake.process(30, "exec")
    #expect(registry.process(30)?.name == "fork")
    let changes = registry.refresh()
    #expect(changes.gone.isEmpty)
    #expect(changes.renamed.map(\.name) == ["exec"])
    #expect(registry.process(30)?.name == "exec")
    #expect(registry.process(30)?.identity == first.identity)
  }

  @Test func `every process has its turn`() throws {
    let fake = try FakeProcFS()
    var registry = ProcessRegistry(procfs: fake.procfs)
    for pid in 100..<140 as Range<Int32> {
      try fake.process(pid, "old")
      _ = registry.process(pid)
    }
    for _ in 0..<10 { _ = registry.refresh() }
    for pid in 100..<140 as Range<Int32> { try fake.process(pid, "new") }
    var renamed = Set<Int32>()
    for _ in 0..<10 { renamed.formUnion(registry.refresh().renamed.map(\.identity.pid)) }
    #expect(renamed.count == 40)
  }

  @Test func `a process that has ended keeps its name until its parent waits for it`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "payment-gateway-worker")
    var registry = ProcessRegistry(procfs: fake.procfs)
    #expect(registry.process(30)?.name == "payment-gateway-worker")
    #expect(registry.refresh().renamed.isEmpty)
    try fake.end(30)
    for _ in 0..<3 {
      let changes = registry.refresh()
      #expect(changes.renamed.isEmpty && changes.gone.isEmpty)
    }
    #expect(registry.process(30)?.name == "payment-gateway-worker")
    // Its first 15 bytes are no name to begin with.
    var later = ProcessRegistry(procfs: fake.procfs)
    #expect(later.process(30) == nil)
  }

  @Test func `processes that have ended are dropped`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop")
    var registry = ProcessRegistry(procfs: fake.procfs)
    let processRead = registry.process(30)
    let process = try #require(processRead)
    try fake.remove("30")
    #expect(registry.refresh().gone == [process])
    #expect(registry.processes.isEmpty)
    #expect(registry.process(30) == nil)
  }

  @Test func `a process that cannot be read just now stays`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop")
    var registry = ProcessRegistry(procfs: fake.procfs)
    let processRead = registry.process(30)
    let process = try #require(processRead)
    try fake.remove("30/stat")
    // read(2) fails on a directory, as open(2) does where descriptors have run out.
    try fake.write("30/stat/x", "")
    #expect(registry.refresh().gone.isEmpty)
    #expect(registry.processes == [30: process])
    try fake.remove("30/stat")
    #expect(registry.refresh().gone == [process])
  }

  @Test func `a worker takes the name of the process that started it, and keeps it`() throws {
    let fake = try FakeProcFS()
    let spawn = "-c\0from multiprocessing.spawn import spawn_main; spawn_main()\0"
    func process(_ pid: Int32, parent: Int32, _ arguments: String) throws {
      try fake.process(pid, "python3.11", start: Int(pid), parent: parent)
      try fake.write("\(pid)/cmdline", "python3\0" + arguments)
    }
    try process(30, parent: 1, "-m\0healthsvc\08030\0")
    try process(31, parent: 30, "-c\0from multiprocessing.forkserver import main; main()\0")
    try process(32, parent: 31, spawn)
    var registry = ProcessRegistry(procfs: fake.procfs)
    #expect(registry.process(32)?.name == "healthsvc")
    var renaming = ProcessRegistry(procfs: fake.procfs) { facts in
      facts.arguments.contains("healthsvc") ? "health" : nil
    }
    #expect(renaming.process(32)?.name == "health")

    // An orphan's new parent is another program, and its name stays.
    try fake.process(1, "systemd")
    try process(32, parent: 1, spawn)
    try fake.remove("30")
    _ = registry.refresh()
    #expect(registry.process(32)?.name == "healthsvc")
    var late = ProcessRegistry(procfs: fake.procfs)
    #expect(late.process(32)?.name == "python3.11")
    // A circle ends too.
    try process(32, parent: 32, spawn)
    #expect(late.process(32)?.name == "python3.11")
    _ = late.refresh()
    #expect(late.process(32)?.name == "python3.11")
  }

  @Test func `the main class behind a long class path is the name`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "java")
    let path = String(repeating: "/opt/kafka/libs/x.jar:", count: 400)
    try fake.write("30/cmdline", "java\0-Xmx1g\0-cp\0\(path)\0kafka.Kafka\0server.properties\0")
    var registry = ProcessRegistry(procfs: fake.procfs)
    #expect(registry.process(30)?.name == "kafka.Kafka")
  }

  @Test func `names from rules are bounded`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop")
    var registry = ProcessRegistry(procfs: fake.procfs) { _ in String(repeating: "x", count: 5000) }
    #expect(registry.process(30)?.name.count == ProcessFacts.longestName)
  }

  @Test func `a pid used again is another process`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", start: 100)
    var registry = ProcessRegistry(procfs: fake.procfs)
    let firstRead = registry.process(30)
    let first = try #require(firstRead)
    try fake.process(30, "other", start: 200)
    let secondRead = registry.process(30)
    let second = try #require(secondRead)
    #expect(second.identity != first.identity)
    #expect(second.name == "other")
    #expect(registry.refresh().gone == [first])
    #expect(registry.refresh().gone.isEmpty)
  }

  @Test func `a pid used again is noticed in turn`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop", start: 100)
    var registry = ProcessRegistry(procfs: fake.procfs)
    let firstRead = registry.process(30)
    let first = try #require(firstRead)
    try fake.process(30, "other", start: 200)
    let changes = registry.refresh()
    #expect(changes.gone == [first])
    #expect(changes.renamed.isEmpty)
    #expect(registry.process(30)?.name == "other")
  }

  @Test func `rules rename processes`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "shop")
    try fake.process(31, "other")
    var registry = ProcessRegistry(procfs: fake.procfs) { facts in
      facts.executable == "/usr/bin/shop" && facts.command == "command" && facts.parent == 1
        ? "webshop" : nil
    }
    #expect(registry.process(30)?.name == "webshop")
    #expect(registry.process(31)?.name == "other")
  }

  @Test func `hostile facts are bounded`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "node")
    try fake.write("30/cmdline", [UInt8](repeating: 0x61, count: 1 << 20))
    var registry = ProcessRegistry(procfs: fake.procfs)
    #expect(registry.process(30)?.name.count == ProcessFacts.longestName)
    var renaming = ProcessRegistry(procfs: fake.procfs) { $0.arguments.joined() }
    #expect(renaming.process(30)?.name.count == ProcessFacts.longestName)

    try fake.process(31, "node")
    try fake.write("31/cmdline", Array("node\0/srv/".utf8) + [0xff, 0x22, 0x0a, 0xc3, 0])
    // Nothing of that name is there, and it does not look like a script.
    #expect(registry.process(31)?.name == "node")

    try fake.process(32, "x")
    try fake.remove("32/exe")
    try fake.write("32/comm", "a\nb\n")
    #expect(registry.process(32)?.name == #"a\u{a}b"#)
    try fake.remove("32/cmdline")
    try fake.remove("32/cgroup")
    try fake.write("32/comm", "")
    _ = registry.refresh()
    #expect(registry.process(32)?.name == "unknown")
    #expect(registry.process(32)?.unit == "")
  }

  @Test func `names and units have nothing that is not seen, from whatever file they come`() throws
  {
    let fake = try FakeProcFS()
    try fake.process(30, "node")
    try fake.process(31, "sh")
    try fake.remove("31/exe")
    var random = SplitMix64(state: 11)
    for _ in 0..<200 {
      let name = HostileText.random(&random).replacing("\u{0}", with: "")
      try fake.link("30/exe", to: "/usr/bin/x" + name)
      try fake.write("31/comm", "x\(name)\n")
      for pid in 30...31 { try fake.write("\(pid)/cgroup", "0::/system.slice/x\(name).service\n") }
      let rule: @Sendable (ProcessFacts) -> String? = {
        $0.identity.pid == 30 ? nil : "rule-" + $0.command
      }
      for registry in [
        ProcessRegistry(procfs: fake.procfs), ProcessRegistry(procfs: fake.procfs, rename: rule),
      ] {
        var registry = registry
        for pid in 30...31 as ClosedRange<Int32> {
          let read = registry.process(pid)
          let owner = try #require(read)
          #expect(HostileText.scalars(in: owner.name).isEmpty)
          #expect(HostileText.scalars(in: owner.unit).isEmpty)
          if !name.contains("\n") {
            #expect(owner.name.hasSuffix(("x" + name).visibleName.basename))
          }
        }
      }
    }
  }

  @Test func `a script with such a name is found, and shown by numbers`() throws {
    let fake = try FakeProcFS()
    try fake.process(30, "node")
    try fake.write("30/cmdline", "node\0a\u{202e}b\0")
    try fake.write("30/cwd/a\u{202e}b", "")
    var registry = ProcessRegistry(procfs: fake.procfs)
    #expect(registry.process(30)?.name == #"a\u{202e}b"#)
  }
}
