import Dispatch
import SocketStates
import Synchronization
import Testing

@testable import LinuxSockets

/// Processes that answer only when they are told to.
private final class SilentProcesses: Sendable {
  private let asked = Mutex<[Int32]>([])
  private let gate = DispatchSemaphore(value: 0)

  var pids: [Int32] { asked.withLock { $0 } }

  func read(_ request: ProcPidCmdline.Request) -> CommandLine {
    asked.withLock { $0.append(request.process.pid) }
    // Pids below 100 answer at once.
    if request.process.pid >= 100 { gate.wait() }
    return CommandLine(arguments: ["p\(request.process.pid)"])
  }

  func answer(_ count: Int) {
    for _ in 0..<count { gate.signal() }
  }
}

@Suite struct ProcPidCmdlineTests {
  private static func request(_ pid: Int32, uid: UInt32 = 1000) -> ProcPidCmdline.Request {
    .init(
      process: ProcessIdentity(pid: pid, startTime: 1), path: "\(pid)", uid: uid,
      executable: "/usr/bin/python3")
  }

  @Test func `a process that answers is read`() {
    let processes = SilentProcesses()
    let reader = ProcPidCmdline { processes.read($0) }
    for pid in 1...20 as ClosedRange<Int32> {
      #expect(reader.commandLine(Self.request(pid)) == CommandLine(arguments: ["p\(pid)"]))
    }
  }

  @Test func `a process that does not answer is given up, remembered, and not asked again soon`() {
    let processes = SilentProcesses()
    defer { processes.answer(10) }
    let reader = ProcPidCmdline { processes.read($0) }
    #expect(reader.commandLine(Self.request(100)) == nil)
    #expect(reader.commandLine(Self.request(100)) == nil)
    #expect(processes.pids == [100])
    // Another process that has got its pid is asked, and the others of that user are read all the same.
    var successor = Self.request(100, uid: 1001)
    successor.process.startTime += 1
    #expect(reader.commandLine(successor) == nil)
    #expect(processes.pids == [100, 100])
    #expect(reader.commandLine(Self.request(1)) != nil)
  }

  @Test func `the processes of one user cannot take the threads of others, nor all users all`() {
    let processes = SilentProcesses()
    defer { processes.answer(100) }
    let reader = ProcPidCmdline { processes.read($0) }
    for pid in 100..<110 as Range<Int32> { _ = reader.commandLine(Self.request(pid, uid: 1)) }
    #expect(processes.pids.count == ProcPidCmdline.threadLimitPerUser)
    #expect(reader.commandLine(Self.request(1, uid: 1)) == nil)
    #expect(reader.commandLine(Self.request(2, uid: 2)) == CommandLine(arguments: ["p2"]))
    for uid in 2..<12 as Range<UInt32> {
      _ = reader.commandLine(Self.request(Int32(200 + uid), uid: uid))
    }
    #expect(processes.pids.count(where: { $0 >= 100 }) == ProcPidCmdline.threadLimit)
    #expect(reader.commandLine(Self.request(3, uid: 99)) == nil)
  }

  @Test func `a thread whose process answers at last reads others again`() async throws {
    let processes = SilentProcesses()
    let reader = ProcPidCmdline { processes.read($0) }
    for pid in 100..<110 as Range<Int32> { _ = reader.commandLine(Self.request(pid, uid: 1)) }
    #expect(reader.commandLine(Self.request(1, uid: 1)) == nil)
    processes.answer(100)
    // The threads come back once they have run.
    var answer: CommandLine?
    for _ in 0..<1000 where answer == nil {
      answer = reader.commandLine(Self.request(1, uid: 1))
      if answer == nil { try await Task.sleep(for: .milliseconds(10)) }
    }
    #expect(answer == CommandLine(arguments: ["p1"]))
  }
}
