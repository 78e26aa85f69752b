import Foundation
import Testing

extension EndToEnd {
  /// How connections end, against programs that end them.
  @Suite struct Endings {
    private static let count = 50
    private static let many = 2000

    private func start(_ mode: String, in namespace: Namespace, count: Int = Self.count)
      async throws -> Program
    {
      let program = try await namespace.start(
        "python3", "endings.py", mode, "8001", String(count))
      try await program.says("ready")
      return program
    }

    /// The ends of a direction, without those of none. A connection whose owner is found later moves to another group,
    /// which is none.
    private func ends(_ metrics: Metrics, _ direction: String) -> [String: Int] {
      Dictionary(
        metrics.samples("connections_ended_total", ["direction": direction])
          .filter { $0.value > 0 && $0.label("how") != "moved" }
          .map { ($0.label("how"), Int($0.value)) }, uniquingKeysWith: +)
    }

    /// Connections that were opened, each once.
    private func opened(_ metrics: Metrics) -> Double {
      metrics.sum("connections_opened_total")
        - metrics.sum("connections_ended_total", ["how": "moved"])
    }

    /// Opened less ended of each group, without those at zero.
    private func open(_ metrics: Metrics) -> [String: Double] {
      var open: [String: Double] = [:]
      func add(_ name: String, _ sign: Double) {
        for sample in metrics.samples(name) {
          let group = ["process", "direction", "port"].map { sample.label($0) }
          open[group.joined(separator: "/"), default: 0] += sign * sample.value
        }
      }
      add("connections_opened_total", 1)
      add("connections_ended_total", -1)
      return open.filter { $0.value != 0 }
    }

    /// Both addresses of the last connection, the client's first.
    private func addresses(_ program: Program) throws -> [String] {
      let line = program.child.output.split(separator: "\n").last { $0.hasPrefix("at ") }
      return try #require(line).split(separator: " ").dropFirst().map(String.init)
    }

    /// The story of a connection, without line breaks.
    private func explain(_ daemon: Daemon, _ first: String, _ second: String) async throws -> String
    {
      let told = try await daemon.program.namespace.run(
        Daemon.binary, "explain", "--connect=unix:\(daemon.socket)", first, second)
      return told.split { $0.isWhitespace }.joined(separator: " ")
    }

    /// (mode, how the client's ends end, how the server's do)
    private static let modes = [
      ("client", "closed", "closed"), ("server", "closed", "closed"),
      ("unread", "reset_received", "reset_sent"), ("reset", "reset_sent", "reset_received"),
      ("late", "reset_received", "closed"),
    ]

    @Test(arguments: modes)
    func `every end of connections that polls have seen is counted by how it came`(
      mode: String, client: String, server: String
    ) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let program = try await start(mode, in: namespace)
        _ = try await daemon.freshMetrics()
        try await program.tell("open", until: "did open")
        let groups = ["endings.py/outbound/8001", "endings.py/inbound/8001"]
        try await daemon.metrics("open connections, by group") {
          open($0) == Dictionary(uniqueKeysWithValues: groups.map { ($0, Double(Self.count)) })
        }
        if mode == "late" {
          try await program.tell("half", until: "did half")
          try await daemon.metrics("CLOSE-WAIT") {
            $0.sum("sockets", ["state": "close_wait"]) == Double(Self.count)
          }
        }
        try await program.tell("end", until: "did end")
        try await daemon.metrics("the ends") {
          ends($0, "outbound") == [client: Self.count]
            && ends($0, "inbound") == [server: Self.count]
            && open($0).isEmpty
        }
      }
    }

    @Test(arguments: modes.dropLast())
    func `those that are shorter than a poll too`(
      mode: String, client: String, server: String
    ) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1s")
        let program = try await start(mode, in: namespace)
        _ = try await daemon.freshMetrics()
        try await program.tell("each", until: "did each")
        let metrics = try await daemon.metrics("the ends") {
          ends($0, "outbound") == [client: Self.count]
            && ends($0, "inbound") == [server: Self.count] && open($0).isEmpty
        }
        #expect(opened(metrics) == Double(2 * Self.count))
      }
    }

    @Test(
      .enabled(if: Tool.has("node"), "node is not installed"), arguments: modes, [false, true])
    func `in thousands, the ends sum to what the kernel has opened, and none is called otherwise`(
      mode: (name: String, client: String, server: String), isBrief: Bool
    ) async throws {
      let count = 2000
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "500ms")
        let program = try await namespace.start(
          "node", "endings.js", mode.name, "8001", String(count))
        _ = try await daemon.freshMetrics()
        if isBrief {
          try await program.tell("each", until: "did each")
        } else {
          try await program.tell("open", until: "did open")
          try await daemon.metrics("open connections") {
            open($0).values.reduce(0, +) == Double(2 * count)
          }
          try await program.tell("end", until: "did end")
        }
        let metrics = try await daemon.metrics("the ends") {
          $0.sum("connections_ended_total") - $0.sum("connections_ended_total", ["how": "moved"])
            >= Double(2 * count) && open($0).isEmpty
        }
        let kernel =
          try await namespace.counter("TcpActiveOpens")
          + namespace.counter("TcpPassiveOpens")
        #expect(kernel == Double(2 * count))
        #expect(opened(metrics) == kernel)
        let moved = metrics.sum("connections_ended_total", ["how": "moved"])
        #expect(metrics.sum("connections_ended_total") - moved == kernel)
        for (direction, how) in [("outbound", mode.client), ("inbound", mode.server)] {
          // Also of those that a poll came between.
          #expect(ends(metrics, direction) == [how: count], "\(direction)")
        }
        let inbound = metrics.samples("connections_ended_total", ["direction": "inbound"])
        #expect(inbound.allSatisfy { $0.value == 0 || $0.label("process") == "endings.js" })
      }
    }

    @Test(
      .enabled(if: Tool.has("nft"), "nft is not installed"),
      arguments: ["unacknowledged", "silent"]
    )
    func `what times out is told from what is reset`(mode: String) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let program = try await start(mode, in: namespace, count: Self.many)
        _ = try await daemon.freshMetrics()
        try await program.tell("open", until: "did open")
        try await namespace.filter("tcp dport 8001 drop", "tcp sport 8001 drop")
        try await program.tell("end", until: "did end")
        try await daemon.metrics("time-outs") {
          ends($0, "outbound") == ["timed_out": Self.many]
            && ends($0, "inbound") == ["reset_sent": Self.many]
        }
        #expect(try await namespace.counter("TcpActiveOpens") == Double(Self.many))
        let (client, server) = (try addresses(program)[0], try addresses(program)[1])
        let story = try await explain(daemon, client, server)
        #expect(story.contains("timed out") && story.contains("ETIMEDOUT"))
        #expect(story.contains("were sent may not have arrived") == (mode == "unacknowledged"))
      }
    }

    @Test(.enabled(if: Tool.has("nft"), "nft is not installed"))
    func `a half-open connection is reset by the host that has forgotten it`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let program = try await start("half-open", in: namespace, count: Self.many)
        _ = try await daemon.freshMetrics()
        try await program.tell("open", until: "did open")
        try await daemon.metrics("open connections") {
          open($0).values.reduce(0, +) == Double(2 * Self.many)
        }
        try await namespace.filter("tcp sport 8001 drop")
        try await program.tell("half", until: "did half")
        try await daemon.metrics("one end of each") {
          ends($0, "inbound") == ["reset_sent": Self.many] && ends($0, "outbound").isEmpty
        }
        try await namespace.run("nft", "delete", "table", "inet", "test")
        try await program.tell("end", until: "did end")
        try await daemon.metrics("the other end") {
          ends($0, "outbound") == ["reset_received": Self.many] && open($0).isEmpty
        }
      }
    }

    @Test
    func `through a loss of events what is opened and not ended is open, and the loss is told`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let count = 500
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let program = try await start("client", in: namespace, count: count)
        _ = try await daemon.freshMetrics()
        try await program.tell("open", until: "did open")
        try await daemon.metrics("open connections") {
          open($0).values.reduce(0, +) == Double(2 * count)
        }
        let said = try await namespace.run(
          "python3", Tool.program("meddle.py"), "shrink", "\(daemon.program.pid)")
        #expect(said.contains("touched") && !said.contains("touched 0"), "\(said)")
        try await daemon.program.signal("STOP")
        try await program.tell("end", until: "did end")
        try await program.tell("open", until: "did open")
        try await daemon.program.signal("CONT")
        let metrics = try await daemon.metrics("what is open now") {
          open($0).values.allSatisfy { $0 == Double(count) } && open($0).count == 2
            && opened($0) >= Double(4 * count)
        }
        #expect(metrics.sum("destroy_events_lost_total") > 0)
        #expect(opened(metrics) == Double(4 * count))
        // A FIN-WAIT-2 or TIME-WAIT that followed tells of some that they were closed.
        let told = ["closed", "unknown"].map {
          metrics.sum("connections_ended_total", ["how": $0])
        }
        #expect(told.reduce(0, +) == Double(2 * count) && told[1] > 0, "\(told)")
      }
    }

    @Test func `what no event tells is told as unknown`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "destroy_events: off\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        let program = try await start("reset", in: namespace)
        _ = try await daemon.freshMetrics()
        try await program.tell("open", until: "did open")
        try await daemon.metrics("open connections") {
          opened($0) == Double(2 * Self.count)
        }
        try await program.tell("end", until: "did end")
        try await daemon.metrics("the ends") {
          $0.sum("connections_ended_total", ["how": "unknown"]) == Double(2 * Self.count)
            && open($0).isEmpty
        }
      }
    }

    @Test func `the story of a connection is there while it lives and after its end`() async throws
    {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "ended: {keep: 100, log: errors}\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        let program = try await start("unread", in: namespace)
        _ = try await daemon.freshMetrics()
        try await program.tell("open", until: "did open")
        let (client, server) = (try addresses(program)[0], try addresses(program)[1])
        let alive = try await explain(daemon, "::ffff:\(client)", "/\(server)")
        #expect(alive.contains("endings.py") && alive.contains("ESTAB"))

        try await program.tell("end", until: "did end")
        try await daemon.metrics("the ends") {
          ends($0, "inbound") == ["reset_sent": Self.count]
            && ends($0, "outbound") == ["reset_received": Self.count]
        }
        // Lists of sockets are a second old at most.
        let ended = try await eventually("the story of its end") {
          let story = try await explain(daemon, server, client)
          return story.contains("\(client) → \(server): reset by the peer") ? story : nil
        }
        #expect(ended.contains("ECONNRESET"))

        let path = "/api/v1/connections?local=\(client)&remote=\(server)&how=reset_received"
        let answer = try #require(try await daemon.get(path))
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        let connections = try #require(object?["connections"] as? [[String: Any]])
        #expect(connections.count == 1)
        #expect(connections.first?["process"] as? String == "endings.py")
        #expect(connections.first?["pid"] as? Int == program.pid)
        #expect(connections.first?["sent_bytes"] as? Int == 16)
        #expect(connections.first?["received_bytes"] as? Int == 10)
        #expect(connections.first?["last_state"] as? String == "established")
        #expect(try await daemon.get("/api/v1/connections?how=reset")?.status == 400)
        // Of very many at once a pipe may take a part.
        _ = try await eventually("lines of the ends") {
          daemon.program.child.errors.split(separator: "\n").contains {
            $0.contains("connection ended") && $0.contains("how=reset_")
              && $0.contains("last_state=established")
          } ? true : nil
        }

        // A reload keeps what is remembered, as far as there is room.
        _ = try directory.write("c.yaml", "ended: {keep: 60}\n")
        try await daemon.program.signal("HUP")
        _ = try await eventually("a reload") {
          let all = try await daemon.get("/api/v1/connections")
          return all?.text.matches(of: /"how"/).count == 60 ? true : nil
        }
        let unknown = try await namespace.result(
          [Daemon.binary, "explain", "10.9.8.7:1", "10.9.8.7:2", "--connect=unix:\(daemon.socket)"])
        #expect(unknown.end == .exited(1))
        #expect(unknown.errors.contains("the last 60 are remembered"))
      }
    }
  }
}
