import Glibc
import Testing

@testable import LinuxSockets

@Suite struct DescriptorTests {
  private func isOpen(_ number: Int32) -> Bool { fcntl(number, F_GETFD) >= 0 }

  @Test func `errors say what was tried`() {
    let error = #expect(throws: SystemError.self) { _ = try Descriptor.open("/no/such").number }
    #expect(error == SystemError(operation: "open /no/such", errno: ENOENT))
    #expect(
      SystemError(operation: "read /proc/net/tcp", errno: EACCES).description
        == "read /proc/net/tcp: Permission denied")
  }

  @Test func `descriptors are not inherited`() throws {
    let file = try Descriptor.open("/dev/null")
    #expect(fcntl(file.number, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test func `a released descriptor stays open`() throws {
    let number = try Descriptor.open("/dev/null").release()
    #expect(isOpen(number))
    close(number)
  }

  @Test func `reading past the buffer reads nothing`() throws {
    let file = try Descriptor.open("/dev/zero")
    var buffer = [UInt8](repeating: 1, count: 4)
    #expect(try file.read(into: &buffer, from: 4, name: "x") == 0)
    #expect(try file.read(into: &buffer, from: -1, name: "x") == 0)
    #expect(try file.read(into: &buffer, from: 2, name: "x") == 2)
    #expect(buffer == [1, 1, 0, 0])
  }

  @Test func `small files are cut off at the capacity`() throws {
    let fake = try FakeProcFS()
    try fake.write("large", [UInt8](repeating: 65, count: 1 << 20))
    var file = SmallFile(capacity: 4096)
    #expect(try file.read(fake.root + "/large") { $0.count } == 4096)
    try fake.write("small", "abc")
    #expect(try file.read(fake.root + "/small") { [UInt8]($0) } == [97, 98, 99])
  }
}
