import Foundation
import Testing

extension HostileUsers {
  /// What users choose: the names of their processes, and the ports.
  @Suite struct Names {
    /// Enough room in the command line for any name.
    private static let room = String(repeating: "x", count: 300)

    private static let real = [
      SocketGroup(process: "server.py", direction: "inbound", port: "8001", state: "listen"): 1,
      SocketGroup(process: "server.py", direction: "inbound", port: "8001", state: "established"):
        3,
      SocketGroup(process: "client.py", direction: "outbound", port: "8001", state: "established"):
        3,
    ]

    private func json(_ names: [String]) throws -> String {
      String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
    }

    /// A daemon with room for fifty groups, and two programs that were there before all others.
    private func withRealPrograms(
      _ body: (Daemon, Namespace) async throws -> Void
    ) async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "limits:\n  groups: 50\n")
        _ = try await namespace.start("python3", "server.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "3")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        try await daemon.metrics("the real ones") { $0.groups == Self.real }
        let survival = try await Survival(of: daemon)
        try await body(daemon, namespace)
        try await survival.check()
      }
    }

    private func expectReal(in metrics: Metrics) {
      for (group, count) in Self.real { #expect(metrics.groups[group] == count, "\(group)") }
      let groups = Set(
        metrics.samples("sockets").map { sample in
          ["process", "unit", "direction", "port"].map { sample.label($0) }
        })
      #expect(groups.count <= 50 + 2)
    }

    @Test func `hundreds of names and ports: the budget holds, the real groups and the sums stay`()
      async throws
    {
      try await withRealPrograms { daemon, namespace in
        let names = (0..<250).map { "impostor-\($0)" }
        let impostors = try await namespace.start(
          "python3", "many-names.py", "all", "20000", try json(names), Self.room)
        let metrics = try await daemon.metrics("all sockets") { $0.counts["listen"] == 251 }
        expectReal(in: metrics)
        #expect(metrics.sum("groups_refused_total") > 0)
        #expect(metrics.sum("sockets", ["process": "other", "state": "listen"]) > 150)
        impostors.child.send("", andClose: true)
        let after = try await daemon.metrics("their end") { $0.counts["listen"] == 1 }
        expectReal(in: after)
      }
    }

    @Test func `a process with a new name at every poll changes neither budget nor real groups`()
      async throws
    {
      try await withRealPrograms { daemon, namespace in
        let changing = try await namespace.start(
          "python3", "many-names.py", "change", "20000", "150", Self.room)
        while !changing.child.output.contains("changed") {
          expectReal(in: try await daemon.freshMetrics())
        }
        let metrics = try await daemon.metrics("the last name") {
          $0.sum("sockets", ["process": "alias-149", "port": "20000"]) == 1
            || $0.sum("sockets", ["process": "other"]) == 1
        }
        expectReal(in: metrics)
        changing.child.send("", andClose: true)
      }
    }

    @Test func `no name adds a line, a label or a metric, to the text, the JSON or the page`()
      async throws
    {
      try await withRealPrograms { daemon, namespace in
        let names = [
          "x\"} 1\nfake_metric 1\n# ", "a\\", "b\\\"", "\u{1b}[2J\u{7}\r\t", "\u{0}hidden", "\n",
          "\"",
          "\u{ff}\u{fe}\u{c0}\u{80}", "{process=\"y\"}", "<script>alert(1)<",
          "\u{7f}\u{85}\u{9b}31m",
          String(repeating: "n", count: 250),
        ]
        let liars = try await namespace.start(
          "python3", "many-names.py", "all", "20000", try json(names), Self.room)
        // The reader refuses what is not to the letter of the format.
        let metrics = try await daemon.metrics("all sockets") {
          $0.counts["listen"] == 1 + names.count
        }
        expectReal(in: metrics)
        #expect(metrics.samples.allSatisfy { !$0.name.contains("fake") })
        #expect(
          metrics.sum("sockets", ["process": "x\"} 1\nfake_metric 1\n# ", "port": "20000"]) == 1)
        #expect(
          metrics.samples.allSatisfy { ($0.label("process") as String).unicodeScalars.count <= 128 }
        )
        for path in ["/api/v1/groups", "/api/v1/sockets"] {
          let body = try #require(try await daemon.get(path)).body
          #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(body)) }
        }
        let page = try #require(try await daemon.get("/")).text
        #expect(!page.contains("<script>alert"))
        #expect(!page.unicodeScalars.contains("\u{1b}"))
        liars.child.send("", andClose: true)
        try await daemon.metrics("their end") { $0.counts["listen"] == 1 }
      }
    }

    @Test func `a command line of a megabyte is read in part`() async throws {
      try await withRealPrograms { daemon, namespace in
        let long = try await namespace.start([
          "sh", "-c",
          "a=$(head -c 120000 /dev/zero | tr '\\0' x); exec python3 \"$0\" patient 127.0.0.1 8002 $a $a $a $a $a $a $a $a $a",
          Tool.program("server.py"),
        ])
        try await long.says("ready")
        let metrics = try await daemon.metrics("its name") {
          $0.sum("sockets", ["process": "server.py", "port": "8002"]) == 1
        }
        expectReal(in: metrics)
        try await long.signal("KILL")
        try await daemon.metrics("its end") { $0.counts["listen"] == 1 }
      }
    }
  }
}
