import Foundation
import Testing

extension EndToEnd {
  /// Pools of connections that lose against an idle timeout.
  @Suite struct IdleTimeouts {
    private static let count = 12

    /// What explain says of a process's idle timeout, in JSON; nil while it does not rest on all connections.
    private func cluster(of process: String, _ daemon: Daemon) async throws -> [String: Any]? {
      let answer = try await daemon.get(
        "/api/v1/explain?subject=\(process)", "-H", "Accept: application/json")
      guard let answer, answer.status == 200,
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any],
        let findings = object["findings"] as? [[String: Any]]
      else { return nil }
      let finding = findings.first { $0["kind"] as? String == "idle_timeout" }
      guard var evidence = (finding?["evidence"] as? [[String: Any]])?.first else { return nil }
      guard evidence["connections_after_silence"] as? Int == Self.count else { return nil }
      evidence["severity"] = finding?["severity"]
      evidence["headline"] = (finding?["words"] as? [String: Any])?["headline"]
      return evidence
    }

    /// The numbers of a line such as `lost 12 after 5150 5190`.
    private func numbers(_ line: String) -> [Int] {
      line.split(separator: " ").compactMap { Int($0) }
    }

    /// Expects a silence to be as long as the program says, in ms: it has several connections, which it takes one after
    /// the other.
    private func expect(
      _ found: [String: Any], isAfter said: ArraySlice<Int>,
      _ location: SourceLocation = #_sourceLocation
    ) throws {
      let silence = try #require(found["silence_seconds"] as? Double) * 1000
      let (least, most) = (try #require(said.first), try #require(said.last))
      #expect(
        silence > 0.9 * Double(least) && silence < 1.1 * Double(most), "\(said)",
        sourceLocation: location)
    }

    @Test(.enabled(if: Tool.has("node"), "node is not installed"))
    func `a pool that loses the race with keepAliveTimeout is named, and after which silence`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let server = try await namespace.start(
          "node", "pool-race.js", "server", "8001", "127.0.0.1")
        defer { withExtendedLifetime(server) {} }
        _ = try await daemon.freshMetrics()
        let client = try await namespace.start(
          "node", "pool-race.js", "client", "8001", "127.0.0.1", String(Self.count))
        let said = numbers(
          try await client.child.line("what was lost") { $0.hasPrefix("lost ") })
        #expect(said[0] == Self.count)
        try await daemon.metrics("the finding") {
          $0.samples("findings", ["kind": "idle_timeout", "severity": "fault"]).contains {
            $0.value == 1 && $0.label("direction") == "outbound" && $0.label("port") == "8001"
          }
        }
        let found = try await eventually("all of them in it") {
          try await cluster(of: "pool-race.js", daemon)
        }
        try expect(found, isAfter: said[1...])
        #expect(found["requests_in_flight"] as? Int == Self.count)
        let headline = try #require(found["headline"] as? String)
        #expect(headline.hasPrefix("Connections of pool-race.js to port 8001 break after "))
        let labels = ["direction": "outbound", "process": "pool-race.js"]
        try await daemon.metrics("the ends") {
          $0.sum("connections_ended_total", labels.merging(["how": "reset_received"]) { $1 })
            == Double(Self.count)
            && $0.sum("reset_idle_seconds_count", labels) == Double(Self.count)
        }
      }
    }

    @Test func `a server whose clients reset what is idle is told how long they keep it`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let pool = try await namespace.start(
          "python3", "idle-pool.py", "8001", String(Self.count))
        _ = try await daemon.freshMetrics()
        try await pool.tell("open", until: "did open")
        try await pool.tell("reset 3", until: "did reset")
        let line = pool.child.output.split(separator: "\n").last { $0.hasPrefix("reset after ") }
        let said = numbers(String(try #require(line)))
        let found = try await eventually("the finding") {
          try await cluster(of: "idle-pool.py", daemon)
        }
        try expect(found, isAfter: said[...])
        #expect(found["requests_in_flight"] as? Int == 0)
        // Nothing was lost.
        #expect(found["severity"] as? String == "notice")
        let headline = try #require(found["headline"] as? String)
        #expect(headline.hasPrefix("Connections of idle-pool.py on port 8001 break after "))
        let told = try await namespace.run(
          Daemon.binary, "explain", "--connect=unix:\(daemon.socket)", "idle-pool.py")
        #expect(told.contains("In the server: end idle connections after "), "\(told)")
        try await daemon.metrics("the ends") {
          $0.sum("connections_ended_total", ["direction": "inbound", "how": "reset_received"])
            == Double(Self.count)
            && $0.sum("connections_ended_total", ["direction": "outbound", "how": "reset_sent"])
              == Double(Self.count)
        }
      }
    }

    @Test(.enabled(if: Tool.has("nft"), "nft is not installed"), arguments: ["reset", "drop"])
    func `a path that forgets idle connections is named, whether it resets or drops`(
      verdict: String
    ) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let reject = verdict == "drop" ? "drop" : "reject with tcp reset"
        try await namespace.run(
          "nft",
          """
          table inet path {
            set alive { type inet_service; flags dynamic, timeout; timeout 4s; }
            chain arriving {
              type filter hook input priority 0
              tcp dport 8001 tcp flags syn add @alive { tcp sport }
              tcp dport 8001 tcp sport @alive update @alive { tcp sport } accept
              tcp dport 8001 \(reject)
            }
          }
          """)
        let pool = try await namespace.start(
          "python3", "idle-pool.py", "8001", String(Self.count))
        _ = try await daemon.freshMetrics()
        try await pool.tell("open", until: "did open")
        try await pool.tell("use 5", until: "did use")
        let line = pool.child.output.split(separator: "\n").last { $0.hasPrefix("failed ") }
        let said = numbers(String(try #require(line)))
        #expect(said[0] == Self.count)
        let found = try await eventually("the finding") {
          try await cluster(of: "idle-pool.py", daemon)
        }
        try expect(found, isAfter: said[1...])
        #expect(found["severity"] as? String == "fault")
        let how = verdict == "drop" ? "timed_out" : "reset_received"
        try await daemon.metrics("the ends, and what was waited for them") {
          $0.sum("connections_ended_total", ["direction": "outbound", "how": how])
            == Double(Self.count)
            && (verdict == "reset"
              || $0.sum("retransmission_timeout_seconds_total", ["direction": "outbound"]) > 0)
        }
      }
    }
  }
}
