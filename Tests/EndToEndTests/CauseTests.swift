import Foundation
import Testing

extension EndToEnd {
  /// One cause is one fault, and what works is none.
  @Suite("Causes") struct Causes {
    private func config(_ directory: Directory, stall: String = "1s") throws -> String {
      try directory.write(
        "c.yaml", "close_wait: {stuck_after: 1s}\nstalls: {fault_after: \(stall)}\n")
    }

    /// Findings that stand, or stood at some poll, as `process kind`.
    private func faults(_ metrics: Metrics, everStood: Bool = false) -> Set<String> {
      Set(
        metrics.samples("findings", ["severity": "fault"]).filter { everStood || $0.value == 1 }
          .map { "\($0.label("process")) \($0.label("kind"))" })
    }

    private func explain(_ namespace: Namespace, _ daemon: Daemon, _ arguments: String...)
      async throws -> String
    {
      let child = try await namespace.result(
        [Daemon.binary, "explain", "--connect=unix:\(daemon.socket)"] + arguments)
      return child.output + child.errors
    }

    @Test func `workers that hang behind a proxy are one fault, and the rest follows`() async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(config(directory))")
        let backend = try await namespace.start("python3", "hang.py", "9000", "2")
        let proxy = try await namespace.start("python3", "relay.py", "8000", "9000")
        // First those that are accepted, then those that fill the queue: who comes with them while it fills is half
        // connected (SYN-RECV), and who comes after that gets no answer.
        for (count, all) in [("2", 2.0), ("6", 8), ("4", 8)] {
          _ = try await namespace.start("python3", "client.py", "say", "127.0.0.1", "8000", count)
          try await daemon.metrics("\(all) connections, two of them accepted") {
            $0.sum("sockets", ["process": "hang.py", "state": "close_wait"]) == all
              && $0.sum("accept_queue_length", ["process": "hang.py"]) == all - 2
          }
        }
        try await daemon.metrics("one fault, with what follows from it") {
          let notices = $0.samples("findings", ["severity": "notice"]).filter { $0.value == 1 }
          return faults($0) == ["hang.py close_wait"]
            && notices.contains {
              $0.label("process") == "relay.py" && $0.label("kind") == "connects_unanswered"
            } && notices.contains { $0.label("kind") == "accept_queue" }
        }
        // Whoever is asked about, the first line under the heading names the one that hangs.
        for subject in ["relay.py", "\(proxy.pid)", ":9000", "\(backend.pid)"] {
          let text = try await explain(namespace, daemon, subject)
          let fault = text.split(separator: "\n").first {
            $0.hasPrefix("FAULT") || $0.hasPrefix("NOTE")
          }
          #expect(fault?.hasPrefix("FAULT") == true, "\(text)")
          #expect(fault?.contains("hang.py") == true, "\(text)")
          #expect(!text.contains("The network or the remote host"), "\(text)")
        }
        #expect(
          try await explain(namespace, daemon, "relay.py").contains("held up by hang.py"))
        let host = try await explain(namespace, daemon)
        let lines = host.split(separator: "\n")
        let words = host.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(lines.first?.contains(", 1 fault.") == true, "\(host)")
        #expect(lines.count { $0.hasPrefix("FAULT") } == 1, "\(host)")
        #expect(
          words.contains(
            #/-> relay\.py \(pid \d+\): Connection attempts of relay\.py to port 9000 get no answer/#
          ),
          "\(host)")
        // The API says what follows from what.
        let json = try await explain(namespace, daemon, "--json", "relay.py")
        #expect(json.contains(#""follows":{"kind":"accept_queue","process":"hang.py""#), "\(json)")
        #expect(json.contains(#""causes":[{"kind":"close_wait""#), "\(json)")
        let page = try #require(try await daemon.get("/_/page")).text
        #expect(page.contains("Follows from hang.py"))
        #expect(page.contains(#""is_consequence":true"#))
        #expect(page.contains(#""faults":1,"#))
      }
    }

    @Test func `from a proxy whose clients have gone to the workers that read nothing, one fault`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(config(directory))")
        _ = try await namespace.start("python3", "hang.py", "9000", "2")
        let source = try String(contentsOfFile: Tool.program("drill.py"), encoding: .utf8)
        for (name, role) in [
          ("proxy.py", ["proxy", "8000", "9000"]),
          ("visits.py", ["visits", "127.0.0.1", "8000", "0.1", "hello", "answer"]),
        ] {
          let program = try await namespace.start(
            ["python3", try directory.write(name, source)] + role)
          try await program.says("ready")
        }
        let stuck = try await daemon.metrics("what the proxy has not closed, in each way") {
          metrics in
          ["not_closed", "data_unread"].allSatisfy { cause in
            metrics.sum("close_wait_stuck_sockets", ["process": "proxy.py", "cause": cause]) > 2
          }
        }
        let later = try await daemon.metrics("more polls") { $0.polls > stuck.polls + 10 }
        #expect(Set(faults(later).map { $0.prefix { $0 != " " } }) == ["hang.py"])
        let host = try await explain(namespace, daemon)
        #expect(host.split(separator: "\n").first?.contains(", 1 fault.") == true, "\(host)")
        #expect(host.split(separator: "\n").count { $0.hasPrefix("FAULT") } == 1, "\(host)")
      }
    }

    @Test func `a reader that makes progress is no fault, and one that stops is after a while`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(config(directory, stall: "4s"))")
        _ = try await namespace.start("python3", "answers.py", "feed", "8001")
        let reader = try await namespace.start("python3", "reader.py", "8001")
        let first = try await daemon.metrics("a queue") {
          $0.sum("receive_queue_bytes", ["process": "reader.py"]) > 0
        }
        let later = try await daemon.metrics("polls for twice as long") {
          $0.polls > first.polls + 40
        }
        #expect(faults(later, everStood: true).isEmpty)
        // Between two polls it may have read what was there: then nothing is said of it.
        try await eventually("how fast it reads") {
          try await explain(namespace, daemon, "reader.py").contains("a second") ? () : nil
        }

        try await reader.tell("pause", until: "paused")
        let labels = ["process": "reader.py", "kind": "unread_data"]
        let fault = try await daemon.metrics("one fault") {
          faults($0) == ["reader.py unread_data"]
        }
        #expect(
          !fault.samples("findings", labels.merging(["severity": "notice"]) { $1 }).isEmpty,
          "it was a notice before")
        let stopped = try await explain(namespace, daemon, "8001")
        let peer = try await explain(namespace, daemon, "answers.py")
        #expect(peer.contains("FAULT: reader.py does not read"), "\(peer)\(stopped)")
        #expect(peer.contains("no progress for"), "\(peer)")
        try await reader.tell("go", until: "going")
        try await daemon.metrics("no fault any more") { faults($0).isEmpty }
      }
    }

    @Test func `a half close on purpose is no leak, through a relay too, until the peer is gone`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(config(directory))")
        let server = try await namespace.start("python3", "answers.py", "late", "7100")
        _ = try await namespace.start("python3", "relay.py", "7101", "7100")
        let client = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "7100", "2")
        let through = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "7101", "2")
        let old = try await daemon.metrics("CLOSE-WAIT for long") {
          $0.sum("close_wait_stuck_sockets") == 6
        }
        let later = try await daemon.metrics("more polls") { $0.polls > old.polls + 5 }
        #expect(faults(later, everStood: true).isEmpty)
        let text = try await explain(namespace, daemon, "\(server.pid)")
        #expect(text.contains("half closed"), "\(text)")
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("hold their sockets and wait (FIN-WAIT-2)"), "\(text)")
        #expect(!text.contains("leaked the descriptor"), "\(text)")

        try await client.signal("KILL")
        try await daemon.metrics("a leak") { faults($0) == ["answers.py close_wait"] }
        // The clients of the relay are still there: so is what they wait for.
        try await through.tell("close", until: "closed")
        try await server.tell("answer", until: "answered")
        try await daemon.metrics("the end of all") { faults($0).isEmpty }
      }
    }

    @Test func `explain of a pid has its own sockets, whatever its name's others do`() async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(config(directory))")
        let leaky = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "leave", "127.0.0.1", "8001", "3")
        // A second process of that name at the same port.
        let other = try await namespace.start("python3", "accept.py", "idle", "127.0.0.2", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.2", "8001", "2")
        try await daemon.metrics("the leak, and nothing that is still to be accepted") {
          faults($0) == ["accept.py close_wait"]
            && $0.sum("sockets", ["process": "accept.py"]) == 7
            && $0.sum("accept_queue_length") == 0
        }
        let healthy = try await explain(namespace, daemon, "\(other.pid)")
        #expect(healthy.hasPrefix("pid \(other.pid): 3 sockets, healthy."), "\(healthy)")
        let own = try await explain(namespace, daemon, "\(leaky.pid)")
        #expect(own.hasPrefix("pid \(leaky.pid): 4 sockets, 1 fault."), "\(own)")
        #expect(
          try await explain(namespace, daemon, "accept.py").hasPrefix(
            "accept.py: 7 sockets, 1 fault."))
      }
    }

    @Test func `only what was checked is called healthy`() async throws {
      try await withSandbox { namespace, _ in
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        for subject in [[], [":8001"]] {
          let well = try await namespace.result(
            [Daemon.binary, "explain", "--for=100ms"] + subject)
          #expect(well.output.contains("1 socket"), "\(well.output)\(well.errors)")
          #expect(well.output.contains(", healthy."), "\(well.output)")
          let blind = try await namespace.result(
            [Daemon.binary, "explain", "--for=100ms", "--source=procfs"] + subject)
          #expect(!blind.output.contains("healthy"), "\(blind.output)")
          #expect(
            blind.output.contains("Nothing wrong was seen, and this could not be checked:"),
            "\(blind.output)\(blind.errors)")
        }
      }
    }
  }
}
