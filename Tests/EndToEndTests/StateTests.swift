import Testing

extension EndToEnd {
  @Suite struct States {
    /// Sockets in nearly every state, IPv4 and IPv6, with and without owner.
    ///
    /// - Returns: the names of the programs by process id.
    private func makeSockets(in namespace: Namespace, daemon: Daemon) async throws -> [Int: String]
    {
      try await namespace.filter(
        "tcp dport 8005 tcp flags & syn == syn drop",
        "tcp dport 8006 tcp flags & fin == fin drop",
        "tcp sport 8007 tcp flags & fin == fin drop",
        "tcp dport 8008 tcp flags & (syn | ack) == ack drop")

      var names: [Int: String] = [:]
      func start(_ interpreter: String, _ program: String, _ arguments: String...) async throws
        -> Program
      {
        let started = try await namespace.start(
          [interpreter, Tool.program(program)] + arguments)
        try await started.says("ready")
        names[started.pid] = program
        return started
      }

      _ = try await start("node", "leaky-server.js", "127.0.0.1", "8001", "::1", "8002")
      for (mode, port) in [
        ("brusque", "8004"), ("patient", "8003"), ("patient", "8006"), ("patient", "8007"),
        ("patient", "8008"),
      ] {
        _ = try await start("python3", "accept.py", mode, "127.0.0.1", port)
      }
      let closing = try await start("python3", "client.py", "hold", "127.0.0.1", "8003", "5")
      for (mode, host, port, count) in [
        ("half-close", "127.0.0.1", "8001", "3"), ("half-close", "::1", "8002", "2"),
        ("hold", "127.0.0.1", "8001", "4"), ("hold", "::1", "8002", "2"),
        ("read", "127.0.0.1", "8004", "6"), ("begin", "127.0.0.1", "8005", "3"),
        ("half-close", "127.0.0.1", "8006", "1"), ("half-close", "127.0.0.1", "8007", "2"),
        ("hold", "127.0.0.1", "8008", "1"),
      ] {
        _ = try await start("python3", "client.py", mode, host, port, count)
      }
      // Seen alive first, so that the daemon can follow them into TIME-WAIT.
      try await daemon.metrics("the connections that will close") {
        $0.groups[
          SocketGroup(
            process: "client.py", direction: "outbound", port: "8003", state: "established")] == 5
      }
      try await closing.tell("close", until: "closed")
      return names
    }

    @Test(
      .enabled(if: Tool.has("node"), "node is not installed"),
      .enabled(if: Tool.has("nft"), "nft is not installed"),
      arguments: ["sock_diag", "procfs"])
    func `counts and owners are those of ss`(source: String) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--source=\(source)")
        let names = try await makeSockets(in: namespace, daemon: daemon)
        let (ss, metrics) = try await daemon.atRest()

        // What the programs are there for; else equal counts would say little.
        #expect(
          Set(ss.counts.keys).isSuperset(of: [
            "listen", "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait",
            "close_wait", "last_ack",
          ]))
        #expect(metrics.counts == ss.counts)
        let inUse = metrics.samples.first { $0.name == "sockstate_source_info" && $0.value == 1 }
        #expect(inUse?.label("source") == source)

        for (group, count) in ss.owned(names: names) {
          #expect(metrics.groups[group] == count, "\(group)")
        }
        let served = SocketGroup(
          process: "accept.py", direction: "inbound", port: "8004", state: "time_wait")
        // As many as there are: on a busy machine the kernel keeps one or another not as long.
        let waiting = ss.sockets.count { $0.state == "time_wait" && $0.localPort == "8004" }
        #expect(waiting > 0)
        #expect(
          metrics.groups[served] == waiting, "a TIME-WAIT on a listened port is the listener's")
        if source == "sock_diag" {
          let followed = SocketGroup(
            process: "client.py", direction: "outbound", port: "8003", state: "time_wait")
          #expect(metrics.groups[followed] == 5, "a TIME-WAIT keeps the owner it was seen with")
        }
        // The sockets without owner stand in the same groups as their listeners, and in no others.
        let ports = Set(metrics.groups.keys.map { "\($0.direction) \($0.port)" })
        #expect(
          ports
            == Set(
              ["8001", "8002", "8003", "8004", "8006", "8007", "8008"].map { "inbound \($0)" }
                + ["8001", "8002", "8003", "8005", "8006", "8007", "8008"].map { "outbound \($0)" })
        )
      }
    }

    @Test(
      arguments: ["sock_diag", "procfs"])
    func `a port stays inbound for the connections that outlive its listener`(source: String)
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--source=\(source)")
        let server = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "3")
        func group(_ state: String) -> SocketGroup {
          SocketGroup(process: "accept.py", direction: "inbound", port: "8001", state: state)
        }
        try await daemon.metrics("the listener and its connections") {
          $0.groups[group("established")] == 3 && $0.groups[group("listen")] == 1
        }
        // What waits to be accepted is reset with the listener.
        try await eventually("all to be accepted") {
          let ss = try await SocketStatistics(in: namespace)
          return ss.sockets.count { $0.pid == server.pid && $0.state == "established" } == 3
            ? () : nil
        }
        try await server.tell("stop", until: "stopped")
        let (ss, metrics) = try await daemon.atRest()
        #expect(ss.counts == ["established": 6])
        #expect(metrics.counts == ss.counts)
        #expect(metrics.groups[group("established")] == 3)
      }
    }

    @Test(
      .enabled(if: Tool.has("java"), "java is not installed"))
    func `a process goes by what its interpreter runs`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("java", "Listen.java", "8001")
        let listener = SocketGroup(
          process: "Listen.java", direction: "inbound", port: "8001", state: "listen")
        try await daemon.metrics("the listener by its name") { $0.groups[listener] == 1 }
      }
    }
  }
}
