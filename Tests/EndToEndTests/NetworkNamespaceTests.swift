import Foundation
import Testing

extension EndToEnd {
  /// `--namespaces=all`, beside namespaces that the test makes.
  @Suite("Network namespaces", .enabled(if: Tool.has("nft"), "nft is not installed"))
  struct NetworkNamespaces {
    /// What the daemon and `ss -N` say of a namespace while nothing changes.
    private func expectLikeSS(_ bound: BoundNamespace, _ daemon: Daemon) async throws {
      let (ss, metrics) = try await eventually("rest in \(bound.name)") {
        let before = try SocketStatistics(parsing: try await bound.run("ss", "-tanpH"))
        let metrics = try await daemon.freshMetrics()
        let after = try SocketStatistics(parsing: try await bound.run("ss", "-tanpH"))
        return before == after ? (after, metrics) : nil
      }
      #expect(!ss.counts.isEmpty)
      // `ss` does not show what has ended and is not closed yet.
      let counts = metrics.counts(netns: "netns-\(bound.name)").filter { $0.key != "close" }
      #expect(counts == ss.counts, "\(bound.name)")
    }

    @Test func `each is counted as ss -N counts it, and groups of one name are told apart`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let blue = try await namespace.bound("blue")
        let green = try await namespace.bound("green")
        _ = try await namespace.bound("empty")
        // A cable between the two, and one of them drops what comes for a port.
        try await namespace.run(
          "ip", "link", "add", "cable", "netns", "blue", "type", "veth", "peer", "name", "cable",
          "netns", "green")
        for (bound, address) in [(blue, "10.1.0.1/24"), (green, "10.1.0.2/24")] {
          try await bound.run("ip", "address", "add", address, "dev", "cable")
          try await bound.run("ip", "link", "set", "cable", "up")
        }
        try await green.filter("tcp dport 8009 drop")

        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "1")
        _ = try await blue.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await blue.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        _ = try await green.start("python3", "accept.py", "patient", "0.0.0.0", "8001")
        _ = try await green.start("python3", "client.py", "hold", "127.0.0.1", "8001", "3")
        _ = try await blue.start("python3", "client.py", "hold", "10.1.0.2", "8001", "4")
        _ = try await blue.start("python3", "client.py", "begin", "10.1.0.2", "8009", "2")
        _ = try await blue.start("python3", "client.py", "half-close", "127.0.0.1", "8001", "5")

        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--namespaces=all")
        try await daemon.metrics("all four") { $0.value("sockstate_namespaces") == 4 }
        try await expectLikeSS(blue, daemon)
        try await expectLikeSS(green, daemon)

        let metrics = try await daemon.freshMetrics()
        func established(_ netns: String) -> Double {
          metrics.sum(
            "sockets",
            [
              "process": "accept.py", "direction": "inbound", "port": "8001", "netns": netns,
              "state": "established",
            ])
        }
        #expect(established("netns-blue") == 2)
        #expect(established("netns-green") == 7)
        let own = metrics.samples("sockets", ["process": "accept.py", "state": "established"])
          .filter { $0.series.labels["netns"] == nil }
        #expect(own.map(\.value) == [1])
        #expect(
          metrics.sum(
            "sockets", ["process": "client.py", "netns": "netns-blue", "state": "syn_sent"]) == 2)
        #expect(metrics.counts(netns: "netns-empty").isEmpty)
        // Series are unique, though names and ports are the same.
        #expect(Set(metrics.samples.map(\.series)).count == metrics.samples.count)
      }
    }

    @Test func `one whose sockets are all only bound is seen`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let blue = try await namespace.bound("blue")
        try await blue.run(
          "sh", "-c", "echo 20000 20009 >/proc/sys/net/ipv4/ip_local_port_range")
        let program = try await blue.start(
          "python3", "local-ports.py", "only-bound", "127.0.0.1", "5")
        try await program.tell("take", until: "taken ok")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--namespaces=all")
        let metrics = try await daemon.metrics("the sockets") {
          $0.counts(netns: "netns-blue") == ["close": 5]
            && $0.sum("ephemeral_ports_used", ["netns": "netns-blue"]) == 5
        }
        // Of the range that they are in, which is not the daemon's.
        #expect(metrics.sum("ephemeral_ports_limit", ["netns": "netns-blue"]) == 10)
      }
    }

    @Test
    func `connections that ended there before the daemon began are told until they are closed`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let blue = try await namespace.bound("blue")
        _ = try await blue.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let program = try await blue.start(
          "python3", "ended.py", "shutdown", "127.0.0.1", "8001", "5")
        try await program.tell("shutdown", until: "shut")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--namespaces=all")
        let closed = ["netns": "netns-blue", "process": "ended.py", "state": "close"]
        try await daemon.metrics("sockets that ss does not show") {
          $0.sum("sockets", closed) == 5
        }
        try await program.tell("release", until: "released")
        // A namespace in which nothing moves is looked at once a minute.
        _ = try await blue.start("python3", "client.py", "hold", "127.0.0.1", "8001", "1")
        try await daemon.metrics("the end") {
          $0.sum("sockets", closed) == 0
        }
      }
    }

    @Test func `only those that the configuration names are watched, until it is read again`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        for name in ["blue", "green", "grey"] {
          let bound = try await namespace.bound(name)
          _ = try await bound.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        }
        let file = directory.file("sockstated.yaml")
        func write(_ exclude: String) throws {
          try """
          namespaces:
            watch: all
            include: ["netns-g.*"]
            exclude: [\(exclude)]
          """.write(toFile: file, atomically: true, encoding: .utf8)
        }
        try write("netns-grey")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        func watched(_ metrics: Metrics) -> Set<String> {
          Set(metrics.samples("sockets").compactMap { $0.series.labels["netns"] })
        }
        try await daemon.metrics("green alone") { watched($0) == ["netns-green"] }
        try write("netns-green")
        try await daemon.program.signal("HUP")
        try await daemon.metrics("grey alone") { watched($0) == ["netns-grey"] }
      }
    }

    /// A namespace with a listener. Its end takes the other end of a cable away: so it is seen that it is
    /// really gone.
    private func cabled(_ namespace: Namespace) async throws -> (BoundNamespace, server: Program) {
      let bound = try await namespace.bound("blue")
      try await namespace.run(
        "ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", "blue")
      return (bound, try await bound.start("python3", "accept.py", "patient", "127.0.0.1", "8001"))
    }

    @discardableResult
    private func seesListener(_ daemon: Daemon) async throws -> Metrics {
      try await daemon.metrics("its listener") {
        $0.sum("sockets", ["netns": "netns-blue", "state": "listen"]) == 1
      }
    }

    private func losesCable(_ namespace: Namespace) async throws {
      try await eventually("the end of the cable") {
        try await namespace.run("ip", "-o", "link").contains("cable") ? nil : ()
      }
    }

    @Test func `a namespace ends with its last process, whatever the daemon has seen of it`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let (bound, server) = try await cabled(namespace)
        // It polls only if it is asked to: what is stopped is not inside.
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "1h", "--namespaces=all")
        try await seesListener(daemon)
        // Nothing that the daemon does from here on can help it to end.
        try await daemon.program.signal("STOP")
        try await server.signal("KILL")
        try await server.child.ended()
        try await bound.remove()
        try await losesCable(namespace)
        try await daemon.program.signal("CONT")
        try await eventually("nothing of it") {
          _ = try await daemon.get("/api/v1/sockets")
          let metrics = try await daemon.metrics()
          return metrics.value("sockstate_namespaces") == 1
            && !metrics.samples.contains { $0.series.labels["netns"] != nil } ? () : nil
        }
      }
    }

    @Test func `one that ends while the daemon is inside is let go at once, and no poll fails`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let (bound, server) = try await cabled(namespace)
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "100ms", "--namespaces=all")
        let before = try await seesListener(daemon)
        let stopper = try await namespace.start(
          "python3", "stop-inside.py", "\(daemon.program.pid)")
        // Where something happens, the daemon looks at every poll.
        let client = try await bound.start(
          "python3", "client.py", "hold", "127.0.0.1", "8001", "1")
        try await stopper.says("stopped inside")
        for program in [server, client] {
          try await program.signal("KILL")
          try await program.child.ended()
        }
        try await bound.remove()
        // What remains of it is the daemon's thread.
        #expect(try await namespace.run("ip", "-o", "link").contains("cable"))
        try await daemon.program.signal("CONT")
        try await losesCable(namespace)
        let after = try await daemon.metrics("nothing of it") {
          $0.value("sockstate_namespaces") == 1 && $0.lastPoll > before.lastPoll
        }
        #expect(after.sum("polls_total", ["result": "failure"]) == 0)
        #expect(after.samples.allSatisfy { $0.series.labels["netns"] == nil })
      }
    }

    @Test func `hundreds that come and go leave nothing behind, and no poll fails`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "100ms", "--namespaces=all")
        func come(_ count: Int) async throws {
          try await namespace.run(
            "sh", "-c",
            """
            for i in $(seq \(count)); do
              ip netns add n$i && ip netns exec n$i ip link set lo up
              test $i -gt 10 && ip netns del n$((i - 10))
            done
            for i in $(seq \(count - 9) \(count)); do ip netns del n$i; done
            """)
          try await daemon.metrics("the end of all") { $0.value("sockstate_namespaces") == 1 }
        }
        // What is needed once is taken now.
        try await come(50)
        let before = try await daemon.freshMetrics()
        try #require(before.residentMemory.isFinite && before.openFDs.isFinite)
        func alive() async throws -> String {
          try await namespace.run("lsns", "--type=net", "--noheadings", "--output=NS")
        }
        let aliveBefore = try await alive()
        try await come(500)
        #expect(try await alive() == aliveBefore)
        // A client that has just gone may still have one.
        let after = try await daemon.metrics("descriptors and memory as before") {
          $0.openFDs <= before.openFDs && $0.residentMemory < before.residentMemory + 4e6
        }
        #expect(after.sum("polls_total", ["result": "failure"]) == 0)
        #expect(after.fallen(since: before).isEmpty)
      }
    }

    @Test(
      .enabled(if: Tool.has("node"), "node is not installed"))
    func `the reconciliation with RetransSegs holds in each`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let lossy = try await namespace.bound("lossy")
        let fine = try await namespace.bound("fine")
        for bound in [lossy, fine] { try await bound.run("ip", "link", "set", "lo", "mtu", "1500") }
        try await lossy.filter("tcp dport 1-65535 numgen random mod 100 < 5 drop")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "500ms", "--namespaces=all")
        try await daemon.metrics("all three") { $0.value("sockstate_namespaces") == 3 }
        for bound in [lossy, fine] {
          _ = try await bound.start("node", "service.js", "127.0.0.1", "8001", "20", "4000")
          let visits = try await bound.start(
            "node", "visits.js", "127.0.0.1", "8001", "500", "100")
          try await visits.says("done", within: .seconds(300))
        }
        let (kernel, metrics) = try await eventually("rest") {
          let before = try await lossy.counter("TcpRetransSegs")
          _ = try await daemon.freshMetrics()
          let metrics = try await daemon.freshMetrics()
          return try await lossy.counter("TcpRetransSegs") == before ? (before, metrics) : nil
        }
        #expect(kernel > 50)
        let counted = metrics.sum("retransmitted_segments_total", ["netns": "netns-lossy"])
        #expect(abs(counted - kernel) <= max(3, kernel / 50))
        #expect(
          metrics.sum(
            "retransmitted_segments_total",
            ["netns": "netns-lossy", "process": "unknown", "direction": "inbound"])
            < kernel / 20)
        #expect(
          metrics.sum("retransmitted_segments_total", ["netns": "netns-fine"])
            == (try await fine.counter("TcpRetransSegs")))
        #expect(metrics.sum("destroy_events_lost_total") == 0)
      }
    }

    @Test func `without CAP_SYS_ADMIN its own is served, and one line says what is missing`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let bound = try await namespace.bound("blue")
        _ = try await bound.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8002")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory,
          launcher: ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"],
          "--namespaces=all")
        let metrics = try await daemon.freshMetrics()
        #expect(metrics.sum("sockets", ["process": "accept.py", "port": "8002"]) == 1)
        #expect(metrics.counts(netns: "netns-blue").isEmpty)
        let lines = daemon.program.child.errors.split(separator: "\n").filter {
          $0.contains("CAP_SYS_ADMIN")
        }
        #expect(lines.count == 1)
      }
    }
  }
}
