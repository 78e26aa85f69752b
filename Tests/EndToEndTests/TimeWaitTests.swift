import Testing

extension EndToEnd {
  @Suite("TIME-WAIT", .enabled(if: Tool.has("node"), "node is not installed"))
  struct TimeWait {
    private static let count = 2000

    @Test func `one that was seen alive belongs to the process that closed it`() async throws {
      try await withSandbox { namespace, directory in
        // So that every poll sees them alive.
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--poll.max-cpu=100%")
        _ = try await namespace.start("node", "service.js", "127.0.0.1", "8001", "peer", "0")
        let client = try await namespace.start(
          "python3", "client.py", "hold", "127.0.0.1", "8001", "\(Self.count)")
        _ = try await daemon.freshMetrics()
        try await client.tell("close", until: "closed")
        try await expectAll(
          of: SocketGroup(
            process: "client.py", direction: "outbound", port: "8001", state: "time_wait"), daemon)
      }
    }

    @Test func `one of a short inbound connection belongs to the listener`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("node", "service.js", "127.0.0.1", "8001", "50", "0")
        let client = try await namespace.start(
          "node", "visits.js", "127.0.0.1", "8001", "\(Self.count)", "200")
        try await client.says("done")
        try await expectAll(
          of: SocketGroup(
            process: "service.js", direction: "inbound", port: "8001", state: "time_wait"), daemon)
      }
    }

    private func expectAll(of group: SocketGroup, _ daemon: Daemon) async throws {
      let (ss, metrics) = try await daemon.atRest()
      let count = try #require(ss.counts["time_wait"])
      // A connection may take over the port of one that has just ended, and its TIME-WAIT.
      #expect(count > Self.count / 2 && count <= Self.count)
      #expect(metrics.groups[group] == count)
      #expect(metrics.counts == ss.counts)
      #expect(metrics.sum("unattributed_sockets") == 0)
    }
  }
}
