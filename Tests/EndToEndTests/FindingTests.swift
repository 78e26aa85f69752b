import Foundation
import Testing

extension EndToEnd {
  /// What is found is judged once a poll, and said alike wherever it is shown.
  @Suite(.enabled(if: Tool.has("node"), "node is not installed"))
  struct Findings {
    /// What metric, page and explain have of a finding.
    private struct Found: Hashable {
      var process: String
      var kind: String
      var severity: String
    }

    private func standing(_ metrics: Metrics, _ process: String) -> Set<Found> {
      Set(
        metrics.samples("findings", ["process": process]).filter { $0.value == 1 }.map {
          Found(
            process: process, kind: $0.label("kind"), severity: $0.label("severity"))
        })
    }

    /// The findings that an answer in JSON lists, and the poll that they are of.
    private func listed(_ text: String, _ process: String) throws -> (Set<Found>, Double) {
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      let findings = (object["findings"] as? [[String: Any]] ?? []).compactMap { finding in
        let text = { (key: String) in finding[key] as? String ?? "" }
        // The page's document titles a finding with the process.
        let owner = finding["process"] == nil ? text("title") : text("process")
        return owner == process && text("severity") != "normal"
          ? Found(process: process, kind: text("kind"), severity: text("severity")) : nil
      }
      return (Set(findings), object["time"] as? Double ?? 0)
    }

    @Test func `a leak is a finding in metric, page and explain until the process closes`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        let server = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "leave", "127.0.0.1", "8001", "3")
        let leak = Found(process: "leaky-server.js", kind: "close_wait", severity: "fault")
        let labels = ["process": leak.process, "kind": leak.kind, "severity": leak.severity]
        try await daemon.metrics("the finding") {
          standing($0, leak.process).contains(leak)
        }
        // A poll may come between two answers: then both are asked again.
        let (metric, page) = try await eventually("metric and page of one poll") {
          let page = try #require(try await daemon.get("/_/page")).text
          let metrics = try await daemon.metrics()
          let (findings, time) = try listed(page, leak.process)
          return time == metrics.lastPoll ? (standing(metrics, leak.process), findings) : nil
        }
        #expect(metric == page)
        #expect(metric.contains(leak))
        let explained = try await namespace.run(
          Daemon.binary, "explain", leak.process, "--json", "--connect=unix:\(daemon.socket)")
        #expect(try listed(explained, leak.process).0 == metric)

        try await server.signal("KILL")
        let after = try await daemon.metrics("the end of the finding") {
          standing($0, leak.process).isEmpty
        }
        #expect(after.samples("findings", labels).map(\.value) == [0])
      }
    }
  }
}
