import Glibc
import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct ProcNetTCPReaderTests {
  private let line =
    "   0: 0100007F:2A29 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 8675 1 0000000000000000 100 0 0 10 0\n"

  private func count(
    _ fake: FakeProcFS, bufferSize: Int = 4096, patience: Duration = .seconds(3600)
  ) throws(SystemError) -> (rows: Int, batches: Int, skipped: UInt64) {
    var reader = ProcNetTCPReader(procfs: fake.procfs, bufferSize: bufferSize)
    var rows = 0
    var batches = 0
    let skipped = try reader.read(deadline: .now + patience) { batch in
      rows += batch.count
      batches += 1
    }
    return (rows, batches, skipped)
  }

  @Test func `both families are read`() throws {
    let fake = try FakeProcFS()
    try fake.write("net/tcp", "  sl  local\n" + line + line)
    try fake.write("net/tcp6", "  sl  local\n" + line + "garbage\n")
    let (rows, _, skipped) = try count(fake)
    #expect(rows == 3)
    #expect(skipped == 1)
  }

  @Test func `any size of file comes in batches`() throws {
    let fake = try FakeProcFS()
    try fake.write("net/tcp", "  sl  local\n" + String(repeating: line, count: 5000))
    let (rows, batches, skipped) = try count(fake, bufferSize: 1000)
    #expect(rows == 5000)
    #expect(batches > 100)
    #expect(skipped == 0)
  }

  @Test func `without IPv6 there is no tcp6`() throws {
    let fake = try FakeProcFS()
    try fake.write("net/tcp", line)
    #expect(try count(fake).rows == 1)
  }

  @Test func `self net stands in for a hidden net`() throws {
    let fake = try FakeProcFS()
    try fake.write("thread-self/net/tcp", line)
    #expect(try count(fake).rows == 1)
  }

  @Test func `neither file is an error`() throws {
    let fake = try FakeProcFS()
    let error = #expect(throws: SystemError.self) { try count(fake) }
    #expect(error?.description == "open \(fake.root)/net/tcp: No such file or directory")
  }

  @Test func `a directory in its place is an error`() throws {
    let fake = try FakeProcFS()
    try fake.write("net/tcp/x", "")
    let error = #expect(throws: SystemError.self) { try count(fake) }
    #expect(error?.errno == EISDIR)
  }

  @Test func `a deadline that has passed ends the read`() throws {
    let fake = try FakeProcFS()
    try fake.write("net/tcp", line)
    let error = #expect(throws: SystemError.self) { try count(fake, patience: .zero) }
    #expect(error?.errno == ETIMEDOUT)
  }
}
