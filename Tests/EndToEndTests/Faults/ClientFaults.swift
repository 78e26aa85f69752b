import Foundation
import Testing

extension Faults {
  /// Clients that take what others need.
  @Suite struct Clients {
    /// bcrypt of `secret`, which takes some tens of ms to check.
    static let dearHash = "$2b$09$abcdefghijklmnopqrstuuHGaj8X0gyV0nNYEM.J5pTQDq3AfkM3W"

    /// `seeded-clients.py`, until it is killed.
    private func start(
      _ kind: String, _ count: Int, against daemon: Daemon
    ) async throws -> Program {
      try await daemon.program.namespace.start(
        "python3", "seeded-clients.py", kind, daemon.socket, "\(count)", "1", "3600")
    }

    /// Expects a health check to be let in. It may have to say that the last poll is old: a busy machine leaves three
    /// intervals out now and then.
    private func expectHealthCheck(
      of daemon: Daemon, _ path: String = "/-/healthy",
      _ location: SourceLocation = #_sourceLocation
    ) async throws {
      let answer = try await daemon.get(path)
      #expect(
        answer?.status == 200 || answer?.text.contains(": the last poll is ") == true,
        "\(path): \(answer?.text ?? "no answer")", sourceLocation: location)
    }

    @Test func `readers that stall keep neither scrapers nor health checks out`() async throws {
      try await withSandbox { namespace, directory in
        // Lists of them are more than the kernel holds for a connection.
        for port in ["8001", "8002"] {
          _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", port)
          _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", port, "900")
        }
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let survival = try await Survival(of: daemon)
        let readers = try await start("stalled", 44, against: daemon)
        for _ in 0..<15 {
          try await expectHealthCheck(of: daemon)
          try await expectHealthCheck(of: daemon, "/-/ready")
          #expect(try await daemon.get("/metrics")?.status == 200)
        }
        let list = try #require(try await daemon.get("/api/v1/sockets?state=established"))
        #expect(list.status == 200)
        struct List: Decodable {
          struct Socket: Decodable {}
          var sockets: [Socket]
        }
        #expect(try JSONDecoder().decode(List.self, from: Data(list.body)).sockets.count == 3600)
        #expect(readers.child.end == nil)
        try await readers.signal("KILL")
        try await survival.check()
      }
    }

    @Test func `guesses of passwords keep out nobody who logs in for the first time`() async throws
    {
      try await withSandbox { namespace, directory in
        let users = (0..<12).map { "user\($0): \(Self.dearHash)" }.joined(separator: ", ")
        let web = try directory.write("web.yaml", "basic_auth_users: {\(users)}\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, options: ["-u", "user0:secret"],
          "--web.config.file=\(web)")
        let survival = try await Survival(of: daemon)
        let guesses = try await start("guess", 20, against: daemon)
        for number in 1..<12 {
          let answer = try await daemon.get("/metrics", "-u", "user\(number):secret")
          #expect(answer?.status == 200, "user\(number)")
          try await expectHealthCheck(of: daemon)
        }
        #expect(guesses.child.end == nil)
        try await guesses.signal("KILL")
        try await survival.check()
      }
    }

    @Test(.enabled(if: getuid() == 0, "needs root, to become somebody else"))
    func `its memory is not for others of its user, and it misses nothing for it`() async throws {
      try await withSandbox { namespace, directory in
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        try await namespace.run("chmod", "777", directory.path)
        let other = try await namespace.start(nobody + ["sleep", "infinity"])
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, launcher: nobody,
          "--web.listen-address=127.0.0.1:10793")
        let metrics = try await daemon.freshMetrics()
        #expect(metrics.openFDs.isFinite && metrics.value("process_max_fds") != nil)
        #expect(metrics.groups.keys.map(\.process) == ["sockstated"], "it knows its own socket")
        for (pid, isReadable) in [(other.pid, true), (daemon.program.pid, false)] {
          let read = try await namespace.result(nobody + ["cat", "/proc/\(pid)/environ"])
          #expect((read.end == .exited(0)) == isReadable, "\(read.errors)")
        }
      }
    }

    @Test(.enabled(if: Tool.has("openssl"), "openssl is not installed"))
    func `a client certificate is judged again once its authority is trusted no more`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await Self.makeCertificates(in: namespace, directory)
        let authority = directory.file("trusted.crt")
        try await namespace.run("cp", directory.file("old.crt"), authority)
        let web = try directory.write(
          "web.yaml",
          """
          tls_server_config:
            cert_file: \(directory.file("server.crt"))
            key_file: \(directory.file("server.key"))
            client_ca_file: \(authority)
            client_auth_type: RequireAndVerifyClientCert
          """)
        _ = try await namespace.start([
          Daemon.binary, "--web.listen-address=127.0.0.1:10793", "--poll.interval=200ms",
          "--web.config.file=\(web)",
        ])
        let client = try await namespace.start([
          "python3", Tool.program("kept-alive.py"), "127.0.0.1", "10793",
          directory.file("server.crt"), directory.file("client.crt"), directory.file("client.key"),
        ])
        try await client.says("ready")
        try await client.tell("ask", until: "200 on connection 1")
        try await namespace.run("cp", directory.file("new.crt"), authority)
        try await client.tell("ask", until: "refused after connection 1")
      }
    }

    /// A server's, and a client's that `old` has signed and `new` has not.
    private static func makeCertificates(
      in namespace: Namespace, _ directory: Directory
    ) async throws {
      for (name, authority) in [("server", nil), ("old", nil), ("new", nil), ("client", "old")] {
        let signer =
          authority.map {
            ["-CA", directory.file("\($0).crt"), "-CAkey", directory.file("\($0).key")]
          } ?? []
        let made = try await namespace.result(
          [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", directory.file("\(name).key"), "-out",
            directory.file("\(name).crt"),
          ] + signer)
        try #require(made.end == .exited(0), "\(made.errors)")
      }
    }
  }
}
