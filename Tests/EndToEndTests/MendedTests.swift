import Foundation
import Testing

extension Incidents {
  /// What was found goes when its cause does.
  @Suite("Mended", .enabled(if: Tool.has("nft"), "nft is not installed"))
  struct Mended {
    private static let ports: [String: Set<String>] = [
      "8001": ["close_wait"], "8002": ["half_closed", "peer_not_closing"],
      "8003": ["unread_data", "peer_not_reading"], "8004": ["dead_path"], "8005": ["loss"],
      "8006": ["connects_unanswered"], "8007": ["connects_refused"], "8008": ["connects_abandoned"],
      "8009": ["accept_queue", "listen_drops"], "8010": ["syn_flood"],
      "8011": ["connections_reset"], "8012": ["ephemeral_ports"], "8013": ["descriptors"],
      "8014": ["end_unconfirmed"],
    ]

    /// `8001 close_wait`: the findings that are wanted here and stand, or stood at some poll.
    private func findings(_ metrics: Metrics, everStood: Bool = false) -> Set<String> {
      let wanted = metrics.samples("findings").filter {
        (everStood || $0.value == 1)
          && Self.ports[$0.label("port")]?.contains($0.label("kind")) == true
      }
      return Set(wanted.map { "\($0.label("port")) \($0.label("kind"))" })
    }

    private func accept(_ namespace: Namespace, _ mode: String, _ port: String) async throws
      -> Program
    {
      try await namespace.start("python3", "accept.py", mode, "127.0.0.1", port)
    }

    private func client(
      _ namespace: Namespace, _ mode: String, _ port: String, _ count: String,
      host: String = "127.0.0.1"
    ) async throws -> Program {
      try await namespace.start("python3", "client.py", mode, host, port, count)
    }

    @Test func `each finding stands while its cause does, and goes when that is mended`()
      async throws
    {
      try await withSandbox { namespace, directory in
        for address in ["192.0.2.1/32", "192.0.2.2/32"] {
          try await namespace.run("ip", "address", "add", address, "dev", "lo")
        }
        try await namespace.run("ip", "link", "set", "lo", "mtu", "1500")
        try await namespace.set("ip_local_port_range", to: "20000 20499")
        let config = try directory.write(
          "c.yaml", "close_wait: {stuck_after: 1s}\nstalls: {fault_after: 1s}\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(config)")
        try await namespace.filter(
          "tcp dport { 8006, 8008 } drop", "tcp sport 8010 drop",
          "tcp dport 8005 numgen random mod 100 < 30 drop")
        // A role of the drill, under a name of its own.
        let roles = try directory.write(
          "roles.py", String(contentsOfFile: Tool.program("drill.py"), encoding: .utf8))
        func role(_ arguments: String...) async throws -> Program {
          let program = try await namespace.start(["python3", roles] + arguments)
          try await program.says("ready")
          return program
        }

        _ = try await accept(namespace, "patient", "8010")
        _ = try await namespace.start(
          "python3", "half-open.py", "127.0.0.2", "127.0.0.1", "8010", "400")
        let leaky = try await accept(namespace, "idle", "8001")
        _ = try await client(namespace, "leave", "8001", "3")
        let late = try await namespace.start("python3", "answers.py", "late", "8002")
        _ = try await client(namespace, "half-close", "8002", "2")
        let stopped = try await accept(namespace, "patient", "8003")
        let sender = try await client(namespace, "hold", "8003", "1")
        try await daemon.metrics("that it is accepted") {
          $0.sum("accept_queue_length", ["port": "8003"]) == 0
            && $0.sum("sockets", ["port": "8003", "state": "established"]) == 2
        }
        try await stopped.signal("STOP")
        try await sender.tell("send", until: "sending")
        _ = try await accept(namespace, "patient", "8004")
        _ = try await role("streams", "127.0.0.1", "8004")
        _ = try await accept(namespace, "patient", "8005")
        let lossy = try await client(namespace, "hold", "8005", "1")
        try await lossy.tell("send", until: "sending")
        _ = try await accept(namespace, "patient", "8006")
        _ = try await client(namespace, "begin", "8006", "3")
        _ = try await role("visits", "127.0.0.1", "8007")
        let abandoned = try await client(namespace, "begin", "8008", "5")
        try await abandoned.tell("close", until: "closed")
        let full = try await accept(namespace, "patient", "8009")
        try await full.signal("STOP")
        _ = try await client(namespace, "begin", "8009", "160")
        _ = try await namespace.start("python3", "refuse-uploads.py", "127.0.0.1", "8011")
        let uploads = try await namespace.start("python3", "upload.py", "127.0.0.1", "8011")
        _ = try await namespace.start("python3", "accept.py", "patient", "192.0.2.1", "8012")
        let ports = try await client(namespace, "hold", "8012", "450", host: "192.0.2.1")
        // Descriptors are told of the fullest process of a name.
        let crowd = try directory.write(
          "crowd.py", String(contentsOfFile: Tool.program("accept.py"), encoding: .utf8))
        let crowded = try await namespace.start(
          ["python3", crowd, "idle", "127.0.0.1", "8013"])
        try await crowded.says("ready")
        _ = try await client(namespace, "hold", "8013", "20")
        try await namespace.run("prlimit", "--pid", "\(crowded.pid)", "--nofile=25:1000")
        _ = try await accept(namespace, "patient", "8014")
        let closing = try await client(namespace, "hold", "8014", "3")
        try await namespace.filter("tcp dport { 8004, 8014 } drop")
        try await closing.tell("close", until: "closed")

        // Dropped connections are evidence of a full queue, and are told when that is mended.
        let all = Set(Self.ports.flatMap { port, kinds in kinds.map { "\(port) \($0)" } })
        var missing: Set<String> = []
        do {
          try await daemon.metrics("each finding") {
            missing = all.subtracting(findings($0, everStood: true))
            return missing.isSubset(of: ["8009 listen_drops"])
          }
        } catch {
          Issue.record("never found: \(missing.sorted())")
        }

        try await namespace.run("nft", "flush", "ruleset")
        try await leaky.tell("release", until: "released")
        try await late.tell("answer", until: "answered")
        try await stopped.signal("CONT")
        _ = try await accept(namespace, "brusque", "8007")
        try await full.signal("CONT")
        try await uploads.signal("KILL")
        try await ports.tell("close", until: "closed")
        try await namespace.run("prlimit", "--pid", "\(crowded.pid)", "--nofile=1000:1000")

        var left: Set<String> = []
        do {
          let _: Bool = try await eventually("the end of all", within: .seconds(300)) {
            let metrics = try await daemon.metrics()
            left = findings(metrics)
            return left.isEmpty && findings(metrics, everStood: true).isSuperset(of: all)
              ? true : nil
          }
        } catch {
          Issue.record("not gone: \(left.sorted())")
        }
      }
    }

    private static let canDelay =
      access("/dev/net/tun", R_OK | W_OK) == 0
      && (try? String(
        contentsOfFile: "/proc/sys/net/ipv4/tcp_available_congestion_control", encoding: .utf8))?
        .contains("bbr") == true

    @Test(.enabled(if: canDelay, "there is no /dev/net/tun, or no bbr"))
    func `a send buffer that is too small for a long path is told until it is larger`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let sender = try await namespace.start("python3", "far-path.py", "25", "8016")
        let small = ["kind": "small_send_buffer", "process": "far-path.py"]
        try await daemon.metrics("the finding") {
          $0.samples("findings", small).contains {
            $0.value == 1 && $0.label("severity") == "notice" && $0.label("port") == "8016"
          }
        }
        try await sender.tell("enlarge", until: "enlarged")
        let _: Bool = try await eventually("its end", within: .seconds(300)) {
          try await daemon.metrics().sum("findings", small) == 0 ? true : nil
        }
      }
    }
  }
}
