import Foundation
import Testing

extension Faults {
  /// The machine or the administrator gives less than the daemon wants.
  @Suite struct Resources {
    /// A connection that was there before, which needs no descriptor more.
    private func ask(_ scraper: Program, _ path: String) async throws -> String {
      let said = scraper.child.output.count
      scraper.child.send(path + "\n")
      return try await eventually("an answer") {
        let new = scraper.child.output.dropFirst(said)
        if let end = scraper.child.end {
          throw Child.Failure(description: "\(end): \(scraper.child.errors)")
        }
        return new.hasSuffix("\n") ? String(new) : nil
      }
    }

    @Test func `without descriptors it goes on polling and serving, then finds what it missed`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "limits:\n  groups: 100\n")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        let survival = try await Survival(of: daemon)
        let scraper = try await namespace.start("python3", "steady-scraper.py", daemon.socket)
        #expect(try await ask(scraper, "/metrics").hasPrefix("200"))

        let limit = ["prlimit", "--pid", "\(daemon.program.pid)", "--nofile=3:"]
        #expect(try await namespace.result(limit).end == .exited(0))
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8002")
        // A reload cannot read its file; the settings stay.
        try await daemon.program.signal("HUP")
        let text = try await eventually("polls without descriptors") {
          let text = try await ask(scraper, "/metrics")
          return text.contains("port=\"8002\",state=\"listen\"} 1")
            && text.contains("sockstate_config_last_reload_successful 0") ? text : nil
        }
        #expect(
          text.contains(
            #"process="accept.py",unit="",direction="inbound",port="8001",state="listen"} 1"#)
            || text.contains(#"process="accept.py""#))
        #expect(text.contains("{source=\"sock_diag\"} 1"))
        try await eventually("health") {
          try await ask(scraper, "/-/healthy").hasPrefix("200") ? () : nil
        }

        let lifted = ["prlimit", "--pid", "\(daemon.program.pid)", "--nofile=1024:"]
        #expect(try await namespace.result(lifted).end == .exited(0))
        try await scraper.signal("KILL")
        try await daemon.metrics("the owner of the socket that came meanwhile") {
          $0.groups[
            SocketGroup(process: "accept.py", direction: "inbound", port: "8002", state: "listen")]
            == 1
        }
        try await daemon.program.signal("HUP")
        try await daemon.metrics("a reload") {
          $0.value("sockstate_config_last_reload_successful") == 1
        }
        try await survival.check()

        #expect(try await namespace.result(limit).end == .exited(0))
        try await daemon.program.signal("TERM")
        #expect(try await daemon.program.child.ended() == .exited(0))
      }
    }

    @Test(
      .enabled(if: Tool.has("cc"), "cc, to build a kernel that refuses, is not installed"),
      arguments: [(errno: ENFILE, pollsGoOn: true), (errno: ENOMEM, pollsGoOn: false)])
    func `on a host without files or memory it goes on, then finds what it missed`(
      errno: Int32, pollsGoOn: Bool
    ) async throws {
      try await withSandbox { namespace, directory in
        let shim = try await namespace.library("failing", in: directory)
        let failure = try directory.write("errno", "0")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory,
          launcher: ["env", "LD_PRELOAD=\(shim)", "FAILURE_FILE=\(failure)"])
        let survival = try await Survival(of: daemon)
        let scraper = try await namespace.start("python3", "steady-scraper.py", daemon.socket)
        #expect(try await ask(scraper, "/metrics").hasPrefix("200"))

        try directory.write("errno", "\(errno)")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8002")
        let text = try await eventually("a poll under \(errno)") {
          let text = try await ask(scraper, "/metrics")
          let seen = text.contains("port=\"8002\",state=\"listen\"} 1")
          // One that fails publishes nothing, not even that it failed.
          let failed = daemon.program.child.errors.contains("poll failed")
          return (pollsGoOn ? seen : failed) ? text : nil
        }
        // Whose the first one is, it knew before.
        #expect(text.contains(#"process="accept.py",unit="",direction="inbound",port="8001""#))

        try directory.write("errno", "0")
        try await scraper.signal("KILL")
        try await daemon.metrics("both owners, from netlink") { metrics in
          (metrics.sum("polls_total", ["result": "failure"]) > 0) == !pollsGoOn
            && metrics.sum("source_info", ["source": "sock_diag"]) == 1
            && ["8001", "8002"].allSatisfy {
              metrics.groups[
                SocketGroup(
                  process: "accept.py", direction: "inbound", port: $0, state: "listen")] == 1
            }
        }
        try await survival.check()
      }
    }

    @Test func `with no more address space than it has it goes on`() async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let survival = try await Survival(of: daemon)
        let size = try #require(
          try await daemon.metrics().value("process_virtual_memory_bytes"))
        let limit = ["prlimit", "--pid", "\(daemon.program.pid)", "--as=\(Int(size)):"]
        #expect(try await namespace.result(limit).end == .exited(0))
        let client = try await namespace.start(
          "python3", "client.py", "hold", "127.0.0.1", "8001", "500")
        try await daemon.metrics("a thousand sockets") { $0.counts["established"] == 1000 }
        try await client.signal("KILL")
        let lifted = ["prlimit", "--pid", "\(daemon.program.pid)", "--as=unlimited:"]
        #expect(try await namespace.result(lifted).end == .exited(0))
        try await survival.check()
      }
    }

    @Test func `while /proc is away sockets are counted; owners come back with it`() async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let survival = try await Survival(of: daemon)
        let known = { (port: String) in
          SocketGroup(process: "accept.py", direction: "inbound", port: port, state: "listen")
        }
        try await daemon.metrics("the owner") { $0.groups[known("8001")] == 1 }
        try await namespace.run("mount", "-t", "tmpfs", "tmpfs", "/proc")
        // It says when it listens, and needs no /proc for it.
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8002")
        let metrics = try await daemon.metrics("both") { $0.counts == ["listen": 2] }
        #expect(metrics.groups[known("8001")] == 1)
        #expect(metrics.groups[known("8002")] == nil)
        try await daemon.logs("sight of process 1")
        try await namespace.run("umount", "/proc")
        try await daemon.metrics("both owners") {
          $0.groups == [known("8001"): 1, known("8002"): 1]
        }
        try await survival.check()
      }
    }

    @Test(
      .enabled(if: getuid() == 0, "needs root, to become somebody else"))
    func `where hidepid hides the processes of others, one line says what is missing`() async throws
    {
      try await withSandbox { namespace, directory in
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o777], ofItemAtPath: directory.path)
        let binary = directory.file("sockstated")
        // By a process of its own: a child of another test that began meanwhile might hold the copy open for
        // writing, and then nobody can execute it (ETXTBSY).
        try await namespace.run("cp", Daemon.binary, binary)
        try await namespace.run("mount", "-o", "remount,hidepid=2", "/proc")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, binary: binary,
          launcher: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
        let survival = try await Survival(of: daemon)
        #expect(try await daemon.metrics().counts == ["listen": 1])
        let log = daemon.program.child.errors
        #expect(log.components(separatedBy: "hidepid").count == 2, "\(log)")
        try await survival.check()
      }
    }
  }
}
