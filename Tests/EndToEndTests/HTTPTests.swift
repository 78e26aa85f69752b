import Testing

extension EndToEnd {
  @Suite struct HTTP {
    @Test("every path answers as it should")
    func paths() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        for (path, status) in [
          ("/", 200), ("/metrics", 200), ("/-/healthy", 200), ("/-/ready", 200), ("/nothing", 404),
          ("/metrics/", 404),
        ] {
          #expect(try await daemon.get(path)?.status == status, "\(path)")
        }
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
          let answer = try await daemon.get("/metrics", "-X", method)
          #expect(answer?.status == 405, "\(method)")
          #expect(answer?.headers["allow"]?.contains("GET") == true, "\(method)")
        }
        let get = try #require(try await daemon.get("/metrics"))
        #expect(get.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
        let head = try #require(try await daemon.get("/metrics", "--head"))
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head.headers["content-type"] == get.headers["content-type"])
        #expect(head.headers["content-length"].flatMap { Int($0) } ?? 0 > 0)
      }
    }

    @Test("the default address serves IPv4 and IPv6")
    func defaultAddress() async throws {
      try await withSandbox { namespace, _ in
        let program = try await namespace.start([Daemon.binary])
        for host in ["127.0.0.1", "[::1]"] {
          try await eventually("metrics at \(host)\n\(program.child.errors)") {
            let curl = try await namespace.result(
              ["curl", "-sSf", "--max-time", "30", "http://\(host):10793/metrics"])
            return curl.end == .exited(0) ? () : nil
          }
        }
      }
    }
  }
}
