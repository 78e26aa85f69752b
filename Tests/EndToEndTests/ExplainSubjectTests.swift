import Testing

extension EndToEnd {
  @Suite struct ExplainSubject {
    @Test func `a number or a port of this host is taken for what is meant, or told what to type`()
      async throws
    {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        // Process 1 is there, and has no socket.
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "1")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await daemon.freshMetrics()
        for source in ["--for=100ms", "--connect=unix:\(daemon.socket)"] {
          for subject in [":8001", "8001", "127.0.0.1:8001", "localhost:8001", "[::1]:8001"] {
            let child = try await namespace.result([Daemon.binary, "explain", subject, source])
            #expect(child.end == .exited(0), "\(child.errors)")
            #expect(child.output.hasPrefix("port 8001: 1 socket"), "\(child.output)")
          }
          for (subject, line) in [
            (
              ":8005",
              "port 8005: no TCP socket of that is known; an attempt that fails in a blocking connect() is seen only"
            ),
            ("1", "pid 1: no TCP socket of that is known; for the port, ask for :1"),
            (
              "[fe80::1]:9200",
              "[fe80::1]:9200: no TCP socket of that is known; for the port, ask for :9200"
            ), ("9999", "pid 9999: no TCP socket of that is known; there is no process or thread"),
          ] {
            let child = try await namespace.result([Daemon.binary, "explain", subject, source])
            #expect(child.end == .exited(1))
            #expect(child.errors.contains(line), "\(child.errors)")
          }
        }
      }
    }

    /// Has a program try to connect again and again.
    private static func attempt(_ port: Int, every seconds: Double, in namespace: Namespace)
      async throws
    {
      let program = """
        import socket, time
        while True:
            attempt = socket.socket()
            attempt.setblocking(False)
            attempt.connect_ex(("127.0.0.1", \(port)))
            time.sleep(\(seconds))
            attempt.close()
        """
      _ = try await namespace.start(["python3", "-c", program])
    }

    /// What `explain` says with a daemon and without.
    private func explain(
      _ subject: String, in namespace: Namespace, _ daemon: Daemon, _ arguments: String...
    ) async throws -> [Child] {
      var answers: [Child] = []
      for source in ["--for=500ms", "--connect=unix:\(daemon.socket)"] {
        answers.append(
          try await namespace.result([Daemon.binary, "explain", subject, source] + arguments))
      }
      return answers
    }

    @Test func `the id of a thread is taken for its process, and one that has ended for none`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let server = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "8001")
        let idle = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8002")
        try await idle.tell("stop", until: "stopped")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await daemon.freshMetrics()
        let threads = try await namespace.run("ls", "/proc/\(server.pid)/task").split(
          whereSeparator: \.isWhitespace)
        let thread = try #require(threads.first { Int($0) != server.pid })
        for answer in try await explain(String(thread), in: namespace, daemon) {
          let line = "pid \(server.pid) (\(thread) is one of its threads): 1 socket, healthy."
          #expect(answer.end == .exited(0) && answer.output.hasPrefix(line), "\(answer.output)")
        }
        for answer in try await explain(String(thread), in: namespace, daemon, "--json") {
          #expect(
            answer.output.hasPrefix(
              "{\"subject\":{\"pid\":\(server.pid),\"thread\":\(thread)}"), "\(answer.output)")
        }
        try await server.signal("KILL")
        try await server.child.ended()
        for answer in try await explain(String(thread), in: namespace, daemon) {
          #expect(answer.end == .exited(1))
          #expect(answer.errors.contains("there is no process or thread with that id"))
        }
      }
    }

    @Test func `a launcher that only holds a listener is told what it holds, and who accepts`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let service = try directory.write(
          "service.py", String(contentsOfFile: Tool.program("shared-port.py"), encoding: .utf8))
        let launcher = try await namespace.start(
          "python3", "shared-port.py", "launch", "127.0.0.1", "8001", service)
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        try await daemon.metrics("what it has accepted") {
          $0.sum("sockets", ["process": "service.py", "state": "established"]) == 2
        }
        for subject in ["shared-port.py", String(launcher.pid)] {
          for answer in try await explain(subject, in: namespace, daemon) {
            #expect(answer.end == .exited(0), "\(answer.errors)")
            #expect(answer.output.contains(": no socket is counted for it."), "\(answer.output)")
            #expect(
              answer.output.contains(
                /127\.0\.0\.1:8001: service\.py \(pid \d+\) accepts its\s+conn/),
              "\(answer.output)")
            #expect(!answer.output.contains("healthy"))
          }
          for answer in try await explain(subject, in: namespace, daemon, "--json") {
            #expect(
              answer.output.contains("\"related\":[{\"process\":\"service.py\""),
              "\(answer.output)")
          }
        }
      }
    }

    @Test func `a name that is not known ends with 1, also if something may be related`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        try await Self.attempt(8001, every: 0.05, in: namespace)
        for (index, arguments) in [[], ["--json"]].enumerated() {
          for source in ["--for=1s", "--connect=unix:\(daemon.socket)"] {
            let answer = try await eventually("what may be related") {
              let answer = try await namespace.result(
                [Daemon.binary, "explain", "nobody", source] + arguments)
              #expect(answer.end == .exited(1))
              return answer.output.isEmpty ? nil : answer
            }
            #expect(answer.errors == "")
            #expect(
              answer.output.contains(
                ["nobody: no TCP socket of that is known now.", "\"perhaps\":[{"][index]),
              "\(answer.output)")
          }
        }
        let answer = try #require(try await daemon.get("/api/v1/explain?subject=nobody"))
        #expect(answer.status == 404 && answer.text.contains("Possibly related"))
      }
    }

    @Test func `of a port whose server has gone what is left of it is told`() async throws {
      try await withSandbox { namespace, directory in
        // Ports that the kernel may choose: which end is the service's is not known.
        let server = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "40001")
        _ = try await namespace.start("python3", "client.py", "leave", "127.0.0.1", "40001", "3")
        _ = try await eventually("what is left of them") {
          let text = try await namespace.run("ss", "-tnH", "state", "time-wait")
          return text.split(separator: "\n").count == 3 ? true : nil
        }
        try await server.signal("KILL")
        try await server.child.ended()
        let bound = try await namespace.start([
          "python3", "-c",
          "import socket; s = socket.socket(); s.bind(('127.0.0.1', 9001)); print('ready', flush=True); input()",
        ])
        try await bound.says("ready")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await daemon.freshMetrics()
        for answer in try await explain(":40001", in: namespace, daemon) {
          #expect(answer.end == .exited(0), "\(answer.errors)")
          #expect(answer.output.hasPrefix("port 40001: no socket is counted for it."))
          let told = answer.output.replacing(/\s+/, with: " ")
          #expect(told.ranges(of: "peer 127.0.0.1:40001, TIME-WAIT").count == 3, "\(told)")
        }
        for answer in try await explain(":9001", in: namespace, daemon) {
          let told = answer.output.replacing(/\s+/, with: " ")
          #expect(told.contains("at 127.0.0.1:9001: pid \(bound.pid), fd 3, CLOSED"), "\(told)")
          #expect(told.contains("not connected") && !told.contains("connects to port other"))
        }
        try await Self.attempt(8004, every: 1, in: namespace)
        for source in ["--for=3s", "--connect=unix:\(daemon.socket)"] {
          _ = try await eventually("the attempts") {
            let answer = try await namespace.result([Daemon.binary, "explain", ":8004", source])
            return answer.output.contains("refused") && answer.end == .exited(0) ? true : nil
          }
        }
      }
    }
  }
}
