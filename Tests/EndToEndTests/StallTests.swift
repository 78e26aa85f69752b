import Testing

extension EndToEnd {
  @Suite("Stalls") struct Stalls {
    private func stalled(_ metrics: Metrics, _ process: String, reason: String) -> Double {
      metrics.sum("stalled_sockets", ["process": process, "reason": reason])
    }

    private func limited(_ metrics: Metrics, limit: String) -> Double {
      metrics.sum("send_limited_seconds_total", ["process": "client.py", "limit": limit])
    }

    @Test func `a process that does not read stalls itself and its peer`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "2")
        let first = try await daemon.metrics("two stalled connections") {
          stalled($0, "client.py", reason: "peer_window") == 2
            && stalled($0, "accept.py", reason: "local_reader") == 2
        }
        let later = try await daemon.metrics("most of the time spent waiting for the window") {
          let waited = limited($0, limit: "receive_window")
          return waited > limited(first, limit: "receive_window") + 1
            && waited > limited($0, limit: "network") && waited > limited($0, limit: "send_buffer")
        }
        #expect(stalled(later, "accept.py", reason: "peer_window") == 0)
        #expect(stalled(later, "client.py", reason: "local_reader") == 0)
      }
    }

    @Test(
      .enabled(if: Tool.has("nft"), "nft is not installed"))
    func `a path that has died stalls on retransmission`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "2")
        try await daemon.metrics("traffic") { $0.sum("received_bytes_total") > 0 }
        try await namespace.filter("tcp dport 8001 drop")
        try await daemon.metrics("two stalled connections") {
          stalled($0, "client.py", reason: "retransmission") == 2
        }
      }
    }

    @Test(
      .enabled(if: Tool.has("nft"), "nft is not installed"))
    func `a closed window whose probes nobody answers is a path that has died`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "2")
        try await daemon.metrics("two closed windows") {
          stalled($0, "client.py", reason: "peer_window") == 2
        }
        try await namespace.filter("tcp dport 8001 drop")
        let dead = try await daemon.metrics("probes in vain") {
          stalled($0, "client.py", reason: "retransmission") == 2
        }
        #expect(stalled(dead, "client.py", reason: "peer_window") == 0)
        #expect(dead.sum("findings", ["kind": "dead_path", "process": "client.py"]) == 1)
        #expect(dead.sum("findings", ["kind": "peer_not_reading"]) == 0)
      }
    }

    @Test func `a program that holds back its own data is not held up`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "cork", "127.0.0.1", "8001", "4")
        var corked = 0
        for _ in 0..<100 where corked < 10 {
          corked += try await namespace.run("ss", "-tno").contains("persist") ? 1 : 0
          let metrics = try await daemon.freshMetrics()
          #expect(stalled(metrics, "client.py", reason: "peer_window") == 0)
          #expect(metrics.sum("findings", ["process": "client.py"]) == 0)
        }
        #expect(corked == 10)
      }
    }

    @Test(
      .enabled(if: Tool.has("nft"), "nft is not installed"))
    func `loss limits by the network`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "link", "set", "lo", "mtu", "1500")
        try await namespace.filter("tcp dport 8001 numgen random mod 100 < 20 drop")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "2")
        // A server that gets no processor at first fills its window too.
        try await daemon.metrics("two seconds of sending, most of them spent on the network") {
          $0.sum("send_busy_seconds_total", ["process": "client.py"]) > 2
            && limited($0, limit: "network")
              > limited($0, limit: "receive_window") + limited($0, limit: "send_buffer")
        }
      }
    }
  }
}
