import Testing

extension EndToEnd {
  @Suite(
    "Connects", .enabled(if: Tool.has("node"), "node is not installed"),
    .enabled(if: Tool.has("nft"), "nft is not installed"))
  struct Connects {
    @Test func `refused, unanswered and abandoned ones are told apart`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.filter(
          "tcp dport 8002-8003 drop", "tcp dport 8004 reject with icmp type host-unreachable")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        func connect(_ port: String, _ count: String, patience: String...) async throws -> Program {
          let program = try await namespace.start(
            ["node", Tool.program("connects.js"), "127.0.0.1", port, count] + patience)
          try await program.says("ready")
          return program
        }
        let unanswered = try await connect("8002", "4")
        let labels = ["destination": "127.0.0.1:8002", "state": "syn_sent"]
        try await daemon.metrics("connects that wait") {
          $0.sum("syn_sent_oldest_age_seconds", ["process": "connects.js", "port": "8002"]) > 0
            && $0.sum("destination_sockets", labels) == 4
            && $0.sum("sockets", ["process": "connects.js", "port": "8002", "state": "syn_sent"])
              == 4
        }
        let refused = try await connect("8001", "5")
        let abandoned = try await connect("8003", "3", patience: "100")
        let rejected = try await connect("8004", "2")
        for program in [refused, abandoned, rejected] { try await program.says("done") }
        // Now that all has been seen that must be while they wait, the kernel may give them up soon.
        try await namespace.set("tcp_syn_retries", to: "2")
        try await unanswered.says("done")

        let expected = [
          "8001 refused": 5, "8002 unanswered": 4, "8003 abandoned": 3,
          // An ICMP message leaves no trace on the socket that its process then closes.
          "8004 abandoned": 2,
        ]
        // The kernel tells of the last ones after the rows of that poll: the gauges follow in the next.
        let metrics = try await daemon.metrics("all failures, and nothing waiting") {
          failures($0) == expected && $0.sum("destination_sockets", ["state": "syn_sent"]) == 0
        }
        #expect(
          metrics.sum(
            "connect_failures_total",
            ["process": "connects.js", "port": "8002", "reason": "unanswered"]) == 4)
      }
    }

    private func failures(_ metrics: Metrics) -> [String: Int] {
      Dictionary(
        metrics.samples("connect_failures_total").filter { $0.value > 0 }.map {
          ("\($0.label("port")) \($0.label("reason"))", Int($0.value))
        }, uniquingKeysWith: +)
    }
  }
}
