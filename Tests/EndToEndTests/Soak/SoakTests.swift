import Foundation
import Testing

/// What the environment says about a soak.
private enum SoakSettings {
  /// How long it takes; nil where none is wanted.
  static let minutes = number("SOAK_MINUTES")
  /// What is random in a run follows from it.
  static let seed = UInt64(number("SOAK_SEED") ?? 1)

  private static func number(_ variable: String) -> Int? {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
  }
}

extension EndToEndUnderLoad {
  /// A long run with everything at once: churn, leaks, losses, programs that come and go, and faults.
  @Suite(
    "Soak", .enabled(if: SoakSettings.minutes != nil, "takes minutes: make soak"),
    .enabled(if: Tool.has("node"), "node is not installed"),
    .enabled(if: Tool.has("nft"), "nft is not installed"))
  struct Soak {
    @Test func `memory stays, no counter falls, no scrape fails, all retransmissions count`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "link", "set", "lo", "mtu", "1500")
        // So that the number of sockets is the same soon, and with it the memory that they need.
        try await namespace.set("tcp_max_tw_buckets", to: "3000")
        try await namespace.filter(
          "tcp dport 8002 numgen random mod 100 < 5 drop",
          "tcp sport 8002 numgen random mod 100 < 5 drop")
        let file = try SoakFaults.configure(directory)
        let web = try directory.write(
          "web.yaml", "basic_auth_users: {alice: \(Faults.Clients.dearHash)}\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "1s", options: ["-u", "alice:secret"],
          "--config.file=\(file)", "--web.config.file=\(web)")
        let first = try await daemon.freshMetrics()
        for (port, hold, bytes) in [
          ("8001", "20", "1000"), ("8002", "500", "20000"), (SoakFaults.floodedPort, "10", "10"),
        ] {
          _ = try await namespace.start("node", "service.js", "127.0.0.1", port, hold, bytes)
        }
        var visitors: [Program] = []
        for (port, rate) in [("8001", "200"), ("8002", "20")] {
          visitors.append(
            try await namespace.start(
              "node", "visits.js", "127.0.0.1", port, "1000000000", "1000", rate))
        }

        let scrapes = SoakScrapes()
        let scraping = Task { try await scrapes.run(daemon) }
        defer { scraping.cancel() }
        let summary = try await run(daemon, directory, scrapes)
        for visitor in visitors { visitor.child.send("stop\n") }
        for visitor in visitors {
          try await visitor.child.line("how many there were") { $0.hasPrefix("made ") }
        }
        // TIME-WAIT lasts a minute.
        try await Task.sleep(for: .seconds(60))
        let (ss, last) = try await daemon.atRest()
        let kernel = try await namespace.counter("TcpRetransSegs")
        scraping.cancel()
        try await scraping.value

        let record = scrapes.record
        print("\(summary)\n\(record); the kernel retransmitted \(Int(kernel))")
        #expect(record.count > 0)
        #expect(record.failures == [])
        #expect(record.fallen == [])
        #expect(last.counts == ss.counts)
        // Else nothing was lost, and the next line would say nothing.
        #expect(kernel > 100)
        let counted = record.growth["sockstate_retransmitted_segments_total", default: 0]
        #expect(abs(counted - kernel) <= kernel / 100)
        #expect(
          try #require(last.value("process_open_fds"))
            <= #require(first.value("process_open_fds")) + 2)
        // What the largest flood so far has needed, malloc keeps.
        Self.expectFlat(record.memory, "memory", tolerance: 1.1, slack: 4_000_000)
        Self.expectFlat(record.descriptors, "descriptors", tolerance: 1, slack: 4)
      }
    }

    /// Lets everything happen for the time that is asked for.
    /// - Returns: how often what happened.
    private func run(
      _ daemon: Daemon, _ directory: Directory, _ scrapes: SoakScrapes
    ) async throws -> String {
      let deadline = ContinuousClock.now + .seconds(60 * (SoakSettings.minutes ?? 1))
      async let leaks = leaks(daemon.program.namespace, scrapes, until: deadline)
      var faults = SoakFaults(daemon, directory, scrapes, seed: SoakSettings.seed)
      try await faults.run(until: deadline)
      let counts = faults.counts.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
      return "seed \(SoakSettings.seed): \(try await leaks) leaks, \(counts)"
    }

    /// Servers that leak CLOSE-WAIT come, are seen to leak exactly so much, and end.
    private func leaks(
      _ namespace: Namespace, _ scrapes: SoakScrapes, until deadline: ContinuousClock.Instant
    ) async throws -> Int {
      var cycle = 0
      while ContinuousClock.now < deadline {
        let (port, count) = ("\(20_000 + cycle % 500)", 10 + cycle % 50)
        let server = try await namespace.start("node", "leaky-server.js", "127.0.0.1", port)
        let client = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", port, "\(count)")
        let leak = ["process": "leaky-server.js", "port": port, "state": "close_wait"]
        try await scrapes.wait(for: "\(count) leaked sockets on port \(port)") {
          $0.sum("sockets", leak) == Double(count)
        }
        try await server.signal("KILL")
        try await client.signal("KILL")
        try await scrapes.wait(for: "the end of the leak on port \(port)") {
          $0.sum("sockets", leak) == 0
        }
        cycle += 1
      }
      return cycle
    }

    /// Holds the second half of a run against the first, its warm-up (a tenth) left out.
    private static func expectFlat(
      _ values: [Double], _ what: String, tolerance: Double, slack: Double
    ) {
      let values = values.dropFirst(values.count / 10)
      let half = values.startIndex + values.count / 2
      let (early, late) = (SoakScrapes.median(values[..<half]), SoakScrapes.median(values[half...]))
      #expect(late <= early * tolerance + slack, "\(what)")
    }
  }
}
