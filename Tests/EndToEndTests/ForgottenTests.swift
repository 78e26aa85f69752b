import Testing

extension EndToEnd {
  /// Sockets whose connection has ended and whose descriptor is still open; the oracle is /proc/PID/fd
  /// against `ss`.
  @Suite struct Forgotten {
    /// Sockets of a process that are in no table of TCP.
    private func forgotten(_ namespace: Namespace, _ pid: Int) async throws -> Int {
      let links = try await namespace.run("sh", "-c", "ls -l /proc/\(pid)/fd")
      let held = Set(links.matches(of: /socket:\[([0-9]+)\]/).map { String($0.output.1) })
      let known = try await namespace.run("ss", "-taneH")
      return held.subtracting(known.matches(of: /ino:([0-9]+)/).map { String($0.output.1) }).count
    }

    private func start(
      _ namespace: Namespace, _ directory: Directory, _ source: String
    ) async throws -> Daemon {
      let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
      return try await Daemon.start(
        in: namespace, directory: directory, "--config.file=\(file)", "--source=\(source)")
    }

    @Test(arguments: ["sock_diag", "procfs"])
    func `connections that were reset are told until the process closes them`(source: String)
      async throws
    {
      try await withSandbox { namespace, directory in
        let server = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        // Those of other protocols.
        let others = try await forgotten(namespace, server.pid)
        let daemon = try await start(namespace, directory, source)
        let client = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "20")
        let group = ["process": "accept.py", "direction": "inbound", "port": "8001"]
        func sockets(_ metrics: Metrics, _ state: String) -> Double {
          metrics.sum("sockets", group.merging(["state": state]) { $1 })
        }
        // What is not accepted has no descriptor.
        try await daemon.metrics("the leak") {
          $0.sum("close_wait_stuck_sockets", group) == 20 && $0.sum("accept_queue_length") == 0
        }
        try await client.tell("reset", until: "closed")
        #expect(try await forgotten(namespace, server.pid) == others + 20)
        try await daemon.metrics("sockets that ss does not show, a fault") {
          sockets($0, "close") == 20 && sockets($0, "close_wait") == 0
            && $0.sum("process_open_fds", ["process": "accept.py"]) >= 20
            && $0.sum("findings", ["kind": "closed_held", "severity": "fault"]) == 1
        }
        let told = try await namespace.run(
          Daemon.binary, "explain", "accept.py", "--connect=unix:\(daemon.socket)")
        #expect(told.contains("FAULT") && told.contains("pid \(server.pid)"))
        try await daemon.logs("still holds their descriptors")
        #expect(
          !daemon.program.child.errors.contains("no CLOSE-WAIT sockets are stuck any more"))

        try await server.tell("release", until: "released")
        #expect(try await forgotten(namespace, server.pid) == others)
        try await daemon.metrics("the end") {
          sockets($0, "close") == 0 && sockets($0, "listen") == 1
            && $0.sum("findings", ["kind": "closed_held"]) == 0
        }
      }
    }

    @Test func `connections that ended before the daemon began are told, and only those`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let server = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        let others = try await forgotten(namespace, server.pid)
        let client = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "20")
        _ = try await eventually("accepted connections") {
          let accepted = try await SocketStatistics(in: namespace).sockets
            .filter { $0.state == "close_wait" && $0.pid == server.pid }
          return accepted.count == 20 ? true : nil
        }
        try await client.tell("reset", until: "closed")
        #expect(try await forgotten(namespace, server.pid) == others + 20)
        // Listeners of another network namespace, and sockets of other protocols.
        _ = try await namespace.start("python3", "ended.py", "elsewhere", "127.0.0.1", "9000", "3")
        let daemon = try await start(namespace, directory, "sock_diag")
        let closed = ["process": "accept.py", "state": "close"]
        let metrics = try await daemon.metrics("what it did not see") {
          $0.sum("sockets", closed) == 20 && $0.sum("findings", ["kind": "closed_held"]) == 1
            && $0.sum("process_open_fds", ["process": "accept.py"]) >= 20
        }
        #expect(metrics.sum("sockets", ["process": "ended.py"]) == 0)
        let leaks = try #require(try await daemon.get("/api/v1/leaks"))
        let text = String(decoding: leaks.body, as: UTF8.self)
        #expect(text.contains("\"process\":\"accept.py\"") && text.contains("\"close\":20"))
        #expect(text.contains("\"pid\":\(server.pid)") && text.contains("\"fd\":"))
        try await server.tell("release", until: "released")
        try await daemon.metrics("the end") { $0.sum("sockets", closed) == 0 }
      }
    }

    @Test(arguments: ["sock_diag", "procfs"])
    func `a connection that was shut down and not closed is told, beside its TIME-WAIT`(
      source: String
    ) async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await start(namespace, directory, source)
        let client = try await namespace.start(
          "python3", "ended.py", "shutdown", "127.0.0.1", "8001", "5")
        let group = ["process": "ended.py", "direction": "outbound", "port": "8001"]
        func sockets(_ metrics: Metrics, _ state: String) -> Double {
          metrics.sum("sockets", group.merging(["state": state]) { $1 })
        }
        try await daemon.metrics("connections") { sockets($0, "established") == 5 }
        let others = try await forgotten(namespace, client.pid)
        try await client.tell("shutdown", until: "shut")
        // The server closes its ends when it comes to it.
        try await eventually("descriptors of which ss knows nothing") {
          try await forgotten(namespace, client.pid) == others + 5 ? () : nil
        }
        try await daemon.metrics("what is left of them") {
          sockets($0, "close") == 5 && $0.counts["time_wait"] == 5
            && $0.sum("findings", ["kind": "closed_held", "severity": "fault"]) == 1
        }
        let told = try await namespace.run(
          Daemon.binary, "explain", "ended.py", "--connect=unix:\(daemon.socket)")
        #expect(told.contains("CLOSED for") && !told.contains("peer"), "\(told)")
        let listed = try #require(try await daemon.get("/api/v1/sockets?state=close"))
        #expect(listed.text.contains("\"state\":\"close\"") && !listed.text.contains("\"local\""))
        try await client.tell("release", until: "released")
        try await daemon.metrics("the end") { sockets($0, "close") == 0 }
      }
    }

    @Test(.enabled(if: Tool.has("nft"), "nft is not installed"))
    func `connections whose peer keep-alive has given up are told`() async throws {
      try await withSandbox { namespace, directory in
        let server = try await namespace.start("python3", "accept.py", "alive", "127.0.0.1", "8001")
        let others = try await forgotten(namespace, server.pid)
        let daemon = try await start(namespace, directory, "sock_diag")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "5")
        try await daemon.metrics("connections") {
          $0.sum("sockets", ["process": "accept.py", "state": "established"]) == 5
        }
        try await namespace.filter("tcp dport 8001 drop", "tcp sport 8001 drop")
        try await daemon.metrics("what keep-alive has left") {
          $0.sum("sockets", ["process": "accept.py", "state": "close"]) == 5
        }
        #expect(try await forgotten(namespace, server.pid) == others + 5)
        try await server.signal("KILL")
        try await daemon.metrics("the end") {
          $0.sum("sockets", ["process": "accept.py", "state": "close"]) == 0
        }
      }
    }
  }
}
