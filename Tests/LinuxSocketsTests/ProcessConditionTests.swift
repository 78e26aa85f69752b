import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct ProcessConditionTests {
  private func fake(state: String = "S", cgroup: String = "0::/app.slice/app.service\n") throws
    -> FakeProcFS
  {
    let fake = try FakeProcFS()
    try fake.write(
      "812/stat",
      "812 (a) R (b)) \(state) 42 100 100 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 1 0 8675 1048576 256 1\n"
    )
    try fake.write(
      "812/status", "Name:\tx\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t9\n")
    try fake.write("812/cgroup", cgroup)
    try fake.write(
      "self/mountinfo",
      "30 22 0:27 / \(fake.root)/cpu rw - cgroup cgroup rw,cpu\n"
        + "31 22 0:28 / \(fake.root)/freezer rw - cgroup cgroup rw,freezer\n"
        + "29 22 0:26 / \(fake.root)/unified rw - cgroup2 cgroup2 rw\n")
    return fake
  }

  private func condition(_ fake: FakeProcFS, of pid: Int32 = 812) -> ProcessCondition? {
    var reader = ProcessConditionReader(procfs: fake.procfs)
    return reader.condition(of: pid)
  }

  @Test(
    arguments: [
      ("S", nil), ("R", nil), ("I", nil), ("T", .stopped), ("t", .traced(switches: 150)),
      ("D", .uninterruptible),
      ("Z", .zombie),
    ] as [(String, ProcessCondition?)])
  func `the state of its main thread tells it`(state: String, expected: ProcessCondition?) throws {
    #expect(condition(try fake(state: state)) == expected)
  }

  @Test func `nobody has none`() throws {
    let fake = try fake(state: "T")
    #expect(condition(fake, of: 1) == nil)
    try fake.write("813/stat", "garbage")
    #expect(condition(fake, of: 813) == nil)
  }

  @Test(arguments: [["S", "app.slice"], ["D", "app.slice/app.service"]])
  func `a frozen cgroup goes before the state, and the outermost is named`(names: [String]) throws {
    let fake = try fake(state: names[0])
    try fake.write("unified/app.slice/app.service/cgroup.events", "populated 1\nfrozen 1\n")
    try fake.write("unified/\(names[1])/cgroup.freeze", "1\n")
    #expect(condition(fake) == .frozen(cgroup: "\(fake.root)/unified/\(names[1])"))
    try fake.write("unified/app.slice/app.service/cgroup.events", "populated 1\nfrozen 0\n")
    #expect(condition(fake) == (names[0] == "D" ? .uninterruptible : nil))
  }

  @Test func `the freezer of cgroup v1 tells it too`() throws {
    let fake = try fake(state: "D", cgroup: "7:cpu,freezer:/docker/01\n0::/\n")
    try fake.write("freezer/docker/01/freezer.state", "FROZEN\n")
    try fake.write("freezer/docker/01/freezer.self_freezing", "1\n")
    #expect(condition(fake) == .frozen(cgroup: "\(fake.root)/freezer/docker/01"))
    try fake.write("freezer/docker/01/freezer.state", "FREEZING\n")
    #expect(condition(fake) == .uninterruptible)
  }

  /// (file, path of the unified hierarchy, path of the freezer)
  @Test(
    arguments: [
      ("0::/a b/c\n", "/a b/c", nil), ("7:cpu,freezer:/x\n0::/\n", "/", "/x"),
      ("7:freezer2:/x\n", nil, nil), ("0::/../x\n", nil, nil), ("0::x\n", nil, nil),
      ("", nil, nil), ("0:", nil, nil), ("0:\n0::/late", "/late", nil), ("3:freezer:", nil, nil),
    ] as [(String, String?, String?)])
  func `paths are read by hierarchy, and none that leads out of it`(
    text: String, unified: String?, freezer: String?
  ) {
    let bytes = Array(text.utf8)
    #expect(CgroupPath.path(in: "", cgroupFile: bytes.span) == unified)
    #expect(CgroupPath.path(in: "freezer", cgroupFile: bytes.span) == freezer)
    for length in bytes.indices {
      _ = CgroupPath.path(in: "freezer", cgroupFile: bytes.span.extracting(first: length))
    }
  }
}
