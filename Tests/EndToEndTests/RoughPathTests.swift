import Testing

extension EndToEnd {
  /// What retransmissions prove, and what they do not.
  @Suite struct RoughPaths {
    private func withPath(
      _ kind: String, severity: String, _ body: (Metrics, String) throws -> Void
    ) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1s")
        _ = try await namespace.start("python3", "rough-path.py", "8019", kind)
        let labels = ["kind": "loss", "process": "rough-path.py", "direction": "outbound"]
        let metrics = try await daemon.metrics("the finding") {
          $0.sum("findings", labels.merging(["severity": severity]) { $1 }) == 1
        }
        let words = try await namespace.run(
          Daemon.binary, "explain", "rough-path.py", "--connect=unix:\(daemon.socket)"
        ).unwrapped
        try body(metrics, words)
      }
    }

    @Test func `segments that overtake each other are not told as lost and nothing else`()
      async throws
    {
      try await withPath("overtaken", severity: "notice") { _, words in
        #expect(words.contains("are lost or overtake each other."))
        #expect(words.contains("whose segments overtake each other"))
      }
    }

    @Test func `loss is told though the path duplicates segments, too`() async throws {
      try await withPath("duplicated", severity: "fault") { metrics, words in
        let labels = ["process": "rough-path.py", "direction": "outbound"]
        let again = metrics.sum("retransmitted_segments_total", labels)
        #expect(2 * metrics.sum("spurious_retransmissions_total", labels) < again)
        #expect(!words.contains("overtake"))
      }
    }
  }
}

extension String {
  /// The text in one line.
  var unwrapped: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
