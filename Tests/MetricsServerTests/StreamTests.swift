import Foundation
import MetricsServer
import NIOCore
import Synchronization
import Testing

extension ServerTests {
  /// Bodies that are made piece by piece.
  @Suite struct Streams {
    /// Counts the pieces of all bodies.
    private final class Made: Sendable {
      let count = Atomic(0)
    }

    private struct Pieces: IteratorProtocol, Sendable {
      let made: Made
      let total: Int
      var position = 0

      mutating func next() -> [UInt8]? {
        guard position < total else { return nil }
        made.count.add(1, ordering: .relaxed)
        defer { position += 1 }
        // One may have nothing to give.
        let letter = UInt8(ascii: "a") + UInt8(position % 26)
        return position == 1 ? [] : Array(repeating: letter, count: 40_000)
      }
    }

    private let made = Made()

    private func routes(pieces total: Int) -> [String: MetricsServer.Handler] {
      [
        "/stream": { [made] _ in
          HTTPResponse(
            contentType: "text/plain", body: ResponseBody(sizeOfSource: 1),
            pieces: Pieces(made: made, total: total))
        },
        "/metrics": { _ in .text("up 1") },
      ]
    }

    private static let whole = [0, 2, 3].map { number in
      String(repeating: String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number))), count: 40_000)
    }

    @Test func `a client of HTTP/1.1 gets chunks, and its connection is kept`() async throws {
      try await withServer(routes: routes(pieces: 4)) { _, port in
        let client = try RawClient(port: port)
        for _ in 0..<2 {
          try client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
          let head = try client.readResponse(hasBody: false)
          #expect(head.headers["transfer-encoding"] == "chunked")
          #expect(head.headers["content-length"] == nil)
          #expect(try client.readChunks() == Self.whole)
        }
        #expect(try client.get("/metrics").body == "up 1\n")
      }
    }

    @Test func `one of HTTP/1.0 gets all up to the end of the connection`() async throws {
      try await withServer(routes: routes(pieces: 4)) { _, port in
        let client = try RawClient(port: port)
        try client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        let head = try client.readResponse(hasBody: false)
        #expect(head.headers["connection"] == "close")
        #expect(head.headers["transfer-encoding"] == nil)
        #expect(try client.readToEnd() == Self.whole.joined())
      }
    }

    @Test func `HEAD gets no body, and nothing is made`() async throws {
      try await withServer(routes: routes(pieces: 4)) { server, port in
        let client = try RawClient(port: port)
        try client.send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readResponse(hasBody: false).headers["connection"] == "close")
        #expect(try client.readToEnd() == "")
        #expect(made.count.load(ordering: .relaxed) == 0)
        #expect(try await eventually(server) { $0.connections == 0 })
      }
    }

    @Test func `no more is made than the client reads`() async throws {
      try await withServer(routes: routes(pieces: 10_000)) { server, port in
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        var last = -1
        while made.count.load(ordering: .relaxed) != last {
          last = made.count.load(ordering: .relaxed)
          try await Task.sleep(for: .milliseconds(500))
        }
        #expect((1..<1000).contains(last))
        #expect(server.statistics.requestsInFlight == 1)
        #expect(try RawClient(port: port).get("/metrics").status == 200)
      }
    }
  }
}
