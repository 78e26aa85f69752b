import Testing

extension ServerTests {
  @Suite struct Messages {
    struct Exchange: CustomTestStringConvertible {
      var name: String
      var request: String
      var status: Int
      var testDescription: String { name }
    }

    static let answeredAndKept = [
      Exchange(name: "GET", request: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", status: 200),
      Exchange(
        name: "absolute form", request: "GET http://h:1/metrics HTTP/1.1\r\nHost: h\r\n\r\n",
        status: 200),
      Exchange(name: "escaped", request: "GET /%61%20b HTTP/1.1\r\nHost: x\r\n\r\n", status: 200),
      Exchange(name: "empty body", request: "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n", status: 200),
      Exchange(
        name: "GET with a body",
        request: "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", status: 200),
      Exchange(
        name: "chunked",
        request:
          "GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        status: 200),
      Exchange(name: "other path", request: "GET /x HTTP/1.1\r\nHost: x\r\n\r\n", status: 404),
      Exchange(
        name: "longer path", request: "GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n", status: 404),
      Exchange(
        name: "POST", request: "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        status: 405),
      Exchange(name: "DELETE", request: "DELETE /x HTTP/1.1\r\nHost: x\r\n\r\n", status: 405),
      Exchange(name: "OPTIONS *", request: "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", status: 405),
      Exchange(name: "no Host", request: "GET /metrics HTTP/1.1\r\n\r\n", status: 400),
      Exchange(
        name: "two Hosts", request: "GET /metrics HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        status: 400),
      Exchange(
        name: "broken escape", request: "GET /metrics%2 HTTP/1.1\r\nHost: x\r\n\r\n", status: 400),
    ]

    @Test(arguments: answeredAndKept) func `is answered, and the connection kept`(
      exchange: Exchange
    ) async throws {
      try await withServer { server, port in
        let client = try RawClient(port: port)
        for count in 1...2 {
          try client.send(exchange.request)
          let response = try client.readResponse()
          #expect(response.status == exchange.status)
          #expect(response.headers["connection"] == nil)
          #expect(response.headers["allow"] == (exchange.status == 405 ? "GET, HEAD" : nil))
          #expect(server.statistics.requests[exchange.status] == UInt64(count))
        }
        #expect(server.statistics.connectionsAccepted == 1)
      }
    }

    static let answeredAndClosed = [
      Exchange(
        name: "Connection: close",
        request: "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", status: 200),
      Exchange(name: "HTTP/1.0", request: "GET /metrics HTTP/1.0\r\n\r\n", status: 200),
      Exchange(
        name: "Upgrade",
        request: "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        status: 200),
      Exchange(
        name: "CONNECT", request: "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\nhello", status: 405),
      Exchange(name: "garbage", request: "\u{1}\u{2}\u{3}\r\n\r\n", status: 400),
      Exchange(name: "TLS", request: "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0", status: 400),
      Exchange(
        name: "HTTP/2", request: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 400),
      Exchange(name: "HTTP/0.9", request: "GET /metrics\r\n\r\n", status: 400),
      Exchange(name: "no such method", request: "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", status: 400),
      Exchange(
        name: "header without a colon", request: "GET / HTTP/1.1\r\nHost\r\n\r\n", status: 400),
      Exchange(
        name: "length that is none",
        request: "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", status: 400),
      Exchange(
        name: "two framings",
        request:
          "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        status: 400),
      Exchange(
        name: "bad chunk",
        request: "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        status: 400),
      Exchange(
        name: "header too long",
        request: "GET /metrics HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 60_000))",
        status: 431),
      Exchange(
        name: "target too long", request: "GET /\(String(repeating: "a", count: 60_000))",
        status: 431),
      Exchange(
        name: "headers too many",
        request: "GET /metrics HTTP/1.1\r\nHost: x\r\n\(String(repeating: "A: b\r\n", count: 200))",
        status: 431),
      Exchange(
        name: "headers too long together",
        request: "GET /metrics HTTP/1.1\r\nHost: x\r\n"
          + String(repeating: "A: \(String(repeating: "b", count: 1000))\r\n", count: 20),
        status: 431),
      Exchange(
        name: "body too large",
        request: "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
          + String(repeating: "a", count: 200_000),
        status: 413),
      Exchange(
        name: "POST of a large body",
        request: "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
          + String(repeating: "a", count: 200_000),
        status: 405),
    ]

    @Test(arguments: answeredAndClosed) func `is answered, and the connection closed`(
      exchange: Exchange
    ) async throws {
      try await withServer { server, port in
        let client = try RawClient(port: port)
        try client.send(exchange.request)
        let response = try client.readResponse()
        #expect(response.status == exchange.status)
        #expect(response.headers["connection"] == "close")
        #expect(try client.readToEnd() == "")
        #expect(server.statistics.requests == [exchange.status: 1])
      }
    }

    @Test func `a client that expects it is told to go on`() async throws {
      try await withServer { _, port in
        let client = try RawClient(port: port)
        for method in ["GET", "POST"] {
          try client.send(
            "\(method) /metrics HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"
          )
          #expect(try client.readResponse(hasBody: false).status == 100)
          try client.send("a")
          #expect(try client.readResponse().status == (method == "GET" ? 200 : 405))
        }
        try client.send("GET /metrics HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.readResponse().status == 200)
      }
    }

    @Test func `no answer's type is for the client to guess`() async throws {
      try await withServer { _, port in
        for request in ["GET /metrics", "GET /nowhere", "POST /metrics", "rubbish"] {
          let client = try RawClient(port: port)
          try client.send("\(request) HTTP/1.1\r\nHost: x\r\n\r\n")
          let response = try client.readResponse()
          #expect(response.headers["x-content-type-options"] == "nosniff", "\(request)")
        }
      }
    }

    @Test func `HEAD has the headers of GET and no body`() async throws {
      try await withServer { _, port in
        let client = try RawClient(port: port)
        let get = try client.get("/metrics")
        #expect(get.body == "up 1\n")
        #expect(get.headers["content-length"] == "5")
        try client.send("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(try client.readResponse(hasBody: false).headers == get.headers)
        #expect(try client.get("/metrics").body == "up 1\n")
      }
    }

    @Test func `HTTP/1.0 is kept alive where the client asks`() async throws {
      try await withServer { _, port in
        let client = try RawClient(port: port)
        for _ in 0..<2 {
          try client.send("GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
          let response = try client.readResponse()
          #expect(response.headers["connection"] == "keep-alive")
          #expect(response.body == "up 1\n")
        }
      }
    }

    @Test func `a handler sees the request`() async throws {
      try await withServer { _, port in
        let client = try RawClient(port: port)
        try client.send(
          "GET /echo?q=a%26b&q=c+d&x HTTP/1.1\r\nHost: x\r\nAccept: text/plain\r\n"
            + "Accept: */*\r\nAccept-Encoding: gzip\r\n\r\n")
        #expect(
          try client.readResponse().body
            == "get loopback false text/plain, */* gzip [\"a&b\", \"c d\"]\n")
      }
    }

    @Test(arguments: [false, true]) func `pipelined requests are answered in order`(
      closesOutput: Bool
    ) async throws {
      try await withServer { _, port in
        let client = try RawClient(port: port)
        let requests = (0..<100).map { "GET /echo?q=\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }
        try client.send(requests.joined())
        if closesOutput { client.closeOutput() }
        for number in 0..<100 {
          #expect(try client.readResponse().body.hasSuffix("[\"\(number)\"]\n"))
        }
        if closesOutput { #expect(try client.readToEnd() == "") }
      }
    }

    @Test func `garbage behind a request is answered after it`() async throws {
      try await withServer { _, port in
        let client = try RawClient(port: port)
        try client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n\u{1}\u{2}\r\n\r\n")
        #expect(try client.readResponse().status == 200)
        #expect(try client.readResponse().status == 400)
        #expect(try client.readToEnd() == "")
      }
    }

    @Test func `a request cut off is answered with 400`() async throws {
      try await withServer { _, port in
        let client = try RawClient(port: port)
        try client.send("GET /metrics HTTP/1.1\r\nHo")
        client.closeOutput()
        #expect(try client.readResponse().status == 400)
        #expect(try client.readToEnd() == "")
      }
    }
  }
}
