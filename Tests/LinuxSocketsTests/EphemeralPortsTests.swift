import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct EphemeralPortsTests {
  private static func ports(_ range: String, _ reserved: String) -> EphemeralPorts? {
    EphemeralPorts(range: Array(range.utf8).span, reserved: Array(reserved.utf8).span)
  }

  static let rows: [(String, String, Int)] = [
    ("32768\t60999\n", "\n", 28232), ("32768 60999", "", 28232), ("1024\t1024\n", "", 1),
    ("1\t65535\n", "", 65535), ("0\t65535\n", "0-65535\n", 0), ("1000\t1009\n", "1005\n", 9),
    ("1000\t1009\n", "1,1000,1009,2000\n", 8), ("1000\t1009\n", "900-1001,1008-9999\n", 6),
    ("1000\t1009\n", "1001-1003,1002-1004\n", 6), ("1000\t1009\n", "1-999,1010-65535\n", 10),
    ("1000\t1009\n", "x,-,1004-,-1005,1006-1004,99999,,1007\n", 9),
  ]

  @Test(arguments: rows)
  func `reserved ports are not available`(range: String, reserved: String, available: Int) {
    #expect(Self.ports(range, reserved)?.available == available)
  }

  @Test(arguments: ["", "\n", "x y", "5", "60999\t32768\n", "0\t65536\n", "-1\t5"])
  func `what is no range is nil`(range: String) {
    #expect(Self.ports(range, "") == nil)
  }

  @Test func `range and reserved ports are read`() throws {
    let fake = try FakeProcFS()
    let reader = EphemeralPortsReader(procfs: fake.procfs)
    #expect(reader.read() == nil)
    try fake.write("sys/net/ipv4/ip_local_port_range", "1000\t1009\n")
    #expect(reader.read()?.available == 10)
    try fake.write("sys/net/ipv4/ip_local_reserved_ports", "1001\n")
    #expect(reader.read()?.timeWaitReuse == TimeWaitReuse())
    try fake.write("sys/net/ipv4/tcp_tw_reuse", "1\n")
    try fake.write("sys/net/ipv4/tcp_timestamps", "0\n")
    #expect(reader.read()?.timeWaitReuse.mode == 1)
    #expect(reader.read()?.timeWaitReuse.hasTimestamps == false)
    try fake.write("sys/net/ipv4/tcp_tw_reuse", "2\n")
    try fake.write("sys/net/ipv4/tcp_timestamps", "1\n")
    let ports = try #require(reader.read())
    #expect(ports.contains(1000) && !ports.contains(1001) && !ports.contains(1010))
    #expect(ports == EphemeralPorts(ports: 1000...1009, reserved: [1001...1001]))
  }
}
