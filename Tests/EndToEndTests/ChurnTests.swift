import Foundation
import Testing

extension EndToEndUnderLoad {
  @Suite("Churn", .enabled(if: Tool.has("node"), "node is not installed"))
  struct Churn {
    /// How long the run is: a longer one is for nights.
    private static let seconds =
      ProcessInfo.processInfo.environment["CHURN_SECONDS"].flatMap { Int($0) } ?? 20
    private static let rate = 1000
    private static let bytes = 1000

    @Test func `a thousand connections a second: no counter goes down, none is lost, memory stays`()
      async throws
    {
      try await withSandbox { namespace, directory in
        // So that the number of sockets is the same soon, and with it the memory that they need.
        try await namespace.set("tcp_max_tw_buckets", to: "3000")
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1s")
        _ = try await namespace.start(
          "node", "service.js", "127.0.0.1", "8001", "20", "\(Self.bytes)")
        let client = try await namespace.start(
          "node", "visits.js", "127.0.0.1", "8001", "1000000000", "1000", "\(Self.rate)")

        var before = try await daemon.metrics()
        var memory: [Double] = []
        for _ in 0..<Self.seconds {
          try await Task.sleep(for: .seconds(1))
          let metrics = try await daemon.metrics()
          #expect(metrics.fallen(since: before) == [])
          memory.append(metrics.residentMemory)
          before = metrics
        }
        client.child.send("stop\n")
        let made = try await client.child.line("how many there were") { $0.hasPrefix("made ") }
        let count = try #require(Double(made.dropFirst("made ".count)))
        // What a busier second half needed comes back with the polls; what leaked for each connection does not.
        let early = memory[..<(memory.count / 2)].max() ?? 0
        let limit = early * 1.2 + 4_000_000
        // The server may close the last ones after the client has.
        let metrics = try await daemon.metrics(
          "the ends of \(count) connections, and at most \(limit) bytes of \(memory)"
        ) {
          $0.residentMemory <= limit && $0.sum("destroy_events_total") >= 2 * count
            && $0.sum("unattributed_sockets") == 0
        }
        #expect(metrics.fallen(since: before) == [])

        #expect(metrics.sum("destroy_events_lost_total") == 0)
        #expect(metrics.sum("destroy_events_total") == 2 * count)
        let total = count * Double(Self.bytes)
        #expect(metrics.sum("sent_bytes_total", ["process": "service.js"]) == total)
        // Of the client's side too; the kernel counts the FIN as a byte there.
        #expect(
          metrics.sum("received_bytes_total", ["direction": "outbound", "port": "8001"])
            == total + count)
        print("\(Int(count)) connections, memory \(memory), then \(metrics.residentMemory)")
      }
    }
  }
}
