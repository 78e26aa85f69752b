import Foundation
import Testing

extension EndToEnd {
  /// Sockets that differ by the device that they are on.
  @Suite struct Devices {
    /// A namespace at the other end of a cable. The device of this end has the same name, and both ends have
    /// link-local addresses that every other cable has too.
    private func cable(_ namespace: Namespace, _ name: String, _ network: String) async throws
      -> BoundNamespace
    {
      let far = try await namespace.bound(name)
      try await namespace.run(
        "ip", "link", "add", name, "type", "veth", "peer", "name", "cable", "netns", name)
      for (device, host) in [(name, 1), ("cable", 2)] {
        let addresses = ["\(network).\(host)/24", "fe80::\(host)/64"]
        for address in addresses {
          let command =
            ["address", "add", address, "dev", device]
            + (address.contains(":") ? ["nodad"] : [])
          let prefix = device == name ? ["ip"] : ["ip", "-netns", name]
          _ = try await namespace.result(prefix + command)
        }
      }
      try await namespace.run("ip", "link", "set", name, "up")
      try await far.run("ip", "link", "set", "cable", "up")
      return far
    }

    /// The sockets that the API lists, by a member of each.
    private func sockets(_ daemon: Daemon, _ query: String, _ member: String) async throws
      -> [String]
    {
      let body = try await daemon.get("/api/v1/sockets?\(query)")?.body ?? []
      let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
      let list = object?["sockets"] as? [[String: Any]] ?? []
      return list.compactMap { $0[member] as? String }.sorted()
    }

    @Test func `what waits and what has ended is its who listens on the device`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let ends = [
          (try await cable(namespace, "left", "10.1.0"), "10.1.0.1", 3, 2),
          (try await cable(namespace, "right", "10.2.0"), "10.2.0.1", 1, 4),
        ]
        for (far, host, ended, waiting) in ends {
          let program = directory.file("\(far.name).py")
          try FileManager.default.copyItem(atPath: Tool.program("device.py"), toPath: program)
          let server = try await namespace.start([
            "python3", program, "serve", far.name, "0.0.0.0", "8080", "\(ended)",
          ])
          try await server.says("ready")
          _ = try await far.start(
            "python3", "device.py", "connect", host, "8080", "\(waiting)", "\(ended)")
        }
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let metrics = try await daemon.freshMetrics()
        for (far, host, ended, waiting) in ends {
          let labels = ["process": "\(far.name).py", "direction": "inbound", "port": "8080"]
          #expect(
            metrics.sum("sockets", labels.merging(["state": "time_wait"]) { $1 }) == Double(ended))
          #expect(
            metrics.sum("sockets", labels.merging(["state": "established"]) { $1 })
              == Double(waiting))
          #expect(metrics.sum("accept_queue_length", labels) == Double(waiting))
          let query = "process=\(far.name).py&state="
          #expect(
            try await sockets(daemon, query + "listen", "local") == ["0.0.0.0%\(far.name):8080"])
          #expect(
            try await sockets(daemon, query + "time_wait", "local").allSatisfy {
              $0 == "\(host)%\(far.name):8080"
            })
        }
        // What `ss` prints, and what a device is called from now on.
        let ss = try await namespace.run("ss", "-Htln", "sport = :8080")
        #expect(ss.contains("0.0.0.0%left:8080") && ss.contains("0.0.0.0%right:8080"))
        try await namespace.run("ip", "link", "set", "left", "down")
        try await namespace.run("ip", "link", "set", "left", "name", "middle")
        let table = try await namespace.run(Daemon.binary, "snapshot", "--port=8080")
        #expect(table.contains("0.0.0.0%middle:8080") && table.contains("0.0.0.0%right:8080"))
        #expect(!table.contains("%left"))
        _ = try await eventually("the new name") {
          let local = try await sockets(daemon, "process=left.py&state=listen", "local")
          return local == ["0.0.0.0%middle:8080"] ? true : nil
        }
      }
    }

    @Test(arguments: ["sock_diag", "procfs"])
    func `sockets of the same link-local addresses on two links are two`(source: String)
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let server = try await namespace.start(
          "python3", "device.py", "serve", "-", "::", "9000", "2")
        for name in ["left", "right"] {
          let far = try await cable(namespace, name, "10.1.0")
          _ = try await far.start(
            "python3", "device.py", "connect", "fe80::1%cable", "9000", "1", "0", "40000")
        }
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--source=\(source)")
        try await daemon.metrics("both") {
          $0.sum("sockets", ["process": "device.py", "state": "established"]) == 2
        }
        let zones = source == "procfs" ? ["", ""] : ["%left", "%right"]
        #expect(
          try await sockets(daemon, "state=established", "remote")
            == zones.map { "[fe80::2\($0)]:40000" })
        func explain(_ local: String, _ remote: String, _ flags: String...) async throws -> Child {
          try await namespace.result(
            [Daemon.binary, "explain", "--source=\(source)", local, remote] + flags)
        }
        let one = try await explain("[fe80::1%left]:9000", "[fe80::2%left]:40000", "--for=100ms")
        #expect(one.end == .exited(0))
        #expect(one.output.contains(source == "procfs" ? "2 sockets on" : "1 socket on"))
        #expect(one.output.contains("device.py") && one.output.contains("serves port 9000"))
        let asked = try await namespace.result([
          Daemon.binary, "explain", "--connect=unix:\(daemon.socket)", "[fe80::2%right]:40000",
          "[fe80::1%right]:9000",
        ])
        #expect(asked.output.contains("[fe80::1\(zones[1])]:9000"))
        let without = try await explain("[fe80::1]:9000", "[fe80::2]:40000")
        #expect(without.end == .exited(2))
        #expect(without.errors.contains("needs its zone, as in [fe80::1%eth0]:9000"))
        let half = try await explain("[fe80::1%left]:9000", "left")
        #expect(half.end == .exited(2) && half.errors.contains("not the two ends"))
        guard source == "sock_diag" else { return }

        // After their ends too.
        try await server.signal("KILL")
        try await daemon.metrics("the ends") {
          $0.sum("connections_ended_total", ["process": "device.py", "how": "closed"]) == 2
        }
        let told = try await eventually("the story") {
          let told = try await namespace.run(
            Daemon.binary, "explain", "--connect=unix:\(daemon.socket)", "[fe80::1%left]:9000",
            "[fe80::2%left]:40000")
          return told.contains("closed in good order") ? told : nil
        }
        #expect(told.contains("[fe80::1%left]:9000 → [fe80::2%left]:40000"), "\(told)")
        #expect(!told.contains("%right"), "\(told)")
      }
    }
  }
}
