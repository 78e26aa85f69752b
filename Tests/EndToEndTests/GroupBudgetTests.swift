import Foundation
import Testing

extension EndToEnd {
  /// What the budget of groups keeps from scrapers, and from nobody else.
  @Suite struct GroupBudget {
    private let service = ["process": "accept.py", "direction": "inbound", "port": "8001"]

    private func start(
      _ namespace: Namespace, _ directory: Directory, groups: Int, linger: String
    ) async throws -> Daemon {
      let file = try directory.write(
        "c.yaml", "limits:\n  groups: \(groups)\n  linger: \(linger)\n")
      return try await Daemon.start(in: namespace, directory: directory, "--config.file=\(file)")
    }

    private func groups(_ daemon: Daemon) async throws -> [[String: Any]] {
      let answer = try #require(try await daemon.get("/api/v1/groups"))
      let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
      return try #require(object?["groups"] as? [[String: Any]])
    }

    @Test func `a service past the budget is known by its name, and exposed once there is room`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let many = try await namespace.start("python3", "many-listeners.py", "20000", "30")
        let daemon = try await start(namespace, directory, groups: 10, linger: "5s")
        try await daemon.metrics("a full budget") { $0.counts["listen"] == 30 }
        let server = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "8001")
        let client = try await namespace.start(
          "python3", "client.py", "say", "127.0.0.1", "8001", "3")
        let full = try await daemon.metrics("the service in other") {
          $0.counts["listen"] == 31 && $0.sum("groups") <= 12
            && $0.sum("received_bytes_total", ["process": "other"]) > 0
        }
        #expect(full.sum("sockets", service) == 0)
        #expect(full.sum("sockets", ["process": "other", "state": "listen"]) == 21)
        let known = try await groups(daemon).first { $0["process"] as? String == "accept.py" }
        #expect(known?["in_other"] as? Bool == true && known?["port"] as? Int == 8001)
        let explained = try await namespace.result([
          Daemon.binary, "explain", ":8001", "--connect=unix:\(daemon.socket)",
        ])
        #expect(explained.output.contains("accept.py"))
        let page = try #require(try await daemon.get("/_/page"))
        #expect(String(decoding: page.body, as: UTF8.self).contains("accept.py"))

        many.child.send("", andClose: true)
        let healed = try await daemon.metrics("the service in its own name") {
          $0.sum("sockets", service.merging(["state": "listen"]) { $1 }) == 1
        }
        #expect(healed.sum("groups") <= 12)
        let other = ["process": "other", "direction": "inbound"]
        #expect(full.sum("received_bytes_total", other) > 0)
        #expect(
          healed.sum("received_bytes_total", other) >= full.sum("received_bytes_total", other))
        withExtendedLifetime((server, client)) {}
      }
    }

    @Test func `a scan of 4,000 ports leaves the next service its place`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await start(namespace, directory, groups: 100, linger: "15m")
        let refused = try await namespace.run(
          "python3", Tool.program("scan.py"), "127.0.0.1", "20000", "4000")
        #expect(refused == "4000\n")
        try await daemon.metrics("all refusals") {
          $0.sum("connect_failures_total", ["reason": "refused"]) == 4_000
        }
        #expect(try await groups(daemon).count < 50)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let metrics = try await daemon.metrics("the service") { $0.sum("sockets", service) == 1 }
        #expect(metrics.sum("groups") < 50)
        let explained = try await namespace.result([
          Daemon.binary, "explain", ":8001", "--connect=unix:\(daemon.socket)",
        ])
        #expect(explained.output.contains("accept.py"))
      }
    }
  }
}
