import Testing

extension Faults {
  /// Hands on the sockets between the daemon and the kernel.
  @Suite struct Netlink {
    private func meddle(_ action: String, with daemon: Daemon) async throws {
      let said = try await daemon.program.namespace.run(
        "python3", Tool.program("meddle.py"), action, "\(daemon.program.pid)")
      #expect(said.contains("touched") && !said.contains("touched 0"), "\(said)")
    }

    @Test func `an answer that never comes is given up; procfs stands in for one poll`()
      async throws
    {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let survival = try await Survival(of: daemon)
        try await meddle("deafen", with: daemon)
        let metrics = try await daemon.metrics("a poll from procfs, and then one from sock_diag") {
          $0.sum("polls_total", ["result": "fallback"]) == 1
            && $0.samples("source_info", ["source": "sock_diag"]).map(\.value) == [1]
        }
        #expect(metrics.counts == ["listen": 1])
        try await survival.check()
        let log = daemon.program.child.errors
        #expect(log.components(separatedBy: "did not end in time").count == 2, "\(log)")
      }
    }

    @Test func `messages of others than the kernel change nothing`() async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--source=sock_diag")
        let survival = try await Survival(of: daemon)
        for _ in 0..<3 {
          try await meddle("lie", with: daemon)
          #expect(try await daemon.freshMetrics().counts == ["listen": 1])
        }
        #expect(try await daemon.metrics().sum("polls_total", ["result": "failure"]) == 0)
        try await survival.check()
      }
    }

    @Test func `a flood of destroy events is counted, and no retransmission is lost`() async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.set("tcp_max_tw_buckets", to: "100")
        _ = try await namespace.start("python3", "accept.py", "brusque", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let survival = try await Survival(of: daemon)
        try await meddle("shrink", with: daemon)
        try await daemon.program.signal("STOP")
        try await namespace.run("python3", Tool.program("visit.py"), "127.0.0.1", "8001", "500")
        try await daemon.program.signal("CONT")
        try await daemon.metrics("the loss") { $0.sum("destroy_events_lost_total") > 0 }
        try await survival.check()
      }
    }
  }
}
