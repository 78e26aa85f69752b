import Foundation
import Testing

/// Two hosts, as network namespaces with a cable between them.
private struct TwoHosts {
  let client: BoundNamespace
  let server: BoundNamespace
  static let serverAddress = "10.1.0.2"

  init(in namespace: Namespace) async throws {
    try await namespace.hideBoundNamespaces()
    client = try await namespace.bound("client")
    server = try await namespace.bound("server")
    try await namespace.run(
      "ip", "link", "add", "cable", "netns", "client", "type", "veth", "peer", "name", "cable",
      "netns", "server")
    for (host, address) in [(client, "10.1.0.1"), (server, Self.serverAddress)] {
      try await host.run("ip", "address", "add", "\(address)/24", "dev", "cable")
      try await host.run("ip", "link", "set", "cable", "up")
      // Three seconds until a retransmission is in vain, and no minutes.
      try await host.run("sysctl", "-qw", "net.ipv4.tcp_retries2=3")
    }
  }

  /// A daemon in one of the two.
  func daemon(_ host: BoundNamespace, in directory: Directory) async throws -> Daemon {
    let own = Directory(path: directory.file(host.name))
    try FileManager.default.createDirectory(
      atPath: own.path, withIntermediateDirectories: false)
    return try await Daemon.start(
      in: host.outer, directory: own, launcher: ["ip", "netns", "exec", host.name])
  }
}

extension EndToEnd {
  /// How connections from one host to another end, told by each of the two and by one who sees both.
  @Suite(.enabled(if: Tool.has("node"), "node is not installed"))
  struct TwoHostEndings {
    private static let count = 20

    struct Case: Sendable {
      /// What two-hosts.js is told.
      var mode: String
      /// Whether the client is told to end.
      var clientActs = true
      var serverActs = false
      /// Whether the server is cut off first.
      var isCut = false
      /// How each side's daemon says that the ends came.
      var client: String
      var server: String?
      /// The same of a daemon that sees both.
      var both: (client: String, server: String)?
      /// The error that the client's story names, and that Node has reported; nil if there is none.
      var error: String?
    }

    static let cases: [Case] = [
      Case(mode: "client", client: "closed", server: "closed"),
      Case(
        mode: "server", clientActs: false, serverActs: true, client: "closed", server: "closed"),
      // The server's host has sent no reset, so that it has received one.
      Case(mode: "reset", client: "reset_sent", server: "reset_received"),
      // The server's host has sent resets, and its own ends do not say that they were these.
      Case(
        mode: "unread", clientActs: false, serverActs: true, client: "reset_received",
        server: "aborted", both: ("reset_received", "reset_sent"), error: "ECONNRESET"),
      Case(
        mode: "late", serverActs: true, client: "reset_received", server: "closed", error: "EPIPE"),
      Case(
        mode: "unacknowledged", isCut: true, client: "timed_out", server: nil, error: "ETIMEDOUT"),
      Case(mode: "silent", isCut: true, client: "timed_out", server: nil, error: "ETIMEDOUT"),
    ]

    /// The ends of a side by how they came, without those at zero and moves to other groups.
    private func ends(_ metrics: Metrics, _ direction: String) -> [String: Int] {
      Dictionary(
        metrics.samples("connections_ended_total", ["direction": direction, "port": "8001"])
          .filter { $0.value > 0 && $0.label("how") != "moved" }
          .map { ($0.label("how"), Int($0.value)) }, uniquingKeysWith: +)
    }

    /// The connections that were opened, without moves to other groups.
    private func opened(_ metrics: Metrics) -> Int {
      Int(
        metrics.sum("connections_opened_total")
          - metrics.sum("connections_ended_total", ["how": "moved"]))
    }

    private func story(_ daemon: Daemon, _ addresses: [String]) async throws -> String {
      let told = try await daemon.program.namespace.run(
        Daemon.binary, "explain", "--connect=unix:\(daemon.socket)", addresses[0], addresses[1])
      return told.split { $0.isWhitespace }.joined(separator: " ")
    }

    /// Has two-hosts.js open connections, and end them once `seen` has returned.
    private func run(
      _ end: Case, on hosts: TwoHosts, seen: () async throws -> Void
    ) async throws -> (addresses: [String], client: Program, server: Program) {
      let server = try await hosts.server.start(
        "node", "two-hosts.js", "server", end.mode, TwoHosts.serverAddress, "8001")
      let client = try await hosts.client.start(
        "node", "two-hosts.js", "client", end.mode, TwoHosts.serverAddress, "8001",
        String(Self.count))
      try await client.tell("open", until: "did open")
      try await seen()
      // What arrives is for nobody any more. A cable that is cut would be a congestion of the client's own.
      if end.isCut { try await hosts.server.run("ip", "address", "flush", "dev", "cable") }
      if end.serverActs { try await server.tell("end", until: "ended") }
      if end.clientActs { try await client.tell("end", until: "ended") }
      let line = client.child.output.split(separator: "\n").first { $0.hasPrefix("at ") }
      let addresses = try #require(line).split(separator: " ").dropFirst().map(String.init)
      return (addresses, client, server)
    }

    @Test(arguments: cases.indices)
    func `each host's daemon tells the end as that side may know it`(index: Int) async throws {
      let end = Self.cases[index]
      try await withSandbox { namespace, directory in
        let hosts = try await TwoHosts(in: namespace)
        let atClient = try await hosts.daemon(hosts.client, in: directory)
        let atServer = try await hosts.daemon(hosts.server, in: directory)
        let done = try await run(end, on: hosts) {
          for daemon in [atClient, atServer] {
            try await daemon.metrics("open connections") { opened($0) == Self.count }
          }
        }
        try await atClient.metrics("the client's ends") {
          ends($0, "outbound") == [end.client: Self.count]
        }
        if let how = end.server {
          try await atServer.metrics("the server's ends") {
            ends($0, "inbound") == [how: Self.count]
          }
          // What the client's daemon does not see it does not tell.
          #expect(ends(try await atClient.metrics(), "inbound").isEmpty)
          #expect(
            try await story(atServer, done.addresses).contains(
              "\(done.addresses[1]) → \(done.addresses[0])"))
        }
        let told = try await story(atClient, done.addresses)
        if end.mode != "reset" {
          #expect(told.contains("\(done.addresses[0]) → \(done.addresses[1])"), "\(told)")
        }
        guard let error = end.error else { return }
        #expect(told.contains(error), "\(told)")
        try await done.client.says("error \(error)")
      }
    }

    @Test(arguments: cases.indices.filter { !cases[$0].isCut })
    func `a daemon that watches both tells both ends, and the story of both`(index: Int)
      async throws
    {
      let end = Self.cases[index]
      try await withSandbox { namespace, directory in
        let hosts = try await TwoHosts(in: namespace)
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--namespaces=all")
        try await daemon.metrics("all three") { $0.value("sockstate_namespaces") == 3 }
        let done = try await run(end, on: hosts) {
          try await daemon.metrics("open connections") { opened($0) == 2 * Self.count }
        }
        let expected = end.both ?? (end.client, end.server ?? "")
        try await daemon.metrics("both ends") {
          ends($0, "outbound") == [expected.client: Self.count]
            && ends($0, "inbound") == [expected.server: Self.count]
        }
        let told = try await story(daemon, done.addresses)
        #expect(told.contains("\(done.addresses[1]) → \(done.addresses[0])"), "\(told)")
        if end.mode != "reset" {
          #expect(told.contains("\(done.addresses[0]) → \(done.addresses[1])"), "\(told)")
        }
      }
    }

    @Test func `while a connection lives, both ends are told by one who sees both`() async throws {
      try await withSandbox { namespace, directory in
        let hosts = try await TwoHosts(in: namespace)
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--namespaces=all")
        _ = try await run(Self.cases[0], on: hosts) {
          try await daemon.metrics("open connections") { opened($0) == 2 * Self.count }
          let answer = try #require(try await daemon.get("/api/v1/connections?port=8001&how=open"))
          let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
          let connections = try #require(object?["connections"] as? [[String: Any]])
          let ends = Set(
            connections.map { end in ["local", "remote"].map { end[$0] as? String } })
          #expect(ends.count == 2 * Self.count)
          #expect(ends.allSatisfy { ends.contains($0.reversed()) })
        }
      }
    }

    @Test func `a pool that loses the race with a server of another host is named`() async throws {
      let count = 12
      try await withSandbox { namespace, directory in
        let hosts = try await TwoHosts(in: namespace)
        let daemon = try await hosts.daemon(hosts.client, in: directory)
        _ = try await hosts.server.start(
          "node", "pool-race.js", "server", "8001", TwoHosts.serverAddress)
        _ = try await daemon.freshMetrics()
        let client = try await hosts.client.start(
          "node", "pool-race.js", "client", "8001", TwoHosts.serverAddress, String(count))
        let line = try await client.child.line("what was lost") { $0.hasPrefix("lost ") }
        #expect(line.hasPrefix("lost \(count) "))
        try await daemon.metrics("the finding") {
          $0.samples("findings", ["kind": "idle_timeout", "severity": "fault"]).contains {
            $0.value == 1 && $0.label("direction") == "outbound" && $0.label("port") == "8001"
          }
        }
      }
    }
  }
}
