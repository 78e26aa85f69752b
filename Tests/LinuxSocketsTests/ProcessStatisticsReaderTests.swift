import Foundation
import Testing

@testable import LinuxSockets

@Suite struct ProcessStatisticsReaderTests {
  @Test func `this process is read`() throws {
    var reader = ProcessStatisticsReader(procfs: ProcFS(root: "/proc"))
    let statistics = try reader.read()
    #expect(statistics.openFDs >= 3)
    #expect(statistics.maxFDs >= UInt64(statistics.openFDs))
    #expect(statistics.residentMemoryBytes > 1 << 20)
    #expect(statistics.virtualMemoryBytes > statistics.residentMemoryBytes)
    #expect(statistics.cpuSeconds >= 0)
    #expect(statistics.startTime > 1_000_000_000)
    #expect(statistics.startTime <= Date().timeIntervalSince1970 + 1)
  }

  @Test func `every field is read`() throws {
    let fake = try FakeProcFS()
    try fake.write("stat", "cpu 1 2 3\nbtime 1700000000\nprocesses 5\n")
    try fake.write(
      "self/stat",
      "7 (x) S 1 1 1 0 -1 0 0 0 0 0 150 50 0 0 20 0 1 0 1000 4096 2 0 0\n")
    for number in 0..<5 { try fake.write("self/fd/\(number)", "") }
    var reader = ProcessStatisticsReader(procfs: fake.procfs)
    let statistics = try reader.read()
    #expect(statistics.cpuSeconds == 2)
    #expect(statistics.startTime == 1_700_000_010)
    #expect(statistics.virtualMemoryBytes == 4096)
    #expect(statistics.residentMemoryBytes == UInt64(2 * sysconf(Int32(_SC_PAGESIZE))))
    #expect(statistics.openFDs == 4)
  }

  @Test func `garbage is an error`() throws {
    let fake = try FakeProcFS()
    try fake.write("self/stat", "7 (x")
    var reader = ProcessStatisticsReader(procfs: fake.procfs)
    let error = #expect(throws: SystemError.self) { try reader.read() }
    #expect(error?.errno == EBADMSG)
  }
}
