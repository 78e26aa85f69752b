import Foundation
import Testing

extension EndToEnd {
  @Suite("CLOSE-WAIT", .enabled(if: Tool.has("node"), "node is not installed"))
  struct CloseWait {
    private func configuration(_ directory: Directory, stuckAfter: String = "1s") throws -> String {
      try directory.write("sockstated.yaml", "close_wait:\n  stuck_after: \(stuckAfter)\n")
    }

    private struct Leak: Hashable {
      var process: String
      var port: String
      var cause: String
    }

    private func leaks(_ metrics: Metrics) -> [Leak: Int] {
      Dictionary(
        metrics.samples("close_wait_stuck_sockets").filter { $0.value > 0 }.map {
          let leak = Leak(
            process: $0.label("process"), port: $0.label("port"), cause: $0.label("cause"))
          return (leak, Int($0.value))
        }, uniquingKeysWith: +)
    }

    @Test func `the four causes are told apart, with descriptors and a line in the log`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let leaky = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        let idle = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8002")
        _ = try await namespace.start("node", "paused-server.js", "127.0.0.1", "8003")
        _ = try await namespace.start("python3", "accept.py", "deaf", "127.0.0.1", "8004")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(try configuration(directory))")
        for (mode, port, count) in [
          ("leave", "8001", "1"), ("leave", "8002", "2"), ("say", "8003", "3"),
          ("half-close", "8004", "4"),
        ] {
          _ = try await namespace.start("python3", "client.py", mode, "127.0.0.1", port, count)
        }
        let expected = [
          Leak(process: "leaky-server.js", port: "8001", cause: "not_closed"): 1,
          Leak(process: "accept.py", port: "8002", cause: "end_unread"): 2,
          Leak(process: "paused-server.js", port: "8003", cause: "data_unread"): 3,
          Leak(process: "accept.py", port: "8004", cause: "not_accepted"): 4,
        ]
        try await daemon.metrics("all that is stuck") { leaks($0) == expected }

        let descriptors = try await namespace.run("ls", "/proc/\(leaky.pid)/fd")
        let limits = try await namespace.run("cat", "/proc/\(leaky.pid)/limits")
        let limit = limits.firstMatch(of: /Max open files +([0-9]+)/).flatMap { Double($0.1) }
        let process = ["process": "leaky-server.js"]
        let open = descriptors.split(separator: "\n").count
        try await daemon.metrics("\(open) descriptors of at most \(limit ?? 0)") {
          $0.sum("process_open_fds", process) == Double(open)
            && $0.sum("process_max_fds", process) == limit
        }

        for leak in expected.keys {
          try await daemon.logs("CLOSE-WAIT sockets are stuck", leak.process, leak.port, leak.cause)
        }

        try await idle.signal("KILL")
        try await daemon.metrics("an end of what the killed process held") {
          leaks($0)[Leak(process: "accept.py", port: "8002", cause: "end_unread")] == nil
        }
        try await daemon.logs("no CLOSE-WAIT sockets are stuck any more", "8002")
      }
    }

    @Test func `a connection half-closed on purpose is no leak while it sends`() async throws {
      try await withSandbox { namespace, directory in
        let server = try await namespace.start(
          "python3", "accept.py", "streaming", "127.0.0.1", "8001")
        // So long that a busy machine does not keep the server from sending for as long.
        let file = try configuration(directory, stuckAfter: "5s")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        _ = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "1")
        let first = try await daemon.metrics("the half-closed connection") {
          $0.counts["close_wait"] == 1
        }
        let later = try await daemon.metrics("longer than it takes to be stuck") {
          $0.lastPoll > first.lastPoll + 8
        }
        #expect(later.counts["close_wait"] == 1)
        #expect(later.samples("close_wait_stuck_sockets").isEmpty)

        try await server.tell("quiet", until: "silent")
        let leak = Leak(process: "accept.py", port: "8001", cause: "not_closed")
        try await daemon.metrics("the leak that it has become") { leaks($0) == [leak: 1] }
      }
    }
  }
}
