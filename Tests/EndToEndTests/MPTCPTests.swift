import Testing

extension EndToEnd {
  @Suite struct MPTCP {
    private static let isHere = Tool.succeeds([
      "python3", "-c", "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)",
    ])

    @Test(
      .enabled(if: isHere, "this kernel has no MPTCP"))
    func `MPTCP sockets are counted by state, as ss -M does`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        #expect(try await daemon.freshMetrics().samples("mptcp_sockets").isEmpty)

        let program = try await namespace.start("python3", "mptcp.py", "8001", "3")
        try await expect(["listen": 1, "established": 6], of: daemon, in: namespace)
        try await program.tell("half-close", until: "half-closed")
        try await expect(
          ["listen": 1, "established": 4, "fin_wait2": 1, "close_wait": 1], of: daemon,
          in: namespace)
        // The subflows are TCP sockets like any other.
        let (ss, metrics) = try await daemon.atRest()
        #expect(metrics.counts == ss.counts)

        try await program.signal("KILL")
        let after = try await daemon.metrics("no more of them") {
          $0.sum("mptcp_sockets", ["state": "established"]) == 0
            && $0.sum("mptcp_sockets", ["state": "listen"]) == 0
        }
        #expect(
          after.samples("mptcp_sockets", ["state": "established"]).count == 1,
          "a state that was seen stays, at zero")
      }
    }

    /// States that a socket passes through on its way, at zero if a poll has seen them.
    private static let brief: Set = ["syn_sent", "fin_wait1"]

    @Test(
      .enabled(if: isHere, "this kernel has no MPTCP"))
    func `orderly ends of MPTCP are no resets`() async throws {
      try await withSandbox { namespace, directory in
        let program = try await namespace.start("python3", "mptcp.py", "8001", "3")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        try await expect(["listen": 1, "established": 6], of: daemon, in: namespace)
        let before = try await namespace.counter("TcpOutRsts")
        // That none is sent is known of the time since the first polls.
        for _ in 0..<2 { _ = try await daemon.freshMetrics() }
        try await program.tell("close", until: "closed")
        let metrics = try await daemon.metrics("all ends") {
          $0.sum("connections_ended_total") == 6
        }
        // The oracle.
        #expect(try await namespace.counter("TcpOutRsts") == before)
        #expect(metrics.sum("connections_ended_total", ["how": "closed"]) == 6)
      }
    }

    /// Waits for these counts, and asks ss for the same.
    private func expect(
      _ counts: [String: Int], of daemon: Daemon, in namespace: Namespace
    ) async throws {
      let metrics = try await daemon.metrics("\(counts) of MPTCP") {
        Dictionary(
          $0.samples("mptcp_sockets").filter { $0.value > 0 }.map {
            ($0.label("state"), Int($0.value))
          }, uniquingKeysWith: +) == counts
      }
      let states = Set(metrics.samples("mptcp_sockets").map { $0.label("state") as String })
      #expect(states.subtracting(Self.brief).isSubset(of: counts.keys), "\(states)")
      let ss = try SocketStatistics(parsing: try await namespace.run("ss", "-ManH"))
      #expect(ss.counts == counts)
    }
  }
}
