import Glibc
import Testing

@testable import LinuxSockets

@Suite struct TrafficFingerprintTests {
  private static let sockstat = """
    sockets: used 14
    TCP: inuse 5 orphan 9 tw 2 alloc 77 mem 408
    UDP: inuse 3 mem 0

    """
  private static let snmp = """
    Ip: Forwarding DefaultTTL
    Ip: 1 64
    Tcp: RtoAlgorithm MaxConn CurrEstab InSegs OutSegs RetransSegs
    Tcp: 1 -1 4 100 90 3
    Udp: InDatagrams
    Udp: 8

    """

  private func activity(_ sockstat: String, _ snmp: String) -> TrafficFingerprint {
    var activity = TrafficFingerprint()
    activity.apply(sockstat: Array(sockstat.utf8).span)
    activity.apply(snmp: Array(snmp.utf8).span)
    return activity
  }

  @Test func `a segment or a socket more is another`() {
    let before = activity(Self.sockstat, Self.snmp)
    #expect(before == activity(Self.sockstat, Self.snmp))
    #expect(before != activity(Self.sockstat.replacing("inuse 5", with: "inuse 6"), Self.snmp))
    #expect(before != activity(Self.sockstat.replacing("tw 2", with: "tw 1"), Self.snmp))
    #expect(before != activity(Self.sockstat, Self.snmp.replacing("100 90", with: "101 90")))
  }

  @Test func `what other namespaces do changes nothing`() {
    let elsewhere = Self.sockstat.replacing("orphan 9", with: "orphan 1")
      .replacing("alloc 77 mem 408", with: "alloc 1 mem 1").replacing("used 14", with: "used 15")
    #expect(activity(elsewhere, Self.snmp) == activity(Self.sockstat, Self.snmp))
  }

  @Test func `empty is without sockets of either family`() {
    var none = activity("TCP: inuse 0 orphan 3 tw 0 alloc 9 mem 1\n", "")
    #expect(none.isEmpty)
    none.apply(sockstat: Array("TCP6: inuse 1\n".utf8).span)
    #expect(!none.isEmpty)
    #expect(!activity("TCP: inuse 0 orphan 0 tw 1 alloc 0 mem 0\n", "").isEmpty)
    let bound = activity("sockets: used 1\nTCP: inuse 0 orphan 0 tw 0 alloc 9 mem 1\n", "")
    #expect(!bound.isEmpty && bound.hasOnlyUnhashed)
  }

  @Test func `nonsense is no namespace`() {
    for text in ["", "\n", "TCP:", "TCP: inuse", "TCP: inuse x tw", "Tcp:", "Tcp:\nTcp:"] {
      #expect(activity(text, text).isEmpty)
    }
  }
}

@Suite struct NamespaceDirectoryTests {
  @Test(arguments: [
    ("net:[4026531840]", 4_026_531_840 as UInt64), ("net:[]", 0), ("net:[1", 0), ("mnt:[1]", 0),
    ("", 0), ("net:[1]x", 0), ("net:[99999999999999999999999]", 0),
  ])
  func `a link gives the namespace's inode`(target: String, inode: UInt64) {
    #expect(NamespaceDirectory.inode(Array(target.utf8).span) == inode)
  }

  @Test func `processes of other namespaces are found and those that leave forgotten`() throws {
    let fake = try FakeProcFS()
    for (pid, inode) in [(1, 10), (20, 10), (30, 11), (7, 11), (40, 12)] {
      try fake.link("\(pid)/ns/net", to: "net:[\(inode)]")
    }
    var directory = NamespaceDirectory(procfs: fake.procfs, home: 10)
    let found = try directory.refresh().filter { [11, 12].contains($0.key) }
    #expect(found[11]?.members.sorted() == [7, 30])
    #expect(found[12]?.members == [40])
    try fake.remove("40")
    try fake.remove("7/ns/net")
    try fake.link("7/ns/net", to: "net:[10]")
    // One that is known is asked again within a round.
    var last: [UInt64: FoundNamespace] = [:]
    for _ in 0..<12 { last = try directory.refresh() }
    #expect(last[11]?.members == [30])
    #expect(last[12] == nil && last[10] == nil)
  }
}

@Suite struct NamespaceNameTests {
  private static let id = String(repeating: "0123456789abcdef", count: 4)
  private static let pod = "kubepods/burstable/pod4f9b0d1c-8a0e-4a5e-9d2e-6b0f3c1d2e4f"

  private func names(
    _ cgroups: [String], boundName: String? = nil, taken: [NetworkNamespace] = []
  ) throws -> [String] {
    let fake = try FakeProcFS()
    var found = FoundNamespace(inode: 7, boundName: boundName)
    for (pid, cgroup) in zip(Int32(1)..., cgroups) {
      try fake.write("\(pid)/cgroup", "0::/\(cgroup)\n")
      found.members.append(pid)
    }
    var names = NamespaceNames()
    return names.names(of: found, taken: taken, fake.procfs)
  }

  @Test func `a pod is chosen by its containers too`() throws {
    let other = Self.id.replacing("0", with: "f")
    #expect(
      try names(["\(Self.pod)/\(Self.id)", "\(Self.pod)/\(other)"]) == [
        "pod-4f9b0d1c-8a0e-4a5e-9d2e-6b0f3c1d2e4f", "cri-0123456789ab", "cri-f123456789ab",
      ])
  }

  @Test func `a container comes before a bound name and that before a unit`() throws {
    let docker = "system.slice/docker-\(Self.id).scope"
    let unit = "system.slice/nginx.service"
    #expect(
      try names([unit, docker], boundName: "blue") == ["docker-0123456789ab", "nginx.service"])
    #expect(try names([unit], boundName: "blue") == ["netns-blue", "nginx.service"])
    #expect(try names([unit, unit]) == ["nginx.service"])
    #expect(try names(["user"]) == ["netns-7"])
    #expect(try names([]) == ["netns-7"])
  }

  @Test func `a name that is taken gets the number`() throws {
    let taken = NetworkNamespace(
      FoundNamespace(inode: 5), names: ["nginx.service"], settings: .init())
    #expect(
      try names(["system.slice/nginx.service"], taken: [taken]) == [
        "nginx.service-7", "nginx.service",
      ])
  }
}

@Suite struct NamespaceIDTests {
  private func id(_ words: [UInt32]) -> Int32? {
    let bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
    return NamespaceIDs.id(bytes.span.bytes, 0..<bytes.count)
  }

  @Test func `the id is found among the attributes`() {
    #expect(id([0, 8 | 1 << 16, 5]) == 5)
    #expect(id([0, 8 | 4 << 16, 9, 8 | 1 << 16, .max]) == -1)
    for words: [UInt32] in [
      [], [0], [0, 8 | 1 << 16], [0, 0, 0], [0, 3 | 1 << 16, 5], [0, 0xffff | 4 << 16, 1],
    ] {
      #expect(id(words) == nil)
    }
  }
}

@Suite struct ProcNetProtocolsTests {
  @Test(arguments: [
    ("MPTCPv6 2064 2 135 no\nTCP 2304 9 135 no\nMPTCP 1936 3 135 no\n", 5 as UInt64?),
    ("MPTCP 1936 0 135\n", 0), ("TCP 2304 9 135\n", nil), ("", nil), ("MPTCP", nil),
    ("MPTCP 1936 x\n", nil), ("protocol size sockets memory\n", nil),
  ])
  func `MPTCP sockets in use are read from protocols`(text: String, sockets: UInt64?) {
    #expect(ProcNetProtocols.mptcpSockets(Array(text.utf8).span) == sockets)
  }
}

@Suite struct KernelVersionTests {
  @Test(arguments: [
    ("6.1.0-57-cloud-amd64", 6, 1), ("6.18.44", 6, 18), ("5.15-rc3", 5, 15), ("10.0", 10, 0),
  ])
  func `a release is read up to its second number`(release: String, major: Int, minor: Int) {
    #expect(KernelRelease(release) == KernelRelease(major, minor))
  }

  @Test(arguments: ["", "6", "6.", ".1", "linux", "6.x"])
  func `what begins otherwise is none`(release: String) {
    #expect(KernelRelease(release) == nil)
  }

  @Test func `releases are compared by numbers`() {
    #expect(KernelRelease(6, 3) > KernelRelease(6, 1) && KernelRelease(6, 12) > KernelRelease(6, 3))
    #expect(KernelRelease(7, 0) > KernelRelease(6, 20))
  }

  @Test(arguments: [
    ("TcpExt: A B\nTcpExt: 1 2\nMPTcpExt: MPCapableSYNRX MPCapableSYNTX\nMPTcpExt: 0 0\n", false),
    ("TcpExt: A B\nTcpExt: 1 2\nMPTcpExt: MPCapableSYNRX MPCapableSYNTX\nMPTcpExt: 0 3\n", true),
    ("TcpExt: A B\nTcpExt: 1 2\n", false), ("MPTcpExt: A\nMPTcpExt: x\n", false), ("", false),
  ])
  func `before Linux 6.3 MPTCP's own counters tell whether it was used`(text: String, used: Bool) {
    #expect(ProcNetNetstat.hasMPTCP(Array(text.utf8).span) == used)
  }
}
