import Foundation
import Testing

extension EndToEndUnderLoad {
  @Test func `keep-alive probes make no CLOSE-WAIT younger whose peer is on this host`()
    async throws
  {
    try await withSandbox { namespace, directory in
      _ = try await namespace.start("python3", "accept.py", "alive", "127.0.0.1", "8001")
      _ = try await namespace.start(
        "python3", "client.py", "half-close", "127.0.0.1", "8001", "2")
      let since = Date().timeIntervalSince1970
      // Several of the probes, one a second.
      try await Task.sleep(for: .seconds(6))
      let start = Date().timeIntervalSince1970
      let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1h")
      let metrics = try await daemon.metrics()
      let age = metrics.sum("close_wait_oldest_age_seconds", ["process": "accept.py"])
      #expect(age >= start - since - 1)
      let text = try await namespace.run(
        Daemon.binary, "explain", ":8001", "--connect=unix:\(daemon.socket)")
      #expect(text.contains("the oldest for at least"), "\(text)")
    }
  }

  @Test(
    .enabled(if: Tool.has("node"), "node is not installed"))
  func `a CLOSE-WAIT that is older than the daemon has its age at the first poll`() async throws {
    try await withSandbox { namespace, directory in
      _ = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
      let before = Date().timeIntervalSince1970
      _ = try await namespace.start(
        "python3", "client.py", "half-close", "127.0.0.1", "8001", "3")
      let after = Date().timeIntervalSince1970
      try await Task.sleep(for: .seconds(10))
      let start = Date().timeIntervalSince1970
      // Only the first poll falls into the test.
      let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1h")
      let metrics = try await daemon.metrics()
      #expect(metrics.sum("polls_total") == 1)
      let ages = metrics.samples("close_wait_oldest_age_seconds").filter { $0.value > 0 }
      try #require(ages.count == 1)
      #expect(ages[0].label("process") == "leaky-server.js")
      #expect(ages[0].value >= start - after - 3)
      #expect(ages[0].value <= metrics.lastPoll - before + 3)
    }
  }
}
