import MetricsServer
import Testing

extension ServerTests {
  @Suite struct Shutdown {
    @Test func `a response under way is finished, and waiting connections are closed`()
      async throws
    {
      try await withServer { server, port in
        let idle = try RawClient(port: port)
        #expect(try idle.get("/metrics").status == 200)
        let silent = try RawClient(port: port)
        let reader = try RawClient(port: port, receiveBuffer: 4096)
        try reader.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await eventually(server) { $0.requests[200] == 2 && $0.connections == 3 })

        let shutdown = Task { await server.shutdown(grace: .seconds(600)) }
        #expect(try idle.readToEnd() == "")
        #expect(try silent.readToEnd() == "")
        // A child of another test, between fork and exec, may still hold the listening socket: then
        // connecting succeeds, but nobody answers.
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port).get("/metrics") }
        #expect(try reader.readResponse().body.utf8.count == largeBody.readableBytes)
        #expect(try reader.readToEnd() == "")
        await shutdown.value
        #expect(server.statistics.connections == 0)
        #expect(server.boundAddresses.isEmpty)
      }
    }

    @Test func `a client that does not read is closed when the grace is over`() async throws {
      try await withServer { server, port in
        let reader = try RawClient(port: port, receiveBuffer: 4096)
        try reader.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await eventually(server) { $0.requests[200] == 1 })
        await server.shutdown(grace: .milliseconds(50))
        #expect(server.statistics.connections == 0)
        #expect(try reader.countToEndOrReset() < largeBody.readableBytes)
      }
    }

    @Test func `a second shutdown does nothing`() async throws {
      try await withServer { server, _ in
        await server.shutdown(grace: .seconds(600))
        await server.shutdown(grace: .seconds(600))
      }
    }
  }
}
