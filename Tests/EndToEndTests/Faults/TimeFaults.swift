import Foundation
import Testing

extension Faults {
  /// Time that jumps, and time that is missing.
  @Suite struct Time {
    @Test(
      .enabled(if: Tool.has("cc"), "cc, to build a clock that can be set, is not installed"))
    func `a clock that is set back and forth moves nothing but timestamps`() async throws {
      try await withSandbox { namespace, directory in
        let shim = try await namespace.library("clock", in: directory)
        let offset = try directory.write("offset", "0")
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        let client = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "1")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory,
          launcher: ["env", "LD_PRELOAD=\(shim)", "CLOCK_FILE=\(offset)"])
        let survival = try await Survival(of: daemon)
        var age = 0.0
        for years in [-10, 10, -50, 0] {
          let seconds = years * 365 * 86_400
          try directory.write("offset", "\(seconds)")
          let metrics = try await daemon.freshMetrics()
          let shift = metrics.lastPoll - Date().timeIntervalSince1970
          #expect(abs(shift - Double(seconds)) < 86_400, "the clock was not set")
          try await eventually("readiness") {
            try await daemon.get("/-/ready")?.status == 200 ? () : nil
          }
          let ages = metrics.samples("close_wait_oldest_age_seconds").map(\.value)
          #expect(ages.count == 1)
          #expect(ages.allSatisfy { $0 >= age && $0 < 3600 }, "\(ages) after \(age)")
          age = ages.first ?? age
        }
        try await survival.check()
        try await client.signal("KILL")
      }
    }

    @Test func `stopped for many intervals, it goes on where it was, and has missed no connection`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.set("tcp_max_tw_buckets", to: "100")
        _ = try await namespace.start("python3", "accept.py", "brusque", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "100ms")
        let survival = try await Survival(of: daemon)
        let before = try await daemon.metrics()
        try await daemon.program.signal("STOP")
        try await namespace.run("python3", Tool.program("visit.py"), "127.0.0.1", "8001", "200")
        try await Task.sleep(for: .seconds(2))
        let asked = try await namespace.start([
          "curl", "-sS", "--max-time", "60", "--unix-socket", daemon.socket,
          "http://localhost/-/healthy",
        ])
        try await daemon.program.signal("CONT")
        #expect(try await asked.child.ended() == .exited(0), "whoever asked meanwhile is answered")
        try await survival.check()
        let after = try await daemon.freshMetrics()
        #expect(after.sum("destroy_events_lost_total") == 0)
        #expect(
          after.sum("destroy_events_total") - before.sum("destroy_events_total") >= 400)
      }
    }
  }
}
