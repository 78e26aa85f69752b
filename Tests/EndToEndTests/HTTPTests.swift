import Testing

extension EndToEnd {
  @Suite struct HTTP {
    @Test func `every path answers as it should`() async throws {
      try await withSandbox { namespace, directory in
        // Healthy is whose last poll is younger than three intervals.
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1h")
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

    @Test(
      arguments: [
        ([], "text/plain; version=0.0.4", false),
        (["Accept: */*", "Accept-Encoding: identity"], "text/plain; version=0.0.4", false),
        (
          [
            "Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "Accept-Encoding: gzip",
          ], "application/openmetrics-text; version=1.0.0", true
        ),
        (
          ["Accept: application/openmetrics-text;q=0.1, text/plain", "Accept-Encoding: gzip;q=0"],
          "text/plain; version=0.0.4", false
        ),
        (
          ["Accept: application/openmetrics-text;version=2.0.0"], "text/plain; version=0.0.4", false
        ),
      ] as [([String], String, Bool)])
    func `the format and the encoding are the client's choice`(
      headers: [String], type: String, isCompressed: Bool
    ) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let options = headers.flatMap { ["-H", $0] }
        let answer = try #require(try await daemon.get("/metrics", options: options))
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "\(type); charset=utf-8")
        #expect(answer.headers["vary"] == "Accept, Accept-Encoding")
        #expect(answer.headers["content-encoding"] == (isCompressed ? "gzip" : nil))
        #expect(answer.headers["content-length"] == "\(answer.body.count)")
        #expect(answer.body.starts(with: isCompressed ? [0x1f, 0x8b] : Array("# HELP".utf8)))
      }
    }

    @Test func `the default address serves IPv4 and IPv6`() async throws {
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
