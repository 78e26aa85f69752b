import Foundation
import Testing

extension EndToEnd {
  /// Connections as the kernel's counters count them.
  @Suite(
    "Kernel counters of connections",
    .enabled(
      if: KernelCounters.arePossible,
      "sockstated-bpf is not built (libbpf-dev), or BPF programs may not be loaded here"))
  struct KernelConnectionTests {
    private static let count = 200

    /// A daemon with the counters, and a program that connects to itself.
    private func withCounters(
      interval: String = "200ms", maxCPU: String = "5%",
      _ body: (Namespace, Directory, KernelCounters, Daemon) async throws -> Void
    ) async throws {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: interval, "--poll.max-cpu=\(maxCPU)")
        try await daemon.metrics("the kernel's counters") { $0.areFromKernelCounters }
        try await body(namespace, directory, counters, daemon)
      }
    }

    @Test func `connections that were opened since the last full poll are counted in light ones`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await KernelCounters(in: namespace).load()
        let holder = try await namespace.start([
          "python3", Tool.program("many-connections.py"), "3", "5000",
        ])
        try await holder.says("ready")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "1s", "--poll.max-cpu=10%")
        try await daemon.metrics("the kernel's counters") { $0.areFromKernelCounters }
        // Who asks for sockets one by one has all read: the first full poll that has the counters.
        _ = try await daemon.get("/api/v1/sockets?state=listen")
        try await daemon.metrics("a light poll") { $0.sum("full_poll_age_seconds") > 0 }
        for step in 1...20 {
          try await holder.tell("open 50", until: "done \(step)")
          let opened = ContinuousClock.now
          let metrics = try await daemon.freshMetrics()
          let sinceFull = Duration.seconds(metrics.sum("full_poll_age_seconds"))
          // A full poll that came after them has read them.
          guard sinceFull > opened.duration(to: .now) else { continue }
          for direction in ["inbound", "outbound"] {
            let labels = ["direction": direction, "port": "8100", "state": "established"]
            #expect(metrics.sum("sockets", labels) == Double(5000 + 50 * step))
          }
          return
        }
        Issue.record("Each of 20 polls was a full one.")
      }
    }

    private func start(_ mode: String, in namespace: Namespace) async throws -> Program {
      let program = try await namespace.start(
        "python3", "endings.py", mode, "8001", "\(Self.count)")
      try await program.says("ready")
      return program
    }

    /// Metrics of a poll that began when the ends of all connections were counted: the kernel's files are read one after
    /// the other.
    private func afterTheEnds(_ daemon: Daemon, rounds: Int = 1) async throws -> Metrics {
      try await daemon.metrics("the ends") {
        $0.sum("connections_ended_total") >= Double(rounds * 2 * Self.count)
      }
      return try await daemon.freshMetrics()
    }

    /// (mode, how the client's ends end, how the server's do)
    /// What is counted once connections have ended that were shorter than a poll, or that polls have seen.
    private func afterTheEnds(
      of mode: String, isBrief: Bool, in namespace: Namespace, _ daemon: Daemon
    ) async throws -> Metrics {
      let program = try await start(mode, in: namespace)
      if isBrief {
        try await program.tell("each", until: "did each")
      } else {
        try await program.tell("open", until: "did open")
        _ = try await daemon.freshMetrics()
        try await program.tell("end", until: "did end")
      }
      return try await afterTheEnds(daemon)
    }

    private static let modes = [
      ("client", "closed", "closed"), ("server", "closed", "closed"),
      ("unread", "reset_received", "reset_sent"), ("reset", "reset_sent", "reset_received"),
    ]

    @Test(arguments: modes, [false, true])
    func `each end is told by the kernel, however short the connection was`(
      mode: (name: String, client: String, server: String), isBrief: Bool
    ) async throws {
      try await withCounters { namespace, _, _, daemon in
        let metrics = try await afterTheEnds(of: mode.name, isBrief: isBrief, in: namespace, daemon)
        #expect(
          metrics.table("connections_ended_total", by: "process", "direction", "port", "how") == [
            "endings.py outbound 8001 \(mode.client)": Self.count,
            "endings.py inbound 8001 \(mode.server)": Self.count,
          ])
        #expect(
          metrics.table("connections_opened_total", by: "process", "direction", "port") == [
            "endings.py outbound 8001": Self.count, "endings.py inbound 8001": Self.count,
          ])
        let opens =
          try await namespace.counter("TcpActiveOpens") + namespace.counter("TcpPassiveOpens")
        #expect(metrics.sum("connections_opened_total") == opens)
        #expect(metrics.sum("connect_seconds_count") == Double(Self.count))
        #expect(metrics.sum("connection_lifetime_seconds_count") == Double(2 * Self.count))
        #expect(metrics.sum("connection_lifetime_seconds_sum") > 0)
        #expect(metrics.sum("events_missed_total") == 0)
      }
    }

    @Test(arguments: ["reset", "disconnect"], [false, true])
    func `what was sent on a connection is counted, also if its own side wipes it`(
      mode: String, isBrief: Bool
    ) async throws {
      try await withCounters { namespace, _, _, daemon in
        let metrics = try await afterTheEnds(of: mode, isBrief: isBrief, in: namespace, daemon)
        // Ten bytes each way.
        let bytes = [
          "endings.py outbound 8001": 10 * Self.count, "endings.py inbound 8001": 10 * Self.count,
        ]
        #expect(metrics.table("sent_bytes_total", by: "process", "direction", "port") == bytes)
        #expect(metrics.table("received_bytes_total", by: "process", "direction", "port") == bytes)
        #expect(
          metrics.table("connections_ended_total", by: "direction", "how") == [
            "outbound reset_sent": Self.count, "inbound reset_received": Self.count,
          ])
      }
    }

    @Test(
      .enabled(if: Tool.has("nft"), "nft is not installed"),
      arguments: ["unacknowledged", "silent"])
    func `what times out is so by the kernel's word`(mode: String) async throws {
      try await withCounters { namespace, _, _, daemon in
        let program = try await start(mode, in: namespace)
        try await program.tell("open", until: "did open")
        try await namespace.filter("tcp dport 8001 drop", "tcp sport 8001 drop")
        try await program.tell("end", until: "did end")
        try await daemon.metrics("time-outs") {
          $0.table("connections_ended_total", by: "direction", "how") == [
            "outbound timed_out": Self.count, "inbound reset_sent": Self.count,
          ]
        }
      }
    }

    @Test func `a write after the peer has closed is a reset in CLOSE-WAIT: EPIPE`() async throws {
      try await withCounters { namespace, _, _, daemon in
        let program = try await start("late", in: namespace)
        for order in ["open", "half", "end"] {
          try await program.tell(order, until: "did \(order)")
        }
        let metrics = try await afterTheEnds(daemon)
        #expect(
          metrics.table("connections_ended_total", by: "direction", "how") == [
            "outbound reset_received": Self.count, "inbound closed": Self.count,
          ])
        #expect(
          metrics.table("resets_received_total", by: "process", "direction", "state") == [
            "endings.py outbound close_wait": Self.count
          ])
        let sent = metrics.table("resets_sent_total", by: "process", "reason")
        if !sent.keys.contains(where: { $0.hasSuffix("not_specified") }) {
          #expect(sent == ["endings.py tcp_abort_on_data": Self.count])
        }
      }
    }

    @Test func `connections and TIME-WAITs of scripts that are gone have their owner`()
      async throws
    {
      try await withCounters { namespace, _, _, daemon in
        let server = try await namespace.start("python3", "answers.py", "late", "8001")
        try await server.tell("answer", until: "answered")
        let programs = URL(filePath: Tool.program("")).path
        for _ in 0..<3 {
          _ = try await namespace.result([
            "env", "-C", programs, "python3", "call-once.py", "127.0.0.1", "8001",
          ])
        }
        try await daemon.metrics("all three") {
          $0.sum("connections_ended_total", ["direction": "outbound"]) == 3
            && $0.sum("sockets", ["state": "time_wait"]) == 3
        }
        let metrics = try await daemon.freshMetrics()
        let ours = ["process": "call-once.py", "direction": "outbound", "port": "8001"]
        #expect(metrics.sum("connections_opened_total", ours) == 3)
        #expect(metrics.sum("connections_ended_total", ours.merging(["how": "closed"]) { $1 }) == 3)
        #expect(metrics.sum("sockets", ours.merging(["state": "time_wait"]) { $1 }) == 3)
        #expect(metrics.sum("sent_bytes_total", ours) == 3 * 5)
        #expect(metrics.samples.allSatisfy { $0.value == 0 || $0.label("process") != "unknown" })
      }
    }

    @Test func `what nobody holds any more when a poll sees it first is its process's`()
      async throws
    {
      try await withCounters(interval: "1s") { namespace, _, _, daemon in
        let server = try await namespace.start(
          "python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "leave.py", "127.0.0.1", "8001", "20")
        let ours = ["process": "leave.py", "direction": "outbound", "port": "8001"]
        try await daemon.metrics("what is left") {
          $0.sum("sockets", ours.merging(["state": "fin_wait1"]) { $1 }) == 20
        }
        try await server.signal("KILL")
        let metrics = try await daemon.metrics("the ends") {
          $0.sum("connections_ended_total", ours) == 20
        }
        #expect(metrics.sum("sent_bytes_total", ours) > 0)
        for name in ["sent_bytes_total", "connections_opened_total", "connections_ended_total"] {
          #expect(metrics.sum(name, ["process": "unknown"]) == 0, "\(name)")
        }
      }
    }

    @Test func `a connection's story says which process reset it, and with how much unread`()
      async throws
    {
      try await withCounters { namespace, _, _, daemon in
        let program = try await start("unread", in: namespace)
        try await program.tell("each", until: "did each")
        _ = try await afterTheEnds(daemon)
        let story = try await story(of: program, daemon, namespace)
        #expect(story.contains("endings.py reset it: it closed with 6 B unread."), "\(story)")
        #expect(story.contains("The peer reset it, in state ESTAB"), "\(story)")
      }
    }

    /// Of the last connection that it has opened.
    private func story(
      of program: Program, _ daemon: Daemon, _ namespace: Namespace
    ) async throws -> String {
      let line = program.child.output.split(separator: "\n").last { $0.hasPrefix("at ") }
      let addresses = try #require(line).split(separator: " ").dropFirst().map(String.init)
      let told = try await namespace.run(
        Daemon.binary, "explain", "--connect=unix:\(daemon.socket)", addresses[0], addresses[1])
      return told.split { $0.isWhitespace }.joined(separator: " ")
    }

    @Test func `a reset after one's own FIN is told, and not as good order`() async throws {
      try await withCounters { namespace, _, _, daemon in
        let program = try await start("half-reset", in: namespace)
        try await program.tell("each", until: "did each")
        let metrics = try await afterTheEnds(daemon)
        #expect(
          metrics.table("connections_ended_total", by: "direction", "how") == [
            "outbound closed": Self.count, "inbound reset_received": Self.count,
          ])
        let story = try await story(of: program, daemon, namespace)
        #expect(story.contains("closed by this side, then reset by this side"), "\(story)")
        #expect(story.contains("endings.py reset it: it closed with SO_LINGER 0"), "\(story)")
        #expect(story.contains("The peer's next write fails with EPIPE; this side"), "\(story)")
        #expect(!story.contains("No error"), "\(story)")
      }
    }

    @Test(.enabled(if: Tool.has("ss"), "ss is not installed"))
    func `what SOCK_DESTROY has ended is not put on the process`() async throws {
      try await withCounters { namespace, _, _, daemon in
        let program = try await start("killed", in: namespace)
        try await program.tell("open", until: "did open")
        _ = try await daemon.freshMetrics()
        try await namespace.run("ss", "--kill", "--numeric", "--tcp", "dport = 8001")
        try await program.tell("end", until: "did end")
        try await daemon.metrics("the ends") {
          $0.table("connections_ended_total", by: "direction", "how") == [
            "outbound reset_sent": Self.count, "inbound reset_received": Self.count,
          ]
        }
        let story = try await story(of: program, daemon, namespace)
        #expect(story.contains("aborted on this host"), "\(story)")
        #expect(story.contains("not the process that it belonged to"), "\(story)")
        #expect(story.contains("fails with ECONNABORTED"), "\(story)")
        #expect(!story.contains("endings.py reset it"), "\(story)")
      }
    }

    @Test func `a daemon that restarts goes on where it was`() async throws {
      try await withCounters { namespace, directory, _, daemon in
        let program = try await start("client", in: namespace)
        try await program.tell("each", until: "did each")
        let before = try await afterTheEnds(daemon)
        try await daemon.program.signal("TERM")
        #expect(try await daemon.program.child.ended() == .exited(0))
        // While nobody looks.
        try await program.tell("each", until: "did each")
        let again = try await Daemon.start(in: namespace, directory: directory)
        let after = try await afterTheEnds(again, rounds: 2)
        #expect(after.sum("connections_ended_total") == Double(4 * Self.count))
        let counted = [
          "connections_opened_total", "connections_ended_total", "connect_seconds_count",
        ]
        for name in counted { #expect(after.sum(name) == 2 * before.sum(name), "\(name)") }
      }
    }

    @Test
    func `when the counters come and go no connection is counted twice, and no counter falls`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let program = try await start("client", in: namespace)
        _ = try await daemon.freshMetrics()
        var before = try await daemon.freshMetrics()
        func run(_ rounds: Double) async throws {
          try await program.tell("each", until: "did each")
          _ = try await daemon.metrics("round \(rounds)") {
            $0.sum("connections_ended_total") - $0.sum("connections_ended_total", ["how": "moved"])
              >= rounds * Double(2 * Self.count)
          }
          let metrics = try await daemon.freshMetrics()
          let moved = metrics.sum("connections_ended_total", ["how": "moved"])
          for name in ["connections_opened_total", "connections_ended_total"] {
            #expect(metrics.sum(name) - moved == rounds * Double(2 * Self.count), "\(name)")
          }
          #expect(metrics.fallen(since: before) == [])
          before = metrics
        }
        try await run(1)
        try await counters.load()
        try await daemon.metrics("the counters") { $0.areFromKernelCounters }
        try await run(2)
        try await counters.load()
        // What ends within the poll that finds another set may be missed: see docs/kernel-counters.md.
        _ = try await daemon.freshMetrics()
        try await run(3)
        try await counters.unload()
        try await daemon.metrics("their end") { !$0.areFromKernelCounters }
        try await run(4)
      }
    }

    @Test(arguments: [false, true])
    func `between two polls, loaded or started again, they leave opened and ended in balance`(
      isRestart: Bool
    ) async throws {
      // Light polls do not see what was opened since the last full one: see docs/kernel-counters.md.
      try await withCounters(interval: "2s", maxCPU: "90%") { namespace, _, counters, daemon in
        let program = try await start("client", in: namespace)
        try await program.tell("open", until: "did open")
        let before = try await daemon.freshMetrics()
        try await program.tell("each", until: "did each")
        try await program.tell("open", until: "did open")
        if isRestart { try await counters.unload() }
        try await counters.load()
        _ = try await daemon.freshMetrics()
        try await program.tell("end", until: "did end")
        try await program.tell("each", until: "did each")
        func total(_ metrics: Metrics, _ name: String) -> Double {
          metrics.sum(name) - metrics.sum("connections_ended_total", ["how": "moved"])
        }
        let metrics = try await daemon.metrics("the ends") {
          $0.areFromKernelCounters
            && total($0, "connections_ended_total") >= Double(8 * Self.count)
        }
        for name in ["connections_opened_total", "connections_ended_total"] {
          #expect(total(metrics, name) == Double(8 * Self.count), "\(name)")
        }
        #expect(metrics.fallen(since: before) == [])
      }
    }

    @Test(.enabled(if: Tool.has("nft"), "nft is not installed"))
    func `retransmits of attempts in vain are those of the programs, not of unknown`() async throws
    {
      try await withCounters { namespace, _, _, daemon in
        try await namespace.set("tcp_syn_retries", to: "1")
        try await namespace.filter("tcp dport 8002 drop")
        let programs = URL(filePath: Tool.program("")).path
        _ = try await namespace.result([
          "env", "-C", programs, "bash", "brief-connect.sh", "127.0.0.1", "8002",
        ])
        let metrics = try await daemon.metrics("the failure") {
          $0.sum("connect_failures_total") == 1
        }
        #expect(metrics.sum("connect_failures_total", ["process": "brief-connect.sh"]) == 1)
        let retransSegs = try await namespace.counter("TcpRetransSegs")
        #expect(retransSegs > 0)
        // Two polls on, what nobody accounts for is unknown.
        for _ in 0..<2 { _ = try await daemon.freshMetrics() }
        let after = try await daemon.freshMetrics()
        #expect(after.sum("retransmitted_segments_total") == retransSegs)
        let ours = after.sum("retransmitted_segments_total", ["process": "brief-connect.sh"])
        #expect(ours == retransSegs)
      }
    }

    @Test(
      .enabled(if: Tool.has("nft"), "nft is not installed"), arguments: [[], ["1"]])
    func `so are those of attempts that polls have seen, also if the socket is kept`(
      hold: [String]
    ) async throws {
      // So seldom that most attempts end between their last SYN and the next poll.
      try await withCounters(interval: "1s") { namespace, _, _, daemon in
        try await namespace.filter("tcp dport 8002 drop")
        let program = try await namespace.start(
          ["python3", Tool.program("attempts.py"), "127.0.0.1", "8002", "4", "1.3"] + hold)
        try await program.says("done")
        let metrics = try await daemon.metrics("the failures") {
          $0.sum("connect_failures_total") == 4
        }
        #expect(metrics.sum("connect_failures_total", ["reason": "unanswered"]) == 4)
        for _ in 0..<3 { _ = try await daemon.freshMetrics() }
        let after = try await daemon.freshMetrics()
        let retransSegs = try await namespace.counter("TcpRetransSegs")
        #expect(retransSegs >= 4)
        #expect(
          after.table("retransmitted_segments_total", by: "process") == [
            "attempts.py": Int(retransSegs)
          ])
      }
    }

    @Test
    func `under saturating churn the sums are those of the kernel, but for what is told as missed`()
      async throws
    {
      try await withCounters { namespace, _, counters, daemon in
        var programs: [Program] = []
        for port in 8001...8004 {
          programs.append(
            try await namespace.start(["python3", Tool.program("churn.py"), "\(port)", "5"]))
        }
        for program in programs { try await program.says("done") }
        func kernel(_ name: String) async throws -> Double {
          try await namespace.counter("Tcp\(name)")
        }
        let active = try await kernel("ActiveOpens")
        #expect(active > 4000)
        let status = try await counters.status().output
        // As many programs were passed over, each for one event of one socket.
        let passedOver = status.split(separator: "recursion misses ").dropFirst()
          .compactMap { Double($0.prefix { $0.isNumber }) }.reduce(0, +)
        _ = try await daemon.freshMetrics()
        // There are kernels that run no program while their virtual machine's agent does: a few ends in 100,000.
        let metrics = try await daemon.metrics("the ends, but for \(status)") {
          let opened = $0.sum("connections_opened_total")
          return abs(opened - $0.sum("connections_ended_total")) <= passedOver + opened / 5000
        }
        let missed = metrics.sum("events_missed_total") + passedOver
        func holds(_ told: Double, _ truth: Double) -> Bool {
          told <= truth && told >= truth - missed
        }
        let attempts =
          metrics.sum("connections_opened_total", ["direction": "outbound"])
          + metrics.sum("connect_failures_total")
        #expect(holds(attempts, try await kernel("ActiveOpens")), "\(status)")
        #expect(
          holds(
            metrics.sum("connections_opened_total", ["direction": "inbound"]),
            try await kernel("PassiveOpens")), "\(status)")
        #expect(holds(metrics.sum("resets_sent_total"), try await kernel("OutRsts")), "\(status)")
        for _ in 0..<2 { _ = try await daemon.freshMetrics() }
        let after = try await daemon.freshMetrics()
        #expect(
          try await after.sum("retransmitted_segments_total") == kernel("RetransSegs"))
      }
    }
  }
}
