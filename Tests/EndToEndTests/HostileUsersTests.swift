import Foundation
import SeededRandom
import Testing

extension HostileUsers {
  /// What users choose: the names of their processes, and the ports.
  @Suite struct Names {
    /// Enough room in the command line for any name.
    private static let room = String(repeating: "x", count: 300)

    private static let real = [
      SocketGroup(process: "accept.py", direction: "inbound", port: "8001", state: "listen"): 1,
      SocketGroup(process: "accept.py", direction: "inbound", port: "8001", state: "established"):
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
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
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
        let metrics = try await daemon.metrics("all sockets, with their owners") {
          $0.counts["listen"] == 1 + names.count && $0.sum("unattributed_sockets") == 0
        }
        expectReal(in: metrics)
        #expect(metrics.samples.allSatisfy { !$0.name.contains("fake") })
        #expect(
          metrics.sum("sockets", ["process": #"x"} 1\u{a}fake_metric 1\u{a}# "#, "port": "20000"])
            == 1)
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

    /// Characters that turn the direction of writing, are not seen, end a line or command a terminal.
    private static let unseen = [
      "\u{202e}gnp.exe", "ngi\u{200b}nx", "a\u{2066}b\u{2069}", "\u{61c}x", "l\u{2028}m\u{2029}",
      "\u{1b}]0;owned\u{7}", "\u{9b}2J", "d\u{7f}l", "so\u{ad}ft\u{feff}", "t\u{e0041}g",
      "h\u{3164}f", #"u{1b}"#,
      #"v\u{1b}"#,
    ]

    @Test func `characters that are not seen are shown by their numbers, whatever is asked`()
      async throws
    {
      try await withRealPrograms { daemon, namespace in
        // As bytes in Latin-1.
        let names = Self.unseen.map {
          String(String.UnicodeScalarView($0.utf8.map { Unicode.Scalar($0) }))
        }
        let liars = try await namespace.start(
          "python3", "many-names.py", "all", "20000", try json(names), Self.room)
        let metrics = try await daemon.metrics("all sockets, with their owners") {
          $0.counts["listen"] == 1 + names.count && $0.sum("unattributed_sockets") == 0
        }
        expectReal(in: metrics)
        let shown = Set(metrics.groups.keys.map(\.process))
        // Different names stay different.
        #expect(shown.count == names.count + 2, "\(shown)")
        #expect(
          shown.isSuperset(of: [#"\u{202e}gnp.exe"#, #"ngi\u{200b}nx"#, "u{1b}", #"v\u{5c}u{1b}"#]))
        for path in [
          "/metrics", "/api/v1/groups", "/api/v1/sockets", "/api/v1/leaks", "/api/v1/connections",
          "/api/v1/snapshot", "/api/v1/watch", "/_/page", "/",
        ] {
          let text = try #require(try await daemon.get(path)).text
          #expect(HostileText.scalars(in: text).allSatisfy { $0 == "\n" }, "\(path)")
        }
        let name = #"\u{202e}gnp.exe"#
        for command in [
          ["snapshot"], ["snapshot", "--json"], ["explain", name], ["explain", name, "--json"],
          ["snapshot", "--process", name],
          ["snapshot", "--connect=unix:\(daemon.socket)", "--json"],
        ] {
          let child = try await namespace.result([Daemon.binary] + command)
          #expect(child.end == .exited(0), "\(command) \(child.errors)")
          #expect(child.output.contains("202e"), "\(command)")
          #expect(HostileText.scalars(in: child.output).allSatisfy { $0 == "\n" }, "\(command)")
        }
        #expect(HostileText.scalars(in: daemon.program.child.errors).allSatisfy { $0 == "\n" })
        liars.child.send("", andClose: true)
        try await daemon.metrics("their end") { $0.counts["listen"] == 1 }
      }
    }

    @Test func `words and files that come back in errors are shown by their numbers`() async throws
    {
      try await withSandbox { namespace, directory in
        let hostile = "\u{1b}[2J\u{202e}\u{9b}m\u{200b}"
        let file = try directory.write("c\(hostile).yaml", "limits: {\"gr\(hostile)\": 5}\n")
        let value = try directory.write("d.yaml", "source: \"\u{202e}\u{200b}\"\n")
        let good = try directory.write("e\(hostile).yaml", "limits: {groups: 5}\n")
        for (arguments, status) in [
          (["check-config", file], 2), (["check-config", value], 2), (["check-config", good], 0),
          (["--config.file=\(file)"], 2), (["--\(hostile)"], 2), ([hostile], 2),
          (["--poll.interval=\(hostile)"], 2), (["--web.listen-address=\(hostile)"], 2),
          (["--web.config.file=\(hostile)"], 2),
          (["snapshot", "--sort=\(hostile)"], 2), (["explain", ":\(hostile)"], 2),
          (["explain", hostile], 1), (["snapshot", "--connect=\(hostile)"], 2),
          (["snapshot", "--connect=unix:/\(hostile)"], 1),
          (["snapshot", "--connect=https://127.0.0.1:1", "--ca-file=\(hostile)"], 2),
        ] as [([String], Int32)] {
          let child = try await namespace.result([Daemon.binary] + arguments)
          let text = child.output + child.errors
          #expect(child.end == .exited(status), "\(arguments.debugDescription) \(text)")
          #expect(text.contains(#"\u{202e}"#), "\(arguments.debugDescription) \(text)")
          #expect(
            HostileText.scalars(in: text).allSatisfy { $0 == "\n" },
            "\(arguments.debugDescription) \(text.debugDescription)")
        }
      }
    }

    @Test func `a command line of a megabyte is read in part`() async throws {
      try await withRealPrograms { daemon, namespace in
        let long = try await namespace.start([
          "sh", "-c",
          "a=$(head -c 120000 /dev/zero | tr '\\0' x); exec python3 \"$0\" patient 127.0.0.1 8002 $a $a $a $a $a $a $a $a $a",
          Tool.program("accept.py"),
        ])
        try await long.says("ready")
        let metrics = try await daemon.metrics("its name") {
          $0.sum("sockets", ["process": "accept.py", "port": "8002"]) == 1
        }
        expectReal(in: metrics)
        try await long.signal("KILL")
        try await daemon.metrics("its end") { $0.counts["listen"] == 1 }
      }
    }
  }
}
