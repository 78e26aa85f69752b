import Testing

extension EndToEnd {
  @Suite("Ephemeral ports") struct EphemeralPorts {
    @Test(
      .enabled(if: Tool.has("node"), "node is not installed"))
    func `used ones are counted by destination, TIME-WAIT included, against the range`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.set("ip_local_port_range", to: "20000 21009")
        try await namespace.set("ip_local_reserved_ports", to: "20100-20109,30000")
        // Ports are counted by polls that read every socket.
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--poll.max-cpu=100%")
        _ = try await namespace.start("node", "service.js", "127.0.0.1", "8001", "peer", "0")
        _ = try await namespace.start(
          "python3", "client.py", "hold", "127.0.0.1", "8001", "800")
        let closing = try await namespace.start(
          "python3", "client.py", "hold", "127.0.0.1", "8001", "100")
        _ = try await daemon.freshMetrics()
        try await closing.tell("close", until: "closed")
        // The server closes its ends when it comes to it.
        try await daemon.metrics("TIME-WAIT and nothing on the way to it") {
          Set($0.counts.keys) == ["listen", "established", "time_wait"]
            && $0.counts["established"] == 1600
        }
        let (ss, metrics) = try await daemon.atRest()
        // On a busy machine the kernel keeps a few of them not as long.
        let waiting = ss.counts["time_wait"] ?? 0
        #expect(ss.counts == ["listen": 1, "established": 1600, "time_wait": waiting])
        #expect(waiting > 50)
        let labels = ["source": "127.0.0.1", "destination": "127.0.0.1:8001"]
        #expect(metrics.sum("ephemeral_ports_used", labels) == Double(800 + waiting))
        #expect(metrics.sum("ephemeral_ports_limit", labels) == 1000)
        #expect(metrics.samples("ephemeral_ports_used").count == 1)
      }
    }

    @Test(arguments: ["127.0.0.1", "0.0.0.0", "::1"])
    func `sockets that are only bound spend the range for every destination`(host: String)
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.set("ip_local_port_range", to: "20000 20031")
        let program = try await namespace.start("python3", "local-ports.py", "bound", host, "32")
        // The oracle.
        try await program.tell("take", until: "taken EADDRNOTAVAIL")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let labels = ["source": host, "destination": "any"]
        let metrics = try await daemon.metrics("the finding") {
          $0.sum("findings", ["kind": "ephemeral_ports", "severity": "fault"]) == 1
        }
        #expect(metrics.sum("ephemeral_ports_used", labels) == 32)
        #expect(metrics.sum("ephemeral_ports_limit", labels) == 32)
        #expect(
          metrics.sum("sockets", ["process": "local-ports.py", "state": "close"]) == 32)
        #expect(
          metrics.sum("findings", ["process": "local-ports.py", "kind": "ephemeral_ports"]) == 1)
      }
    }

    @Test func `sockets that are bound later are seen at the next polls`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.set("ip_local_port_range", to: "20000 20031")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let program = try await namespace.start(
          "python3", "local-ports.py", "bound", "127.0.0.1", "32")
        _ = try await daemon.freshMetrics()
        try await program.tell("take", until: "taken EADDRNOTAVAIL")
        // It goes by the number of TCP sockets of all namespaces: if others become fewer meanwhile, as those of
        // other tests do, it is a minute.
        try await daemon.metrics("all that is bound") {
          $0.sum("ephemeral_ports_used", ["destination": "any"]) == 32
            && $0.sum("sockets", ["process": "local-ports.py", "state": "close"]) == 32
        }
      }
    }

    @Test func `bind before connect spends the range of all destinations together`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.set("ip_local_port_range", to: "20000 20031")
        let program = try await namespace.start(
          "python3", "local-ports.py", "before-connect", "127.0.0.1", "32")
        try await program.tell("take", until: "taken EADDRNOTAVAIL")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let metrics = try await daemon.metrics("the finding") {
          $0.sum("findings", ["kind": "ephemeral_ports", "severity": "fault"]) == 1
        }
        for destination in ["any"] + (5000..<5004).map({ "127.0.0.1:\($0)" }) {
          #expect(metrics.sum("ephemeral_ports_used", ["destination": destination]) == 32)
        }
      }
    }

    @Test func `connections from reserved ports are not counted`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.set("ip_local_port_range", to: "20000 20063")
        try await namespace.set("ip_local_reserved_ports", to: "20032-20063")
        let program = try await namespace.start(
          "python3", "local-ports.py", "reserved", "127.0.0.1", "32", "20032")
        try await program.tell("take", until: "taken ok")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let metrics = try await daemon.freshMetrics()
        let labels = ["destination": "127.0.0.1:5000"]
        #expect(metrics.sum("ephemeral_ports_used", labels) == 8)
        #expect(metrics.sum("ephemeral_ports_limit", labels) == 32)
        #expect(metrics.sum("findings", ["kind": "ephemeral_ports"]) == 0)
      }
    }

    @Test(arguments: [("0", "1"), ("2", "0")])
    func `on loopback TIME-WAIT uses up the ports where they are not taken again`(
      reuse: String, timestamps: String
    ) async throws {
      try await withSandbox { namespace, directory in
        try await namespace.set("ip_local_port_range", to: "20000 20099")
        try await namespace.set("tcp_tw_reuse", to: reuse)
        try await namespace.set("tcp_timestamps", to: timestamps)
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "local-ports.py", "serve", "127.0.0.1", "0")
        let program = try await namespace.start(
          "python3", "local-ports.py", "brief", "127.0.0.1", "1000")
        try await program.tell("take", until: "taken EADDRNOTAVAIL")
        try await daemon.metrics("the fault") {
          $0.sum("findings", ["kind": "ephemeral_ports", "severity": "fault"]) == 1
        }
      }
    }

    @Test func `the likely owner of brief connections is named, and the ports are told once`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
        try await namespace.set("ip_local_port_range", to: "20000 20299")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "local-ports.py", "serve", "192.0.2.1", "0")
        let program = try await namespace.start(
          "python3", "local-ports.py", "brief", "192.0.2.1", "1000")
        _ = try await daemon.freshMetrics()
        try await program.tell("take", until: "taken EADDRNOTAVAIL")
        let metrics = try await daemon.metrics("the finding") {
          $0.sum("findings", ["kind": "ephemeral_ports", "severity": "fault"]) == 1
        }
        let findings = metrics.samples("findings", ["kind": "ephemeral_ports"]).filter {
          $0.value == 1
        }
        #expect(findings.map { $0.label("process") } == ["local-ports.py"])
        #expect(findings.map { $0.label("direction") } == ["outbound"])
      }
    }
  }
}
