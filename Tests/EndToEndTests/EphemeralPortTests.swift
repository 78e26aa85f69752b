import Testing

extension EndToEnd {
  @Suite("Ephemeral ports") struct EphemeralPorts {
    @Test(
      .enabled(if: Tool.has("node"), "node is not installed"))
    func `used ones are counted by destination, TIME-WAIT included, against the range`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.set("ip_local_port_range", to: "20000 21009")
        try await namespace.set("ip_local_reserved_ports", to: "20100-20109,30000")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("node", "service.js", "127.0.0.1", "8001", "peer", "0")
        _ = try await namespace.start(
          "python3", "client.py", "hold", "127.0.0.1", "8001", "800")
        let closing = try await namespace.start(
          "python3", "client.py", "hold", "127.0.0.1", "8001", "100")
        _ = try await daemon.freshMetrics()
        try await closing.tell("close", until: "closed")
        let (ss, metrics) = try await daemon.atRest()
        #expect(ss.counts == ["listen": 1, "established": 1600, "time_wait": 100])
        let labels = ["source": "127.0.0.1", "destination": "127.0.0.1:8001"]
        #expect(metrics.sum("ephemeral_ports_used", labels) == 900)
        #expect(metrics.sum("ephemeral_ports_limit", labels) == 1000)
        #expect(metrics.samples("ephemeral_ports_used").count == 1)
      }
    }
  }
}
