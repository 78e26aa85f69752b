import Foundation
import Testing

extension EndToEnd {
  /// Processes that do nothing because something keeps them from running: then that is the answer.
  @Suite struct Conditions {
    /// Waits for the beginning of a headline.
    private func headline(
      _ beginning: String, of subject: String, _ daemon: Daemon
    ) async throws {
      try await explanation("\"headline\":\"\(beginning)", of: subject, daemon)
    }

    private func explanation(
      _ text: String, of subject: String, _ daemon: Daemon
    ) async throws {
      var last = ""
      do {
        try await eventually(text) {
          last = try await daemon.program.namespace.run(
            Daemon.binary, "explain", subject, "--json", "--connect=unix:\(daemon.socket)")
          return last.contains(text) ? () : nil
        }
      } catch {
        throw Child.Failure(description: "\(error): \(last)")
      }
    }

    @Test
    func `a reader that is stopped is named as stopped, here and to its peer, until it goes on`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let reader = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "2")
        try await daemon.metrics("traffic") { $0.sum("received_bytes_total") > 0 }
        try await reader.signal("STOP")
        let words = "accept.py (\(reader.pid)) is stopped (SIGSTOP): kill -CONT \(reader.pid). "
        try await headline(words, of: "accept.py", daemon)
        try await headline(words, of: "client.py", daemon)
        let page = try #require(try await daemon.get("/_/page")).text
        #expect(page.contains(words))
        try await reader.signal("CONT")
        try await daemon.metrics("the end of it") {
          $0.sum("findings", ["kind": "unread_data"]) == 0
        }
      }
    }

    @Test func `an acceptor that is stopped is the answer for those that it keeps waiting`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let server = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "8001")
        try await server.signal("STOP")
        _ = try await namespace.start("python3", "client.py", "begin", "127.0.0.1", "8001", "150")
        let words = "accept.py (\(server.pid)) is stopped (SIGSTOP): "
        try await headline(
          words + "kill -CONT \(server.pid). accept.py does not accept", of: ":8001", daemon)
        try await headline(words, of: "client.py", daemon)
      }
    }

    /// Reads in its main thread, and hands that to a function of a library after a while, if it is given one.
    private static let reader = """
      import ctypes, socket, sys
      server = socket.create_server(("127.0.0.1", 8001))
      print("ready", flush=True)
      connection, _ = server.accept()
      while connection.recv(65536):
          if len(sys.argv) > 2:
              getattr(ctypes.CDLL(sys.argv[1]), sys.argv[2])()
      """

    /// Becomes the tracer of a process: PTRACE_ATTACH.
    private static let tracer = """
      import ctypes, sys
      ctypes.CDLL(None).ptrace(16, int(sys.argv[1]), None, None)
      print("ready", flush=True)
      sys.stdin.read()
      """

    @Test(.enabled(if: Tool.has("cc"), "cc is not installed"))
    func `uninterruptible sleep is named`() async throws {
      try await withSandbox { namespace, directory in
        let library = try await namespace.library("vfork", in: directory)
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let reader = try await namespace.start([
          "python3", "-c", Self.reader, library, "sleep_in_vfork",
        ])
        try await reader.says("ready")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "1")
        try await explanation(
          " (\(reader.pid)) is in uninterruptible sleep (D): ", of: "\(reader.pid)", daemon)
      }
    }

    @Test func `a process that is traced is named`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let reader = try await namespace.start(["python3", "-c", Self.reader])
        try await reader.says("ready")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "1")
        try await namespace.start(["python3", "-c", Self.tracer, "\(reader.pid)"]).says("ready")
        try await explanation(
          " (\(reader.pid)) is stopped by a debugger (ptrace): ", of: "\(reader.pid)", daemon)
      }
    }

    /// Lets a process go on after each system call, as strace(1) does, but slower.
    private static let slowTracer = """
      import ctypes, os, sys, time
      trace, pid = ctypes.CDLL(None).ptrace, int(sys.argv[1])
      trace(16, pid, None, None)
      print("ready", flush=True)
      while os.WIFSTOPPED(os.waitpid(pid, 0)[1]):
          time.sleep(0.02)
          trace(24, pid, None, None)
      """

    @Test func `a process that runs under a tracer is not said to be stopped`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let busy = Self.reader.replacing(
          "while connection.recv(65536):", with: "import os\nwhile os.getpid():")
        let reader = try await namespace.start(["python3", "-c", busy])
        try await reader.says("ready")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "1")
        try await namespace.start(["python3", "-c", Self.slowTracer, "\(reader.pid)"]).says("ready")
        try await daemon.metrics("the finding") {
          $0.sum("findings", ["kind": "unread_data"]) == 1
        }
        for _ in 0..<8 {
          _ = try await daemon.freshMetrics()
          let text = try #require(try await daemon.get("/api/v1/findings")).text
          #expect(text.contains("unread_data") && !text.contains("stopped by a debugger"))
        }
      }
    }

    /// A cgroup of the test's own in a hierarchy that can freeze it; nil if none can be made.
    private static let cgroup: String? = {
      let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
      for line in mounts.split(separator: "\n") {
        let fields = line.split(separator: " ")
        guard fields.count > 4,
          line.contains(" - cgroup2 ") || (line.contains(" - cgroup ") && line.contains("freezer"))
        else { continue }
        let path = "\(fields[4])/sockstated-test-\(getpid())"
        guard
          (try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)) != nil
        else { continue }
        let canFreeze = ["cgroup.freeze", "freezer.state"].contains {
          FileManager.default.isWritableFile(atPath: "\(path)/\($0)")
        }
        if canFreeze { return path }
        rmdir(path)
      }
      return nil
    }()

    @Test(.enabled(if: cgroup != nil, "no cgroup that can be frozen may be made here"))
    func `a frozen process is named as frozen, with its cgroup`() async throws {
      let cgroup = try #require(Self.cgroup)
      let isUnified = FileManager.default.fileExists(atPath: "\(cgroup)/cgroup.freeze")
      let control = isUnified ? "\(cgroup)/cgroup.freeze" : "\(cgroup)/freezer.state"
      func write(_ text: String, _ file: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      }
      defer {
        try? write(isUnified ? "0" : "THAWED", control)
        rmdir(cgroup)
      }
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let reader = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "8001")
        try await namespace.run(
          "sh", "-c", "echo $1 >$2", "sh", "\(reader.pid)", "\(cgroup)/cgroup.procs")
        _ = try await namespace.start("python3", "client.py", "pour", "127.0.0.1", "8001", "2")
        try await daemon.metrics("traffic") { $0.sum("received_bytes_total") > 0 }
        try write(isUnified ? "1" : "FROZEN", control)
        try await headline(
          "accept.py (\(reader.pid)) is frozen (cgroup freezer): cd \(cgroup) ", of: "accept.py",
          daemon)
        try write(isUnified ? "0" : "THAWED", control)
        try await daemon.metrics("the end of it") {
          $0.sum("findings", ["kind": "unread_data"]) == 0
        }
        try await reader.signal("KILL")
        try await eventually("an empty cgroup") { rmdir(cgroup) == 0 ? () : nil }
      }
    }
  }
}
