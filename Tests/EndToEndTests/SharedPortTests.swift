import Foundation
import Testing

extension EndToEnd {
  /// Ports that several processes listen on, or whose listener several hold; the oracle is `ss -tlnp`.
  @Suite struct SharedPorts {
    private struct Finding: Decodable {
      struct Words: Decodable { var headline: String }
      var kind: String
      var process: String
      var pid: Int?
      var words: Words
    }

    private func start(_ namespace: Namespace, _ directory: Directory) async throws -> Daemon {
      let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
      return try await Daemon.start(in: namespace, directory: directory, "--config.file=\(file)")
    }

    /// The findings of a kind, once they are as wanted: a server that gets no processor does not accept either.
    @discardableResult
    private func findings(
      _ kind: String, _ daemon: Daemon, where accept: ([Finding]) -> Bool
    ) async throws -> [Finding] {
      struct Document: Decodable { var findings: [Finding] }
      var found: [Finding] = []
      do {
        return try await eventually(kind) {
          let answer = try #require(try await daemon.get("/api/v1/findings"))
          found = try JSONDecoder().decode(Document.self, from: Data(answer.body)).findings
            .filter { $0.kind == kind }
          return accept(found) ? found : nil
        }
      } catch {
        throw Child.Failure(description: "\(error): \(found)")
      }
    }

    /// How many wait in the only accept queue that is not empty, once there is only one; and whose it is.
    private func onlyQueue(_ namespace: Namespace) async throws -> (pid: Int, length: Int) {
      try await eventually("one accept queue that is not empty") {
        let queues = try await queues(namespace)
        return queues.count == 1 ? queues.first.map { ($0.key, $0.value) } : nil
      }
    }

    /// The processes whose accept queues are not empty, with how many wait.
    private func queues(_ namespace: Namespace) async throws -> [Int: Int] {
      let lines = try await namespace.run("ss", "-tlnpH").split(separator: "\n")
      return Dictionary(
        uniqueKeysWithValues: lines.compactMap { line in
          guard let match = line.firstMatch(of: /LISTEN +([1-9][0-9]*) .*pid=([0-9]+)/),
            let queue = Int(match.1), let pid = Int(match.2)
          else { return nil }
          return (pid, queue)
        })
    }

    /// The program under another name, which is that of its process.
    private func copy(_ name: String, _ directory: Directory) throws -> String {
      try directory.write(
        name, String(contentsOfFile: Tool.program("shared-port.py"), encoding: .utf8))
    }

    private func listen(
      _ name: String, _ mode: String, _ namespace: Namespace, _ directory: Directory
    ) async throws -> Program {
      let program = try await namespace.start(
        ["python3", try copy("\(name).py", directory), mode, "127.0.0.1", "8001"])
      try await program.says("ready")
      return program
    }

    @Test(arguments: 0...2)
    func `of processes that share a port, the one that does not accept gets the fault`(
      hanging: Int
    ) async throws {
      try await withSandbox { namespace, directory in
        var servers: [Program] = []
        for number in 0...2 {
          servers.append(
            try await listen("web", number == hanging ? "deaf" : "serve", namespace, directory))
        }
        let daemon = try await start(namespace, directory)
        _ = try await namespace.start("python3", "client.py", "leave", "127.0.0.1", "8001", "40")
        #expect(try await onlyQueue(namespace).pid == servers[hanging].pid)
        try await findings("close_wait", daemon) { $0.map(\.pid) == [servers[hanging].pid] }
        for server in servers {
          let explained = try await namespace.run(
            Daemon.binary, "explain", String(server.pid), "--connect=unix:\(daemon.socket)")
          #expect(
            explained.contains("FAULT") == (server.pid == servers[hanging].pid), "\(explained)")
        }
      }
    }

    @Test(arguments: [["bad", "good"], ["good", "bad"]])
    func `of programs that share a port, what nobody has accepted is that of the one that does not`(
      order: [String]
    ) async throws {
      try await withSandbox { namespace, directory in
        for name in order {
          _ = try await listen(name, name == "bad" ? "deaf" : "serve", namespace, directory)
        }
        let daemon = try await start(namespace, directory)
        _ = try await namespace.start("python3", "client.py", "leave", "127.0.0.1", "8001", "40")
        try await findings("close_wait", daemon) { $0.map(\.process) == ["bad.py"] }
        let waiting = Double(try await onlyQueue(namespace).length)
        let metrics = try await daemon.metrics("those of the other are over") {
          $0.sum("sockets", ["process": "bad.py", "state": "close_wait"]) == waiting
            && $0.sum("sockets", ["process": "good.py", "state": "close_wait"]) == 0
        }
        #expect(metrics.sum("close_wait_stuck_sockets", ["process": "good.py"]) == 0)
        // Which of them the brief ones came to nobody knows.
        #expect(
          metrics.sum("connections_opened_total", ["process": "unknown", "direction": "inbound"])
            > 0)
      }
    }

    @Test(.enabled(if: Tool.has("nginx"), "nginx is not installed: make test-deps"))
    func `a worker of nginx that is stopped is told, whichever it is`() async throws {
      try await withSandbox { namespace, directory in
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
          .map { "\($0)_temp_path \(directory.path)/\($0);" }.joined(separator: "\n")
        let file = try directory.write(
          "nginx.conf",
          """
          daemon off; pid \(directory.path)/nginx.pid; error_log stderr; worker_processes 3;
          events {}
          http {
            access_log off;
            \(paths)
            server { listen 127.0.0.1:8001 reuseport; return 200 ok; }
          }
          """)
        let nginx = try #require(Tool.path("nginx"))
        let libraries = URL(filePath: nginx).deletingLastPathComponent()
          .deletingLastPathComponent().appendingPathComponent("lib").path
        let machine = try await namespace.run("uname", "-m").trimmingCharacters(in: .newlines)
        let master = try await namespace.start([
          "env", "LD_LIBRARY_PATH=\(libraries)/\(machine)-linux-gnu", nginx, "-c", file, "-p",
          directory.path, "-g", "user root;", "-e", "stderr",
        ])
        let workers = try await eventually("its workers") {
          let children = "/proc/\(master.pid)/task/\(master.pid)/children"
          let pids = try await namespace.run("cat", children).split(separator: " ")
          return pids.count == 3 ? pids : nil
        }
        let daemon = try await start(namespace, directory)
        let stopped = workers[1]
        try await namespace.run("kill", "-STOP", String(stopped))
        _ = try await namespace.start("python3", "client.py", "leave", "127.0.0.1", "8001", "40")
        let found = try await findings("close_wait", daemon) {
          $0.first?.words.headline.contains("stopped") == true
        }
        #expect(found[0].words.headline.hasPrefix("nginx (\(stopped)) is stopped (SIGSTOP)"))
        #expect(found[0].pid == nil)
      }
    }

    @Test func `a service that is stopped is told, and not the launcher that holds its listener`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let service = try copy("service.py", directory)
        let launcher = try await namespace.start(
          "python3", "shared-port.py", "launch", "127.0.0.1", "8001", service)
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "client.py", "begin", "127.0.0.1", "8001", "2")
        try await daemon.metrics("what it has accepted") {
          $0.sum("sockets", ["process": "service.py", "state": "established"]) == 2
        }
        try await launcher.tell("hang", until: "done")
        _ = try await namespace.start("python3", "client.py", "begin", "127.0.0.1", "8001", "4")
        let found = try await findings("accept_queue", daemon) {
          $0.map(\.process) == ["service.py"]
        }
        let pid = try #require(found.first?.pid)
        for subject in ["service.py", String(pid)] {
          let words = try await daemon.explain(subject, saying: "service.py (\(pid)) is stopped")
          #expect(!words.contains("shared-port.py"), "\(words)")
        }
      }
    }
  }
}
