import Foundation
import Testing

extension EndToEnd {
  @Suite struct API {
    private func object(_ answer: Daemon.Answer?) throws -> [String: Any] {
      let answer = try #require(answer)
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "application/json")
      return try #require(
        JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    @Test(
      .enabled(if: Tool.has("node"), "node is not installed"))
    func `groups, leaks and sockets tell of a leaking server`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
        let server = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        let client = try await namespace.start(
          "python3", "client.py", "hold", "127.0.0.1", "8001", "3")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)",
          "--web.listen-address=127.0.0.1:10793")
        try await client.signal("KILL")
        // Those that it has not accepted yet have another cause.
        try await daemon.metrics("sockets that it has read and not closed") {
          $0.sum(
            "close_wait_stuck_sockets", ["process": "leaky-server.js", "cause": "not_closed"]) == 3
        }
        let groups = try #require(
          try object(await daemon.get("/api/v1/groups"))["groups"] as? [[String: Any]])
        #expect(groups.contains { $0["process"] as? String == "leaky-server.js" })

        let leaks = try #require(
          try object(await daemon.get("/api/v1/leaks"))["leaks"] as? [[String: Any]])
        #expect(leaks.count == 1)
        #expect(leaks.first?["close_wait"] as? Int == 3)
        #expect(leaks.first?["open_fds"] as? Int ?? 0 > 3)
        let oldest = try #require(leaks.first?["oldest"] as? [[String: Any]])
        #expect(oldest.count == 3)
        #expect(oldest.allSatisfy { $0["cause"] as? String == "not_closed" })
        #expect(oldest.allSatisfy { $0["pid"] as? Int == server.pid })
        #expect(oldest.allSatisfy { $0["fd"] as? Int ?? 0 > 2 })
        #expect(oldest.allSatisfy { ($0["remote"] as? String)?.hasPrefix("127.0.0.1:") == true })

        let path = "/api/v1/sockets?state=close_wait&process=leaky-server.js&port=8001"
        let sockets = try #require(
          try object(await daemon.get(path))["sockets"] as? [[String: Any]])
        #expect(sockets.count == 3)
        #expect(sockets.allSatisfy { $0["remote"] != nil })
        let none = try object(await daemon.get("/api/v1/sockets?state=syn_sent"))["sockets"]
        #expect((none as? [Any])?.isEmpty == true)
        for word in ["CLOSE-WAIT", "connected", "Close_Wait"] {
          let same = try object(
            await daemon.get("/api/v1/sockets?state=\(word)&process=leaky-server.js"))
          #expect((same["sockets"] as? [Any])?.count == 3, "\(word)")
        }
        for (query, line) in [
          ("sockets?state=closed-wait", "state: no such state; allowed: established, syn_sent, "),
          ("sockets?proces=x", "proces: no such parameter; allowed: state, process, port, pid."),
          ("groups?process=x", "process: no such parameter; none is allowed."),
        ] {
          let answer = try #require(try await daemon.get("/api/v1/\(query)"))
          #expect(answer.status == 400)
          #expect(answer.text.hasPrefix(line), "\(answer.text)")
        }
        #expect(try await daemon.get("/api/v1/sockets?port=http")?.status == 400)
        // Many who ask at once share one list, and polls go on.
        _ = try await namespace.run(
          "sh", "-c",
          "for i in 1 2 3 4 5 6 7 8; do curl -sf http://127.0.0.1:10793/api/v1/sockets >/dev/null & done; wait"
        )
        _ = try await daemon.freshMetrics()
      }
    }

    @Test func `a remote client sees no addresses of connections`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        _ = try await Daemon.start(
          in: namespace, directory: directory, "--web.listen-address=:10793")
        let url = "http://192.0.2.1:10793/api/v1/sockets?process=client.py"
        let text = try await namespace.run("curl", "-sf", url)
        #expect(text.contains("client.py"))
        #expect(!text.contains("127.0.0.1"))
        let local = try await namespace.run(
          "curl", "-sf", "http://127.0.0.1:10793/api/v1/sockets?process=client.py")
        #expect(local.contains("127.0.0.1:8001"))
      }
    }

    @Test func `the page names the peers of leaks to local clients only`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "leave", "127.0.0.1", "8001", "2")
        let file = try directory.write("sockstated.yaml", "close_wait:\n  stuck_after: 1s\n")
        _ = try await Daemon.start(
          in: namespace, directory: directory, "--web.listen-address=:10793",
          "--config.file=\(file)")
        _ = try await eventually("the stuck connections on the page") {
          let page = try await namespace.run(
            "curl", "-sf", "http://127.0.0.1:10793/_/page")
          return page.contains("\"kind\":\"close_wait\"") && page.contains("127.0.0.1:")
            ? true : nil
        }
        let page = try await namespace.run("curl", "-sf", "http://192.0.2.1:10793/_/page")
        #expect(page.contains("accept.py"))
        #expect(!page.contains("127.0.0.1"))
      }
    }
  }
}
