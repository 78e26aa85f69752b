import Foundation
import Testing

extension HostileUsers {
  /// Who asks from elsewhere, and what it is told.
  @Suite struct RemoteClients {
    /// Another network namespace, and a wire to it.
    private struct Neighbour {
      let program: Program
      let namespace: Namespace

      init(of namespace: Namespace) async throws {
        self.namespace = namespace
        program = try await namespace.start(["unshare", "--net", "sleep", "infinity"])
        try await eventually("another network namespace") {
          let links = try await namespace.run(
            "readlink", "/proc/self/ns/net", "/proc/\(program.pid)/ns/net"
          )
          .split(separator: "\n")
          return Set(links).count == 2 ? () : nil
        }
        try await namespace.run(
          "ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns",
          "\(program.pid)")
        for (prefix, device, host) in [([], "here", "1"), (entry, "there", "2")] {
          for arguments in [
            ["address", "add", "192.0.2.\(host)/24", "dev", device],
            ["address", "add", "2001:db8::\(host)/64", "dev", device, "nodad"],
            ["link", "set", device, "up"],
          ] {
            let child = try await namespace.result(prefix + ["ip"] + arguments)
            try #require(child.end == .exited(0), "\(child.errors)")
          }
        }
      }

      private var entry: [String] { ["nsenter", "--target", "\(program.pid)", "--net"] }

      func get(_ url: String, _ options: [String] = []) async throws -> (
        status: String, body: String
      ) {
        let child = try await namespace.result(
          entry + ["curl", "-sS", "-g", "--max-time", "30", "-w", "\n%{http_code}"] + options + [
            url
          ])
        let lines = child.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (lines.last.map(String.init) ?? "", lines.dropLast().joined(separator: "\n"))
      }
    }

    /// Headers by which a proxy says for whom it asks. Anybody can send them.
    private static let pretences = [
      [],
      [
        "-H", "X-Forwarded-For: 127.0.0.1", "-H", "Forwarded: for=127.0.0.1", "-H",
        "X-Real-IP: ::1", "-H", "Host: localhost", "-H", "Via: 1.1 localhost",
      ],
    ]

    private static let paths = [
      "/", "/metrics", "/api/v1/groups", "/api/v1/leaks", "/api/v1/sockets",
      "/api/v1/sockets?state=close_wait", "/api/v1/sockets?showsAddresses=true",
    ]

    @Test func `who is connected is not told over a wire, but to those who have a password`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let neighbour = try await Neighbour(of: namespace)
        let file = try directory.write("c.yaml", "close_wait: {stuck_after: 1s}\n")
        let web = try directory.write(
          "web.yaml", "basic_auth_users: {alice: \(EndToEnd.WebConfigFile.hash)}\n")
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "2")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)",
          "--web.listen-address=:10793")
        let secured = try await namespace.start([
          Daemon.binary, "--web.listen-address=:10794", "--poll.interval=200ms",
          "--config.file=\(file)", "--web.config.file=\(web)",
        ])
        try await daemon.metrics("stuck sockets") {
          $0.samples("close_wait_stuck_sockets").contains { $0.value == 2 }
        }
        // The ports that the kernel gave to connections stand nowhere but in their addresses.
        let ports = try await SocketStatistics(in: namespace).sockets
          .filter { $0.state == "established" || $0.state == "close_wait" }
          .filter { $0.localPort == "8001" }.map { ":\($0.peerPort)" }
        try #require(ports.count == 4)
        let local = try #require(try await daemon.get("/api/v1/sockets")).text
        #expect(ports.allSatisfy { local.contains($0) }, "on the host they are shown")

        for host in ["192.0.2.1", "[2001:db8::1]"] {
          for path in Self.paths {
            for pretence in Self.pretences {
              let answer = try await neighbour.get("http://\(host):10793\(path)", pretence)
              #expect(["200", "400"].contains(answer.status), "\(host)\(path)")
              let told = ports.filter { answer.body.contains($0) }
              #expect(told == [], "\(host)\(path) \(pretence)")
            }
          }
          let url = "http://\(host):10794/api/v1/sockets"
          try await eventually("the other daemon\n\(secured.child.errors)") {
            try await neighbour.get(url, ["-u", "alice:secret"]).status == "200" ? () : nil
          }
          #expect(try await neighbour.get(url).status == "401")
          #expect(try await neighbour.get(url, Self.pretences[1]).status == "401")
          let shown = try await neighbour.get(url, ["-u", "alice:secret"]).body
          #expect(ports.allSatisfy { shown.contains($0) }, "\(host)")
        }
      }
    }
  }
}
