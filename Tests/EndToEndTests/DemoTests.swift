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
        ["curl", "-sf", "http://127.0.0.1:10793/_/page"])
      guard
        let page = try? JSONSerialization.jsonObject(with: Data(curl.outputBytes))
          as? [String: Any],
        let findings = page["findings"] as? [[String: Any]]
      else { return [] }
      return Set(
        findings.map { "\($0["severity"] ?? "") \($0["kind"] ?? "") \($0["title"] ?? "")" })
    }

    @Test(
      arguments: [
        // In a namespace of its own, and where none can be made.
        (Tool.has("node") ? "node" : "/nonexistent", "unshare"), ("/nonexistent", "/nonexistent"),
      ])
    func `shows the faults that it promises, and leaves nothing behind`(
      node: String, unshare: String
    ) async throws {
      let leak = node == "node" ? "leaky-shop.js" : "leaky-shop.py"
      let hasNamespace = unshare == "unshare"
      try await withSandbox { namespace, directory in
        let demo = try await namespace.start([
          "env", "NODE=\(node)", "UNSHARE=\(unshare)", "bash", Self.script, Daemon.binary, "10793",
        ])
        try await demo.child.line("where to look") {
          $0.contains("http://127.0.0.1:10793/")
        }
        try await demo.child.line("the last line") { $0.contains("Ctrl-C ends all of it.") }
        #expect(demo.child.output.contains("nsenter --target") == hasNamespace)
        #expect(demo.child.output.contains("no fault on loopback") != hasNamespace)
        var expected: Set = [
          "fault close_wait \(leak)", "fault unread_data slow-reader.py",
          "notice peer_not_reading pourer.py", "fault accept_queue full-house.py",
          "notice connects_unanswered caller.py",
        ]
        if hasNamespace { expected.insert("fault ephemeral_ports brief-visits.py") }
        var last: Set<String> = []
        do {
          // Ports come to their end after half a minute on a machine that has nothing else to do.
          _ = try await eventually("the faults", within: .seconds(300)) {
            if let end = demo.child.end {
              throw Child.Failure(description: "\(end): \(demo.child.output)")
            }
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
        for program in ["scripts/demo", "sockstated --", "sleep infinity"] {
          #expect(!left.contains(program), "\(left)")
        }
        let listening = try await namespace.run("ss", "-Htln")
        #expect(listening.isEmpty, "\(listening)")
      }
    }
  }
}
