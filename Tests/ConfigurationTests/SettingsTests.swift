@testable import Configuration
import Foundation
import SocketStates
import Testing

private let knownMetrics: Set<String> = ["sockets", "rtt_seconds", "sent_bytes_total"]

func settings(_ yaml: String) throws -> Settings {
  try Settings(yaml: Array(yaml.utf8), fileName: "f.yaml", knownMetrics: knownMetrics)
}

func errorLine(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}

@Suite struct SettingsTests {
  @Test(arguments: BadConfiguration.all)
  func `a bad configuration is refused with its place and reason`(_ bad: BadConfiguration) {
    let line = errorLine { _ = try settings(bad.yaml) }
    #expect(line == bad.line)
  }

  @Test func `bad configurations have their own names`() {
    #expect(Set(BadConfiguration.all.map(\.name)).count == BadConfiguration.all.count)
  }

  @Test(arguments: [
    "", "# nothing\n", "---\n", "~\n", "{}\n", "poll:\n", "poll: {}\nweb: ~\n", "processes:\n",
    "metrics:\n  disable:\n", "\u{FEFF}source: auto\n", "source: auto\r\nlog: {}\r\n",
  ])
  func `an empty file gives the defaults`(yaml: String) throws {
    #expect(try settings(yaml) == Settings())
  }

  @Test func `warn is warning, as in Prometheus`() throws {
    #expect(try settings("log: {level: warn}\n").log.level == .warning)
    var flags = Settings()
    try flags.set("log.level", to: "warn", flag: "--log.level")
    #expect(flags.log.level == .warning)
    #expect(
      errorLine { _ = try settings("log: {level: WARN}\n") }.contains("not one of the choices"))
  }

  @Test func `every key is read`() throws {
    let settings = try settings(
      """
      poll: {interval: 100ms, max_cpu: 12.5%}
      namespaces: {watch: all, include: ['docker-.*', pod-1], exclude: [netns-x]}
      source: sock_diag
      procfs: /host/proc
      destroy_events: 'off'
      kernel_counters: {use: 'off', directory: /bpf/a}
      containers: {names: false, root: /host}
      web:
        listen_addresses: [":0", "a.b:1", "127.0.0.1:65535", "[fe80::1%eth0]:3", unix:/run/s.sock]
        telemetry_path: "/a/b"
        max_requests: 10000
      log: {level: critical, format: json}
      limits: {groups: 1000000, linger: 0, destinations: 0}
      close_wait: {stuck_after: "1y"}
      stalls: {fault_after: 5m}
      labels: {pid: true}
      processes: [{match: {unit: a}, name: 5}]
      metrics: {disable: [sockets, rtt_seconds]}
      peers:
        port: 1
        scheme: https
        ca_file: /ca
        server_name: s
        cert_file: /cert
        key_file: /key
        user: u
        password_file: /p
        timeout: 1s
        allow: [192.0.2.0/24]
      """)
    var expected = Settings()
    expected.poll.interval = .milliseconds(100)
    expected.poll.maxCPU = 0.125
    expected.namespaces.watch = .all
    expected.kernelCounters.use = .off
    expected.kernelCounters.directory = "/bpf/a"
    expected.containers.names = false
    expected.containers.root = "/host"
    expected.namespaces.include = [
      try RegularExpression("docker-.*"), try RegularExpression("pod-1"),
    ]
    expected.namespaces.exclude = [try RegularExpression("netns-x")]
    expected.source = .sockDiag
    expected.procfs = "/host/proc"
    expected.destroyEvents = .off
    expected.web.listenAddresses = [
      .tcp(host: nil, port: 0), .tcp(host: "a.b", port: 1), .tcp(host: "127.0.0.1", port: 65535),
      .tcp(host: "fe80::1%eth0", port: 3), .unix(path: "/run/s.sock"),
    ]
    expected.web.telemetryPath = "/a/b"
    expected.web.maxRequests = 10_000
    expected.log.level = .critical
    expected.log.format = .json
    expected.limits.groups = 1_000_000
    expected.limits.linger = .zero
    expected.limits.destinations = 0
    expected.closeWait.stuckAfter = .seconds(365 * 86_400)
    expected.stalls.faultAfter = .seconds(300)
    expected.labels.pid = true
    expected.processes = NameRules([
      try NameRule(patterns: [.unit: RegularExpression("a")], template: NameTemplate("5"))
    ])
    expected.metrics.disable = ["sockets", "rtt_seconds"]
    expected.peers.port = 1
    expected.peers.scheme = .https
    expected.peers.caFile = "/ca"
    expected.peers.serverName = "s"
    expected.peers.certFile = "/cert"
    expected.peers.keyFile = "/key"
    expected.peers.user = "u"
    expected.peers.passwordFile = "/p"
    expected.peers.timeout = .seconds(1)
    expected.peers.allow = [try #require(AddressRange("192.0.2.0/24"))]
    #expect(settings == expected)
  }

  @Test func `listen addresses print as they are read`() throws {
    for text in [":10793", "localhost:1", "[::1]:2", "unix:/a b"] {
      #expect(try #require(ListenAddress(text)).description == text)
    }
  }

  @Test func `flags beat the file by the same rules`() throws {
    var settings = try settings("poll: {interval: 1s}")
    try settings.set("poll.interval", to: "2s", flag: "--poll.interval")
    try settings.set("web.listen_addresses", to: [":1", ":2"], flag: "--web.listen-address")
    try settings.set("source", to: "procfs", flag: "--source")
    #expect(settings.poll.interval == .seconds(2))
    #expect(settings.web.listenAddresses == [.tcp(host: nil, port: 1), .tcp(host: nil, port: 2)])
    #expect(settings.source == .procfs)
    let line = errorLine { try settings.set("poll.interval", to: "2", flag: "--poll.interval") }
    #expect(
      line == "--poll.interval: \"2\" is not a duration; allowed: 100ms to 1h, "
        + "written as 500ms, 5s, 1m or 1h30m")
    #expect(settings.poll.interval == .seconds(2))
  }
}

@Suite struct LoadingTests {
  @Test func `a file that cannot be read is refused with its path`() throws {
    let directory = NSTemporaryDirectory()
    let missing = directory + "sockstated-no-such-file.yaml"
    let name = ProcessInfo.processInfo.globallyUniqueString
    let large = directory + name + ".yaml"
    defer { try? FileManager.default.removeItem(atPath: large) }
    try Data(repeating: UInt8(ascii: "#"), count: (1 << 20) + 1).write(to: URL(filePath: large))
    let rows = [
      (missing, "\(missing): cannot open: No such file or directory"),
      ("/", "/: cannot read: Is a directory"),
      ("/dev/zero", "/dev/zero: larger than 1048576 bytes"),
      ("a\0b", "a\\u{0}b: cannot open: NUL in the path"),
      (large, "\(large): larger than 1048576 bytes"),
    ]
    for (path, line) in rows {
      #expect(errorLine { _ = try Settings.load(path: path, knownMetrics: []) } == line)
    }
    try Data(repeating: UInt8(ascii: "#"), count: 1 << 20).write(to: URL(filePath: large))
    #expect(try Settings.load(path: large, knownMetrics: []) == Settings())
  }
}
