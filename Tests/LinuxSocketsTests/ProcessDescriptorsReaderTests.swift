import SocketStates
import Testing

@testable import LinuxSockets

/// Which processes' descriptors are told.
@Suite struct ProcessDescriptorsReaderTests {
  private func process(_ pid: Int32) -> Owner {
    Owner(identity: ProcessIdentity(pid: pid, startTime: 1), name: "p\(pid)", unit: "")
  }

  private func write(_ fake: FakeProcFS, _ pid: Int32, limit: Int) throws {
    try fake.write(
      "\(pid)/limits",
      "Max open files            \(limit)                 4096                 files\n")
    for number in 0..<4 { try fake.link("\(pid)/fd/\(number)", to: "socket:[\(number + 1)]") }
  }

  /// The size of a directory is no number of descriptors on other file systems than procfs, and so here it is
  /// what the reader takes for it.
  private func read(
    _ reader: inout ProcessDescriptorsReader, _ pressing: [Owner], _ others: [Owner]
  ) -> Set<String> {
    Set(reader.read(pressing, others: others).map(\.process))
  }

  @Test func `all that press, and of the others those past half of their limit, each in its turn`()
    throws
  {
    let fake = try FakeProcFS()
    let count = Int32(ProcessDescriptorsReader.turn) * 2
    let others = (1...count).map(process)
    for pid in 1...count { try write(fake, pid, limit: pid == 1 ? 8 : 1_000_000) }
    var reader = ProcessDescriptorsReader(procfs: fake.procfs)
    var told: [Set<String>] = []
    for _ in 0..<6 { told.append(read(&reader, [process(7)], others)) }
    #expect(told.allSatisfy { $0.contains("p7") && $0.isSubset(of: ["p1", "p7"]) })
    // Once it is known it stays.
    #expect(told[1...].allSatisfy { $0.contains("p1") })
    try write(fake, 1, limit: 1_000_000)
    for _ in 0..<3 { told.append(read(&reader, [], others)) }
    #expect(told.last == [])
  }

  @Test func `after the end of its first thread a process has the descriptors of the others`()
    throws
  {
    let fake = try FakeProcFS()
    try fake.write(
      "812/limits", "Max open files            8                 8                 files\n")
    var reader = ProcessDescriptorsReader(procfs: fake.procfs)
    for thread in [812, 813] { try fake.write("812/task/\(thread)/comm", "a") }
    #expect(reader.read([process(812)]).isEmpty)
    try fake.link("812/task/813/fd/3", to: "socket:[1]")
    #expect(reader.read([process(812)]).count == 1)
  }
}
