import Foundation
import Testing

extension EndToEnd {
  @Suite("make demo", .enabled(if: Tool.has("python3"), "python3 is not installed"))
  struct Demo {
    /// The repository of this file: the demo is no part of what is built.
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("scripts/demo.sh").path

    private func findings(_ namespace: Namespace) async throws -> Set<String> {
      let curl = try await namespace.result(
        ["curl", "-sf", "http://127.0.0.1:10793/api/v1/overview"])
      guard
        let overview = try? JSONSerialization.jsonObject(with: Data(curl.outputBytes))
          as? [String: Any],
        let findings = overview["findings"] as? [[String: Any]]
      else { return [] }
      return Set(findings.map { "\($0["kind"] ?? "") \($0["process"] ?? "")" })
    }

    @Test(
      "shows the faults that it promises, and leaves nothing behind",
      arguments: Tool.has("node") ? ["leaky-shop.js", "leaky-shop.py"] : ["leaky-shop.py"])
    func demo(leak: String) async throws {
      let node = leak.hasSuffix(".js") ? "node" : "/nonexistent"
      try await withSandbox { namespace, directory in
        let demo = try await namespace.start([
          "env", "NODE=\(node)", "bash", Self.script, Daemon.binary, "10793",
        ])
        try await demo.child.line("where to look") {
          $0.contains("http://127.0.0.1:10793/")
        }
        let expected: Set = [
          "close_wait \(leak)", "unread_data slow-reader.py", "peer_not_reading pourer.py",
          "accept_queue full-house.py", "connects_unanswered caller.py",
        ]
        var last: Set<String> = []
        do {
          _ = try await eventually("the suspects") {
            last = try await findings(namespace)
            return expected.isSubset(of: last) ? true : nil
          }
        } catch {
          Issue.record("\(error): \(last.sorted()) \(demo.child.errors)")
        }
        let groups = try await namespace.run(
          "curl", "-sf", "http://127.0.0.1:10793/api/v1/groups")
        #expect(groups.contains("time_wait"))

        try await demo.signal("INT")
        #expect(try await demo.child.ended() == .exited(130))
        #expect(demo.child.output.hasSuffix("All ended.\n"))
        let left = try await namespace.run("ps", "-e", "-o", "args=")
        #expect(!left.contains("scripts/demo") && !left.contains("sockstated --"), "\(left)")
        let listening = try await namespace.run("ss", "-Htln")
        #expect(listening.isEmpty, "\(listening)")
      }
    }
  }
}
