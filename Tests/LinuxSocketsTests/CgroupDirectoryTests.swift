import Foundation
import Testing

@testable import LinuxSockets

@Suite struct CgroupDirectoryTests {
  private func inode(_ path: String) throws -> UInt64 {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.systemFileNumber] as? UInt64)
  }

  private func fake(mount: String = "cgroup") throws -> FakeProcFS {
    let fake = try FakeProcFS()
    let escaped = (fake.root + "/" + mount).replacingOccurrences(of: " ", with: "\\040")
    try fake.write(
      "self/mountinfo",
      "22 1 8:1 / / rw - ext4 /dev/root rw\n30 22 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
        + "29 22 0:26 / \(escaped) rw,nosuid shared:4 master:1 - cgroup2 cgroup2 rw\n")
    try fake.write(mount + "/system.slice/nginx.service/cgroup.procs", "")
    return fake
  }

  @Test(arguments: ["cgroup", "odd mount"])
  func `an inode of a cgroup gives its unit`(mount: String) throws {
    let fake = try fake(mount: mount)
    var directory = CgroupDirectory(procfs: fake.procfs)
    let service = try inode(fake.root + "/\(mount)/system.slice/nginx.service")
    let slice = try inode(fake.root + "/\(mount)/system.slice")
    #expect(directory.unit(of: service) == "nginx.service")
    #expect(directory.unit(of: slice) == "")
    #expect(directory.unit(of: 0) == "")
    #expect(directory.unit(of: 1) == "")
  }

  @Test func `new cgroups are found at the next poll`() throws {
    let fake = try fake()
    var directory = CgroupDirectory(procfs: fake.procfs)
    #expect(directory.unit(of: .max) == "")
    try fake.write("cgroup/system.slice/late.service/cgroup.procs", "")
    let late = try inode(fake.root + "/cgroup/system.slice/late.service")
    #expect(directory.unit(of: late) == "")
    directory.beginPoll()
    #expect(directory.unit(of: late) == "late.service")
  }

  @Test func `what is gone is still known`() throws {
    let fake = try fake()
    var directory = CgroupDirectory(procfs: fake.procfs)
    let service = try inode(fake.root + "/cgroup/system.slice/nginx.service")
    #expect(directory.unit(of: service) == "nginx.service")
    try fake.remove("cgroup/system.slice")
    directory.beginPoll()
    #expect(directory.unit(of: .max) == "")
    #expect(directory.unit(of: service) == "nginx.service")
  }

  @Test func `links are not followed`() throws {
    let fake = try fake()
    try fake.link("cgroup/loop", to: fake.root + "/cgroup")
    var directory = CgroupDirectory(procfs: fake.procfs)
    #expect(directory.unit(of: .max) == "")
    #expect(directory.unit(of: try inode(fake.root + "/cgroup/loop")) == "")
  }

  @Test(arguments: ["", "garbage\n", "1 2 3 4\n", "29 22 0:26 / /x rw - tmpfs cgroup2 rw\n"])
  func `without a mount nothing has a unit`(mountinfo: String) throws {
    let fake = try FakeProcFS()
    try fake.write("self/mountinfo", mountinfo)
    var directory = CgroupDirectory(procfs: fake.procfs)
    #expect(directory.unit(of: 4711) == "")
  }
}
