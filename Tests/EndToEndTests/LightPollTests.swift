import Foundation
import SeededRandom
import Testing

extension EndToEnd {
  /// Polls that leave out established connections: a small budget has them.
  @Suite struct LightPolls {
    /// - Returns: what holds `processes` × `count` connections, and a daemon that polls it lightly.
    private func start(
      in namespace: Namespace, _ directory: Directory, processes: Int, count: Int
    ) async throws -> (Program, Daemon) {
      let holder = try await namespace.start([
        "python3", Tool.program("many-connections.py"), "\(processes)", "\(count)",
      ])
      try await holder.says("ready")
      let daemon = try await Daemon.start(
        in: namespace, directory: directory, interval: "1s", "--poll.max-cpu=10%")
      try await daemon.metrics("a light poll") { $0.fullPollAge > 0 }
      return (holder, daemon)
    }

    @Test func `what is counted is served before it is known whose it is`() async throws {
      try await withSandbox { namespace, directory in
        let holder = try await namespace.start([
          "python3", Tool.program("many-connections.py"), "10", "5000",
        ])
        try await holder.says("ready")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        // Whose they are may be known by now.
        let first = try await daemon.metrics()
        #expect(first.counts["established"] == 100_000)
        let text = try await daemon.get("/api/v1/snapshot")?.text ?? ""
        let metrics = try await daemon.metrics("owners") {
          $0.sum("sockets", ["process": "many-connections.py", "state": "established"]) == 100_000
        }
        #expect(metrics.counts["established"] == 100_000)
        #expect(metrics.sum("sockets", ["process": "unknown"]) == 0)
        let isEarly = first.sum("sockets", ["process": "unknown", "state": "established"]) > 0
        print("The first answer was \(isEarly ? "before" : "with") owners")
        #expect(
          text.contains("before the first search for owners is over")
            || text.contains("many-connections.py"))
        try await daemon.logs("looking for the owners of 100010 sockets")
        let later = try await daemon.get("/api/v1/snapshot")?.text ?? ""
        #expect(!later.contains("before the first search"))
      }
    }

    @Test func `a leak among tens of thousands of connections shows within two polls`() async throws
    {
      try await withSandbox { namespace, directory in
        let (holder, daemon) = try await start(in: namespace, directory, processes: 3, count: 5_000)
        try await holder.tell("leak 30", until: "done 1")
        let polls = try await daemon.metrics().polls
        // The first may have begun before the leak.
        let leaking = try await daemon.metrics("two polls more") { $0.polls >= polls + 2 }
        #expect(leaking.counts["close_wait"] == 30)
        let stuck = try await daemon.metrics("light polls while it lasts") { $0.fullPollAge > 0 }
        #expect(stuck.counts["close_wait"] == 30)
        let group = SocketGroup(
          process: "many-connections.py", direction: "inbound", port: "8100", state: "close_wait")
        #expect(stuck.groups[group] == 30)
        let text = try await eventually("a text between full polls") {
          let text = try await daemon.get("/api/v1/snapshot")?.text ?? ""
          return text.contains("what established connections have done for") ? text : nil
        }
        #expect(text.contains("Not visible:"))
        let document = try await eventually("JSON between full polls") {
          let text = try await daemon.get("/api/v1/groups")?.text ?? ""
          return text.contains("\"full_poll_age_seconds\":") ? text : nil
        }
        #expect(document.contains("\"close_wait\":30"))
      }
    }

    @Test(arguments: [UInt64(1), 2])
    func
      `every state that is read at each poll is that of ss, and all of them are when every socket was read`(
        seed: UInt64
      ) async throws
    {
      try await withSandbox { namespace, directory in
        let (holder, daemon) = try await start(in: namespace, directory, processes: 2, count: 4_000)
        var random = SplitMix64(state: seed)
        var before = try await daemon.metrics()
        var lightly = 0
        for step in 1...5 {
          let order = ["open", "leak", "close", "reset"][Int(random.next() % 4)]
          try await holder.tell("\(order) \(random.next() % 200 + 1)", until: "done \(step)")
          // Who asks for sockets one by one has every one read.
          let isWhole = random.next() % 3 == 0
          if isWhole { _ = try await daemon.get("/api/v1/sockets?state=listen") }
          let (ss, metrics) = try await daemon.atRest()
          #expect(metrics.fallen(since: before) == [])
          before = metrics
          let isCurrent = metrics.fullPollAge == 0
          lightly += isCurrent ? 0 : 1
          for (state, count) in ss.counts where state != "established" || isCurrent {
            #expect(metrics.counts[state] == count, "\(state) after \(order)")
          }
        }
        print("\(lightly) of 5 judged by a light poll, seed \(seed)")
        let (ss, metrics) = try await eventually("a full poll at rest") {
          let ss = try await SocketStatistics(in: namespace)
          let polls = try await daemon.metrics().polls
          // A list is good for a second, and the next poll may have begun before `ss`.
          let metrics = try await eventually("a full poll") {
            _ = try await daemon.get("/api/v1/sockets?state=listen")
            let metrics = try await daemon.metrics()
            return metrics.fullPollAge == 0 && metrics.polls >= polls + 2 ? metrics : nil
          }
          let after = try await SocketStatistics(in: namespace)
          return ss == after ? (ss, metrics) : nil
        }
        #expect(metrics.counts.filter { $0.value > 0 } == ss.counts)
        #expect(metrics.fallen(since: before) == [])
      }
    }
  }
}

extension Metrics {
  /// Seconds.
  fileprivate var fullPollAge: Double { sum("full_poll_age_seconds") }
}
