import Testing

extension EndToEndUnderLoad {
  @Suite(
    "Retransmissions", .enabled(if: Tool.has("node"), "node is not installed"),
    .enabled(if: Tool.has("nft"), "nft is not installed"))
  struct Retransmissions {
    /// What a run ends with.
    private struct Outcome {
      let kernel: Double
      let metrics: Metrics

      func sum(_ labels: [String: String] = [:]) -> Double {
        metrics.sum("retransmitted_segments_total", labels)
      }

      /// What no socket has accounted for.
      var rest: Double { sum(["process": "unknown", "direction": "inbound"]) }
    }

    /// Lets connections, most of them far shorter than a poll, suffer the rule's losses to their end.
    private func run(_ rule: String) async throws -> Outcome {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "link", "set", "lo", "mtu", "1500")
        try await namespace.filter(rule)
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "500ms")
        #expect(try await namespace.counter("TcpRetransSegs") == 0)
        _ = try await namespace.start("node", "service.js", "127.0.0.1", "8001", "20", "4000")
        _ = try await namespace.start("node", "service.js", "127.0.0.1", "8002", "4000", "200000")
        let short = try await namespace.start(
          "node", "visits.js", "127.0.0.1", "8001", "2000", "400")
        let long = try await namespace.start("node", "visits.js", "127.0.0.1", "8002", "50", "50")
        for client in [short, long] { try await client.says("done", within: .seconds(300)) }
        // Ends may still be on their way: compare when nothing has been sent again for three polls.
        let (kernel, metrics) = try await eventually("rest") {
          let before = try await namespace.counter("TcpRetransSegs")
          _ = try await daemon.freshMetrics()
          let metrics = try await daemon.freshMetrics()
          return try await namespace.counter("TcpRetransSegs") == before ? (before, metrics) : nil
        }
        #expect(metrics.sum("destroy_events_lost_total") == 0)
        return Outcome(kernel: kernel, metrics: metrics)
      }
    }

    @Test func `all that the kernel counts is counted, also of connections that no poll has seen`()
      async throws
    {
      let outcome = try await run("tcp dport 1-65535 numgen random mod 100 < 5 drop")
      // Else little was lost, and the rest would say nothing.
      #expect(outcome.kernel > 500)
      #expect(abs(outcome.sum() - outcome.kernel) < outcome.kernel / 100)
      #expect(outcome.rest < outcome.kernel / 100)
      #expect(outcome.sum(["process": "service.js", "port": "8001"]) > 0)
      #expect(outcome.sum(["process": "service.js", "port": "8002"]) > 0)
    }

    @Test func `what only a server retransmits carries its name`() async throws {
      // No handshake, acknowledgement or end without data is as long.
      let outcome = try await run(
        "tcp sport 8001-8002 ip length > 80 numgen random mod 100 < 10 drop")
      #expect(outcome.kernel > 500)
      #expect(outcome.sum(["process": "service.js"]) > outcome.kernel * 0.99)
      #expect(abs(outcome.sum() - outcome.kernel) < outcome.kernel / 100)
    }
  }
}
