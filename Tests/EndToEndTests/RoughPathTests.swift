import Testing

extension EndToEnd {
  /// What retransmissions prove, and what they do not.
  @Suite struct RoughPaths {
    private func withPath(
      _ kind: String, severity: String, _ body: (Daemon) async throws -> Void
    ) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1s")
        _ = try await namespace.start("python3", "rough-path.py", "8019", kind)
        let labels = ["kind": "loss", "process": "rough-path.py", "direction": "outbound"]
        try await daemon.metrics("the finding") {
          $0.sum("findings", labels.merging(["severity": severity]) { $1 }) == 1
        }
        try await body(daemon)
      }
    }

    @Test func `segments that overtake each other are not told as lost and nothing else`()
      async throws
    {
      try await withPath("overtaken", severity: "notice") { daemon in
        let words = try await daemon.explain(
          "rough-path.py", saying: "are lost or overtake each other.")
        #expect(words.contains("whose segments overtake each other"))
      }
    }

    @Test func `loss is told though the path duplicates segments, too`() async throws {
      try await withPath("duplicated", severity: "fault") { daemon in
        let labels = ["process": "rough-path.py", "direction": "outbound"]
        try await daemon.metrics("fewer spurious retransmissions than others") {
          2 * $0.sum("spurious_retransmissions_total", labels)
            < $0.sum("retransmitted_segments_total", labels)
        }
        let words = try await daemon.explain("rough-path.py", saying: "are lost.")
        #expect(!words.contains("overtake"))
      }
    }
  }
}
