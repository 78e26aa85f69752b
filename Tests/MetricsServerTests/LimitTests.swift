import Foundation
import NIOCore
import NIOEmbedded
import Testing

@testable import MetricsServer

extension ServerTests {
  @Suite struct Limits {
    @Test func `idle and dripping clients do not keep a new one out`() async throws {
      try await withServer(configure: { $0.maxConnections = 64 }) { server, port in
        var clients: [RawClient] = []
        for number in 0..<600 {
          let client = try RawClient(port: port)
          if number % 2 == 0 { try client.send("GET /metrics HT") }
          clients.append(client)
          // Fails for a client that has been closed to make room.
          for client in clients.suffix(100) { try? client.send("T") }
          if number % 50 == 0 {
            #expect(try RawClient(port: port).get("/metrics").status == 200)
          }
        }
        #expect(try RawClient(port: port).get("/metrics").status == 200)
        #expect(server.statistics.connections <= 64)
        // On a busy machine some have dripped so much before that it is no request any more.
        let statistics = server.statistics
        #expect(
          statistics.connectionsEvicted + statistics.requests[400, default: 0] >= 600 - 64)
        #expect(server.statistics.connectionsRefused == 0)
      }
    }

    @Test func `the longest without a request is closed first`() async throws {
      try await withServer(configure: { $0.maxConnections = 2 }) { server, port in
        let first = try RawClient(port: port)
        #expect(try first.get("/metrics").status == 200)
        let second = try RawClient(port: port)
        #expect(try second.get("/metrics").status == 200)
        #expect(try first.get("/metrics").status == 200)
        let third = try RawClient(port: port)
        #expect(try third.get("/metrics").status == 200)
        #expect(try second.readToEnd() == "")
        #expect(try first.get("/metrics").status == 200)
        #expect(server.statistics.connectionsEvicted == 1)
      }
    }

    @Test func `where all others have responses under way, the slowest reader makes room`()
      async throws
    {
      try await withServer(configure: { $0.maxConnections = 2 }) { server, port in
        let first = try slowReader(port: port)
        #expect(try await eventually(server) { $0.requests[200] == 1 })
        let second = try slowReader(port: port)
        #expect(try await eventually(server) { $0.requests[200] == 2 })
        #expect(try RawClient(port: port).get("/metrics").status == 200)
        #expect(server.statistics.connectionsEvicted == 1)
        #expect(server.statistics.connectionsRefused == 0)
        #expect(try first.countToEndOrReset() < largeBody.readableBytes)
        #expect(try second.readResponse().body.utf8.count == largeBody.readableBytes)
      }
    }

    @Test func `one large response too many is sent in place of the slowest reader's`()
      async throws
    {
      try await withServer(configure: { $0.maxRequests = 2 }) { server, port in
        let first = try slowReader(port: port)
        #expect(try await eventually(server) { $0.requests[200] == 1 })
        let second = try slowReader(port: port)
        #expect(try await eventually(server) { $0.requests[200] == 2 })
        #expect(
          try RawClient(port: port).get("/large").body.utf8.count == largeBody.readableBytes)
        #expect(try first.countToEndOrReset() < largeBody.readableBytes)
        #expect(try second.readResponse().body.utf8.count == largeBody.readableBytes)
        #expect(server.statistics.connectionsEvicted == 1)
        #expect(server.statistics.requestsRejected == 0)
      }
    }

    @Test func `a health check is answered however many do not read`() async throws {
      try await withServer { server, port in
        var readers: [RawClient] = []
        for count in 1...44 {
          readers.append(try slowReader(port: port))
          #expect(try await eventually(server) { $0.requests[200] == UInt64(count) })
        }
        for _ in 0..<15 { #expect(try RawClient(port: port).get("/metrics").status == 200) }
        #expect(server.statistics.requests[503] == nil)
        withExtendedLifetime(readers) {}
      }
    }

    @Test func `a client of many connections costs another none`() async throws {
      let path = "\(NSTemporaryDirectory())/sockstated-\(UUID()).sock"
      try await withServer(
        on: [.tcp(host: "127.0.0.1", port: 0), .unix(path: path)],
        configure: {
          $0.maxRequests = 5
          $0.maxConnections = 20
        }
      ) { server, port in
        let other = try RawClient(path: path)
        try other.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try await eventually(server) { $0.requests[200] == 1 })
        let idle = try RawClient(path: path)
        #expect(try idle.get("/metrics").status == 200)
        var many: [RawClient] = []
        for count in 1...60 {
          many.append(try slowReader(port: port))
          #expect(try await eventually(server) { $0.requests[200] == UInt64(2 + count) })
        }
        #expect(server.statistics.connectionsEvicted >= 55)
        #expect(try other.readResponse().body.utf8.count == largeBody.readableBytes)
        #expect(try idle.get("/metrics").status == 200)
        withExtendedLifetime(many) {}
      }
    }

    @Test func `a client leaves places to others for what has to be made first`() async throws {
      let path = "\(NSTemporaryDirectory())/sockstated-\(UUID()).sock"
      try await withServer(on: [.tcp(host: "127.0.0.1", port: 0), .unix(path: path)]) {
        server, port in
        // Of 40 places 20 are for these, 15 for one client.
        let waiting = try (0..<15).map { _ in
          let client = try RawClient(port: port)
          try client.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
          return client
        }
        #expect(try await eventually(server) { $0.requestsInFlight == 15 })
        let refused = try RawClient(port: port).get("/slow")
        #expect(refused.status == 503)
        #expect(refused.headers["retry-after"] == "1")
        #expect(
          refused.body == "Limit of concurrent requests reached (20), try again later.\n")
        #expect(server.statistics.requestsRejected == 1)
        #expect(try RawClient(path: path).get("/slow").status == 200)
        #expect(try RawClient(port: port).get("/metrics").status == 200)
        withExtendedLifetime(waiting) {}
      }
    }

    @Test func `what waits to be sent is bounded, and counts once however many are sent it`()
      async throws
    {
      try await withServer(configure: { $0.maxBytesHeld = 100 << 20 }) { server, port in
        // 64 MiB each: the same for all, or one of its own.
        var readers: [RawClient] = []
        for count in 1...3 {
          readers.append(try slowReader(port: port))
          #expect(try await eventually(server) { $0.requests[200] == UInt64(count) })
        }
        #expect(server.statistics.connectionsEvicted == 0)
        let own = try slowReader("/own", port: port)
        #expect(try await eventually(server) { $0.connectionsEvicted == 3 })
        let next = try RawClient(port: port)
        #expect(try next.get("/own").body.utf8.count == largeBody.readableBytes)
        #expect(try own.countToEndOrReset() < largeBody.readableBytes)
        withExtendedLifetime(readers) {}
      }
    }

    @Test func `a request that never completes is given up, however it drips`() async throws {
      try await withServer(configure: { $0.headerTimeout = .milliseconds(300) }) { server, port in
        let silent = try RawClient(port: port)
        #expect(try silent.readToEnd() == "")
        let dripping = try RawClient(port: port)
        try dripping.send("GET /metrics HTTP/1.1\r\nX: ")
        await #expect(throws: RawClient.Failure.self) {
          for _ in 0..<2000 {
            try dripping.send("a")
            try await Task.sleep(for: .milliseconds(10))
          }
        }
        #expect(server.statistics.connectionsTimedOut == 2)
        #expect(server.statistics.requests.isEmpty)
      }
    }

    @Test func `a body that never completes is given up`() async throws {
      try await withServer(configure: { $0.headerTimeout = .milliseconds(300) }) { server, port in
        let client = try RawClient(port: port)
        try client.send("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        #expect(try client.readToEnd() == "")
        #expect(server.statistics.connectionsTimedOut == 1)
      }
    }

    @Test func `a connection kept alive waits longer than a request may take`() async throws {
      try await withServer(configure: { $0.headerTimeout = .seconds(5) }) { server, port in
        let client = try RawClient(port: port)
        #expect(try client.get("/metrics").status == 200)
        // As long as it takes until one that asks for nothing is closed.
        #expect(try RawClient(port: port).readToEnd() == "")
        #expect(try client.get("/metrics").status == 200)
        try client.send("GET")
        #expect(try client.readToEnd() == "")
        #expect(server.statistics.connectionsTimedOut == 2)
      }
    }

    @Test func `a connection kept alive for nothing is closed`() async throws {
      try await withServer(configure: { $0.idleTimeout = .milliseconds(300) }) { server, port in
        let client = try RawClient(port: port)
        #expect(try client.get("/metrics").status == 200)
        #expect(try client.readToEnd() == "")
        #expect(server.statistics.connectionsTimedOut == 1)
      }
    }

    @Test func `a client that does not read is given up`() async throws {
      try await withServer(configure: { $0.writeTimeout = .milliseconds(300) }) { server, port in
        let reader = try slowReaders(1, port: port)[0]
        #expect(try await eventually(server) { $0.connectionsTimedOut == 1 && $0.connections == 0 })
        #expect(try reader.countToEndOrReset() < largeBody.readableBytes)
      }
    }

    @Test func `a client that pipelines and does not read is not read`() async throws {
      try await withServer { server, port in
        let reader = try slowReaders(1, port: port)[0]
        #expect(try await eventually(server) { $0.requests[200] == 1 })
        let flood = String(repeating: "GET /large HTTP/1.1\r\nHost: x\r\n\r\n", count: 10_000)
        try reader.send(flood)
        let other = try RawClient(port: port)
        #expect(try other.get("/metrics").status == 200)
        #expect(server.statistics.requests == [200: 2])
        // Its connection would end with it.
        withExtendedLifetime((reader, other)) { #expect(server.statistics.connections == 2) }
      }
    }

    @Test func `what a client sends ahead of its response is bounded`() throws {
      let limiter = ConnectionLimiter(
        configuration: ServerConfiguration(listenAddresses: []), statistics: StatisticsRecorder())
      let connection = ConnectionHandler(limiter: limiter, client: ClientAddress(nil))
      try limiter.admit(connection)
      let channel = EmbeddedChannel(handler: connection)
      try channel.connect(to: SocketAddress(unixDomainSocketPath: "/")).wait()
      connection.beginResponse()
      for _ in 0..<16 { try channel.writeInbound(ByteBuffer(repeating: 0, count: 4096)) }
      #expect(channel.isActive)
      try channel.writeInbound(ByteBuffer(repeating: 0, count: 1))
      #expect(!channel.isActive)
      channel.embeddedEventLoop.run()
      #expect(limiter.statistics.snapshot.connections == 0)
    }

    /// In a process of its own, since the limit is the whole process's.
    @Test func `the server outlives a lack of descriptors`() async {
      await #expect(processExitsWith: .success) {
        try await withServer { server, port in
          let idle = try RawClient(port: port)
          #expect(try idle.get("/metrics").status == 200)
          let newcomer = RawClient(family: AF_INET)
          let usual = try Limits.setDescriptorLimit(0)
          try newcomer.connect(port: port)
          // Not with the runtime's own sleep: that may want a descriptor and trap without it.
          for _ in 0..<6000 where server.statistics.acceptFailures == 0 { usleep(10_000) }
          #expect(server.statistics.acceptFailures > 0)
          // An event loop that spins would fail tens of thousands of times meanwhile.
          usleep(500_000)
          #expect(server.statistics.acceptFailures < 100)
          _ = try Limits.setDescriptorLimit(usual)
          #expect(try newcomer.get("/metrics").status == 200)
          #expect(try idle.readToEnd() == "")
          #expect(server.statistics.connectionsEvicted == 1)
        }
      }
    }

    /// - Returns: the soft limit as it was.
    private static func setDescriptorLimit(_ soft: rlim_t) throws -> rlim_t {
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      var limit = rlimit()
      guard getrlimit(resource, &limit) == 0 else {
        throw RawClient.Failure(step: "getrlimit", error: errno)
      }
      let usual = limit.rlim_cur
      limit.rlim_cur = soft
      guard setrlimit(resource, &limit) == 0 else {
        throw RawClient.Failure(step: "setrlimit", error: errno)
      }
      return usual
    }

    private func slowReaders(_ count: Int, port: UInt16) throws -> [RawClient] {
      try (0..<count).map { _ in try slowReader(port: port) }
    }

    /// A client that asks and does not read.
    private func slowReader(_ path: String = "/large", port: UInt16) throws -> RawClient {
      let client = try RawClient(port: port, receiveBuffer: 4096)
      try client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
      return client
    }
  }
}
