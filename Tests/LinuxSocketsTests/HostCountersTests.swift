import Glibc
import SocketStates
import Testing

@testable import LinuxSockets

extension HostCountersReader {
  fileprivate mutating func read() throws -> HostCounters {
    var counters = HostCounters()
    _ = try readTraffic(into: &counters)
    try readRest(into: &counters)
    return counters
  }
}

@Suite struct HostCountersTests {
  private static let snmp = """
    Ip: Forwarding DefaultTTL
    Ip: 1 64
    Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors
    Tcp: 1 200 120000 -1 10 20 3 4 5 600 18446744073709551615 8 0 9 0
    Udp: InDatagrams
    Udp: 1

    """
  private static let netstat = """
    TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPTimeouts TCPAbortOnTimeout TCPSynRetrans SyncookiesFailed
    TcpExt: 1 2 3 4 5 6 7
    IpExt: InNoRoutes
    IpExt: 0

    """
  private static let sockstat = """
    sockets: used 100
    TCP: inuse 5 orphan 1 tw 17 alloc 8 mem 2
    UDP: inuse 1 mem 0

    """

  @Test func `every counter is read`() throws {
    let fake = try FakeProcFS()
    try fake.write("net/snmp", Self.snmp)
    try fake.write("thread-self/net/netstat", Self.netstat)
    try fake.write("net/sockstat", Self.sockstat)
    try fake.write("sys/net/ipv4/tcp_max_tw_buckets", "131072\n")
    try fake.write("sys/net/netfilter/nf_conntrack_count", "12\n")
    try fake.write("sys/net/netfilter/nf_conntrack_max", "262144\n")
    var expected = HostCounters()
    expected.segmentsSent = .max
    expected.segmentsRetransmitted = 8
    expected.connectFailures = 3
    expected.establishedResets = 4
    expected.resetsSent = 9
    expected.established = 5
    expected.activeOpens = 10
    expected.passiveOpens = 20
    expected.synRetransmitted = 6
    expected.listenOverflows = 2
    expected.listenDrops = 3
    expected.retransmissionTimeouts = 4
    expected.aborts = [.timeout: 5]
    expected.synCookies = [.sent: 1, .failed: 7]
    expected.conntrackEntries = 12
    expected.conntrackLimit = 262_144
    expected.orphanedSockets = 1
    expected.timeWaitSockets = 17
    expected.timeWaitLimit = 131_072
    var reader = HostCountersReader(procfs: fake.procfs)
    #expect(try reader.read() == expected)
  }

  @Test func `what is not there is nil`() throws {
    let fake = try FakeProcFS()
    var reader = HostCountersReader(procfs: fake.procfs)
    #expect(try reader.read() == HostCounters())
  }

  @Test func `what cannot be read is an error`() throws {
    let fake = try FakeProcFS()
    try fake.write("net/snmp/x", "")
    var reader = HostCountersReader(procfs: fake.procfs)
    let error = #expect(throws: SystemError.self) { try reader.read() }
    #expect(error?.errno == EISDIR)
  }

  @Test(arguments: [
    "", "\n", "Tcp:", "Tcp: OutSegs", "Tcp: OutSegs\n", "Tcp: OutSegs\nTcp:",
    "Tcp: OutSegs\nTcp: x",
    "Tcp: OutSegs\nTcp: -1", "Tcp: OutSegs\nTcp: 18446744073709551616", "Tcp: OutSegs\nUdp: 1",
    "TcpExt: OutSegs\nTcpExt: 1", "tcp: OutSegs\ntcp: 1",
  ])
  func `garbled counters are nil`(text: String) {
    var counters = HostCounters()
    counters.apply(snmp: Array(text.utf8).span)
    counters.apply(netstat: Array(text.utf8).span)
    #expect(counters == HostCounters())
  }

  @Test(arguments: ["", "TCP:", "TCP: orphan", "TCP: tw x", "TCP6: inuse 1 tw 5", "TCP:tw 5"])
  func `garbled sockstat is nil`(text: String) {
    var counters = HostCounters()
    counters.apply(sockstat: Array(text.utf8).span)
    #expect(counters == HostCounters())
  }

  @Test func `the counters of this machine are read`() throws {
    var reader = HostCountersReader(procfs: ProcFS(root: "/proc"))
    let counters = try reader.read()
    #expect(counters.segmentsSent != nil)
    #expect(counters.segmentsRetransmitted != nil)
    #expect(counters.synRetransmitted != nil)
    #expect(counters.timeWaitSockets != nil)
  }
}
