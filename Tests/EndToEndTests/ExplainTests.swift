import Foundation
import Testing

extension EndToEnd {
  @Suite("explain", .enabled(if: Tool.has("node"), "node is not installed"))
  struct Explain {
    /// What is compared of a finding.
    private struct Found: Hashable {
      var kind: String
      var responsible: String
      var severity: String
      var process: String
    }

    private struct Answer {
      var severity: String
      var findings: [Found]
      var perhaps: [Found]
      /// All that is said of what was found.
      var words: String

      init(_ output: [UInt8]) throws {
        let object = try #require(
          JSONSerialization.jsonObject(with: Data(output)) as? [String: Any])
        let list = { (name: String) in
          (object[name] as? [[String: Any]] ?? []).map { finding in
            let text = { (key: String) in finding[key] as? String ?? "" }
            return Found(
              kind: text("kind") + (finding["cause"] == nil ? "" : " " + text("cause")),
              responsible: text("responsible"), severity: text("severity"), process: text("process")
            )
          }
        }
        severity = object["severity"] as? String ?? ""
        findings = list("findings")
        perhaps = list("perhaps")
        words = String(decoding: output, as: UTF8.self)
      }
    }

    private func explain(_ namespace: Namespace, _ subject: String, _ arguments: [String] = [])
      async throws -> Answer?
    {
      let isConnected = arguments.contains { $0.hasPrefix("--connect") }
      let child = try await namespace.result(
        [Daemon.binary, "explain", subject, "--json"] + (isConnected ? [] : ["--for=1s"])
          + arguments)
      if child.end == .exited(1) { return nil }
      guard child.end == .exited(0) else { throw Child.Failure(description: child.errors) }
      return try Answer(child.outputBytes)
    }

    /// Asks until this is found, and told in these words. What else is found depends on how long it has lasted:
    /// connects that a full queue leaves waiting are a fault of their own after a while.
    @discardableResult
    private func expect(
      _ kind: String, responsible: String, severity: String = "fault", of process: String,
      asking subjects: String..., in namespace: Namespace, _ arguments: [String] = [],
      saying words: String = ""
    ) async throws -> Answer {
      var last: Answer?
      let found = Found(kind: kind, responsible: responsible, severity: severity, process: process)
      for subject in subjects {
        do {
          // Of this type, and not an optional one, which nil would be an answer of.
          let _: Answer = try await eventually("\(kind) of \(subject)") {
            last = try await explain(namespace, subject, arguments)
            guard let last, last.findings.contains(found) else { return nil }
            return words.isEmpty || last.words.contains(words) ? last : nil
          }
        } catch {
          throw Child.Failure(description: "\(error): \(last?.findings ?? [])")
        }
      }
      return try #require(last)
    }

    @Test func `each cause of a stuck CLOSE-WAIT is told, by process, pid and port`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
        let leaky = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        let idle = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8002")
        let paused = try await namespace.start("node", "paused-server.js", "127.0.0.1", "8003")
        _ = try await namespace.start("python3", "accept.py", "deaf", "127.0.0.1", "8004")
        for (mode, port) in [
          ("leave", "8001"), ("leave", "8002"), ("say", "8003"), ("half-close", "8004"),
        ] {
          _ = try await namespace.start("python3", "client.py", mode, "127.0.0.1", port, "2")
        }
        let options = ["--config.file=\(file)"]
        let answer = try await expect(
          "close_wait not_closed", responsible: "process", of: "leaky-server.js",
          asking: ":8001", "leaky-server.js", "\(leaky.pid)", in: namespace, options,
          saying: "2 connections on port 8001 are stuck in CLOSE-WAIT")
        #expect(answer.words.contains("\"open_fds\":"))
        #expect(answer.words.contains("\"pid\":\(leaky.pid)"))
        try await expect(
          "close_wait end_unread", responsible: "process", of: "accept.py",
          asking: ":8002", "\(idle.pid)", in: namespace, options)
        try await expect(
          "close_wait data_unread", responsible: "process", of: "paused-server.js",
          asking: "\(paused.pid)", in: namespace, options)
        try await expect(
          "close_wait not_accepted", responsible: "process", of: "accept.py",
          asking: ":8004", in: namespace, options)
      }
    }

    @Test func `a process that does not read is told, and so is its peer`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "stalls: {fault_after: 1s}\n")
        _ = try await namespace.start("node", "paused-server.js", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "2")
        try await expect(
          "unread_data", responsible: "process", of: "paused-server.js", asking: "paused-server.js",
          in: namespace, ["--config.file=\(file)"])
        let answer = try await expect(
          "peer_not_reading", responsible: "peer", severity: "notice", of: "client.py",
          asking: "client.py",
          in: namespace, saying: "\"stall_reason\":\"peer_window\",\"sockets\":2")
        // Whoever it waits for is on this host, and is named.
        let reader = try await namespace.run("pgrep", "-f", "paused-server.js").filter(\.isNumber)
        #expect(answer.words.contains("paused-server.js (pid \(reader)), on this host"))
        #expect(!answer.words.contains("peer's host"))
      }
    }

    @Test func `a full listener of this host is named, by the host and by a daemon`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        for (address, port) in [("127.0.0.1", "8001"), ("192.0.2.1", "8002")] {
          let deaf = try await namespace.start("python3", "accept.py", "deaf", address, port)
          _ = try await namespace.start("python3", "client.py", "begin", address, port, "160")
          let caller = try await namespace.start("node", "connects.js", address, port, "3")
          for source in [[], ["--connect=unix:\(daemon.socket)"]] {
            let answer = try await expect(
              "connects_unanswered listener_full", responsible: "peer", severity: "notice",
              of: "connects.js",
              asking: "\(caller.pid)", in: namespace, source)
            #expect(answer.words.contains("\"responsible\":\"accept.py (pid \(deaf.pid))"))
            #expect(answer.words.contains("\"command\":\"top -H -p \(deaf.pid)\""))
            #expect(
              answer.words.contains("\"accept_queue_length\":129,\"accept_queue_limit\":128"))
            let again = source.isEmpty ? "" : " --connect unix:\(daemon.socket)"
            #expect(
              answer.words.contains("\"command\":\"sockstated explain \(deaf.pid)\(again)\""))
          }
        }
      }
    }

    @Test(
      .enabled(if: Tool.has("nft"), "nft is not installed"))
    func `connects that nobody answers and refused ones are told apart`() async throws {
      try await withSandbox { namespace, _ in
        try await namespace.filter("tcp dport 8002 drop")
        let waiting = try await namespace.start("node", "connects.js", "127.0.0.1", "8002", "3")
        try await expect(
          "connects_unanswered", responsible: "network", of: "connects.js",
          asking: "connects.js", "\(waiting.pid)", in: namespace,
          saying: "3 connection attempts to 127.0.0.1:8002 without an answer")

        _ = try await namespace.start("node", "retry.js", "8004", "127.0.0.1", "8003")
        // Over before anyone could see whose they were.
        try await expect(
          "connects_refused", responsible: "peer", of: "unknown", asking: ":8003", in: namespace)
        let own = try await eventually("what may be its own") {
          let answer = try await explain(namespace, "retry.js")
          return answer?.perhaps.isEmpty == false ? answer : nil
        }
        #expect(own.perhaps.map(\.kind) == ["connects_refused"])
      }
    }

    @Test(.enabled(if: Tool.has("nft"), "nft is not installed"))
    func `loss is told as the network's`() async throws {
      try await withSandbox { namespace, _ in
        try await namespace.run("ip", "link", "set", "lo", "mtu", "1500")
        try await namespace.filter("tcp dport 8001 numgen random mod 100 < 15 drop")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "4")
        let loss = Found(
          kind: "loss", responsible: "network", severity: "fault", process: "client.py")
        // Other findings may stand beside it: some of the four have backed off, or a server that gets no processor
        // does not read.
        let answer = try await eventually("loss") {
          let answer = try await explain(namespace, "client.py")
          return answer?.findings.contains(loss) == true ? answer : nil
        }
        #expect(answer.severity == "fault")
      }
    }

    @Test func `a full accept queue is told as the process's`() async throws {
      try await withSandbox { namespace, _ in
        let deaf = try await namespace.start("python3", "accept.py", "deaf", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "begin", "127.0.0.1", "8001", "160")
        let answer = try await expect(
          "accept_queue", responsible: "process", of: "accept.py", asking: ":8001", "\(deaf.pid)",
          in: namespace)
        #expect(answer.words.contains("\"accept_queue_limit\":128"))
      }
    }

    @Test func `ephemeral ports that TIME-WAIT holds are told, with their owner by a daemon`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
        try await namespace.set("ip_local_port_range", to: "20000 20099")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("node", "service.js", "192.0.2.1", "8001", "peer", "0")
        let client = try await namespace.start(
          "python3", "client.py", "hold", "192.0.2.1", "8001", "90")
        _ = try await daemon.freshMetrics()
        try await client.tell("close", until: "closed")
        let answer = try await expect(
          "ephemeral_ports", responsible: "process", of: "unknown", asking: ":8001", in: namespace)
        // The server may close one first: its end is then the one in TIME-WAIT.
        #expect(answer.words.contains(#/(8[5-9]|90) of 100 local ports of 192\.0\.2\.1 in use/#))
        try await expect(
          "ephemeral_ports", responsible: "process", of: "client.py", asking: "client.py",
          in: namespace,
          ["--connect=unix:\(daemon.socket)"])
        // Who is there for a moment only is seen too, and is likely the one.
        let visitor = try directory.write(
          "visitor.py",
          """
          import socket, struct, time
          while True:
              with socket.create_connection(("192.0.2.1", 8001)) as visit:
                  time.sleep(0.05)
                  visit.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
              time.sleep(0.5)
          """)
        _ = try await namespace.start(["python3", visitor])
        try await expect(
          "ephemeral_ports", responsible: "process", of: "visitor.py", asking: ":8001",
          in: namespace, saying: "likely")
      }
    }

    @Test func `a healthy process is told so, and one that is not there is an error`() async throws
    {
      try await withSandbox { namespace, _ in
        let server = try await namespace.start(
          "node", "service.js", "127.0.0.1", "8001", "peer", "0")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        // Until it has accepted both.
        let healthy = try await eventually("three sockets") {
          let child = try await namespace.result([
            Daemon.binary, "explain", "\(server.pid)", "--for=1s",
          ])
          #expect(child.end == .exited(0))
          return child.output.hasPrefix("pid \(server.pid): 3 sockets") ? child : nil
        }
        #expect(healthy.output.hasPrefix("pid \(server.pid): 3 sockets, healthy.\n"))
        #expect(healthy.output.contains("Nothing is wrong that TCP shows."))
        #expect(try await explain(namespace, "service.js")?.findings == [])

        for (subject, status, reason) in [
          ("nobody.js", Int32(1), "nobody.js: no TCP socket"), ("99999", 1, "pid 99999"),
          (":9", 1, "port 9"), (":port", 2, "neither a pid"),
        ] {
          let child = try await namespace.result([Daemon.binary, "explain", subject, "--for=100ms"])
          #expect(child.end == .exited(status))
          #expect(child.errors.contains(reason))
          #expect(child.output.isEmpty)
        }
      }
    }

    @Test func `a daemon knows at once what a first look cannot`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--web.listen-address=127.0.0.1:10793")
        let connect = ["--connect=unix:\(daemon.socket)"]
        _ = try await namespace.start("node", "retry.js", "8004", "127.0.0.1", "8003")
        try await daemon.metrics("refused connects") {
          $0.sum("connect_failures_total", ["reason": "refused"]) > 5
        }
        try await expect(
          "connects_refused", responsible: "peer", of: "unknown", asking: ":8003", in: namespace,
          connect)
        let server = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "3")
        try await expect(
          "half_closed", responsible: "process", severity: "notice", of: "leaky-server.js",
          asking: "\(server.pid)", "leaky-server.js", ":8001", in: namespace, connect)

        try await expect(
          "half_closed", responsible: "process", severity: "notice", of: "leaky-server.js",
          asking: "\(server.pid)", ":8001", in: namespace, ["--connect=http://127.0.0.1:10793"])

        let wrong = try await namespace.result([
          Daemon.binary, "explain", ":8001", "--connect=unix:\(directory.file("nobody"))",
        ])
        #expect(wrong.end == .exited(1))
        #expect(wrong.errors.contains("connect: No such file or directory"))
      }
    }
  }
}
