import MetricsServer
import Testing

extension ServerTests {
  @Suite struct SlowRoutes {
    @Test func `pipelined behind each other, slow and quick requests keep their order`()
      async throws
    {
      try await withServer { server, port in
        let client = try RawClient(port: port)
        let paths = ["/slow?q=1", "/metrics", "/slow?q=2", "/nowhere", "/metrics"]
        try client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
        var bodies: [String] = []
        for _ in paths { bodies.append(try client.readResponse().body) }
        #expect(
          bodies == ["slow [\"1\"]\n", "up 1\n", "slow [\"2\"]\n", "Not found.\n", "up 1\n"])
      }
    }

    @Test func `others are answered meanwhile`() async throws {
      try await withServer { server, port in
        let waiting = try RawClient(port: port)
        try waiting.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try RawClient(port: port).get("/metrics").status == 200)
      }
    }

    @Test func `one that never ends loses its connection`() async throws {
      try await withServer(configure: { $0.writeTimeout = .milliseconds(200) }) { server, port in
        let waiting = try RawClient(port: port)
        try waiting.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try waiting.readToEnd() == "")
        #expect(server.statistics.connectionsTimedOut == 1)
      }
    }

    @Test func `a client that leaves early harms nothing`() async throws {
      try await withServer(configure: { $0.maxRequests = 1 }) { server, port in
        do {
          let early = try RawClient(port: port)
          try early.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        }
        var status = 503
        for _ in 0..<18_000 where status == 503 {
          status = try RawClient(port: port).get("/metrics").status
          try await Task.sleep(for: .milliseconds(10))
        }
        #expect(status == 200)
      }
    }
  }
}
