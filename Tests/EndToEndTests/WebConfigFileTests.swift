import Testing

extension EndToEnd {
  @Suite struct WebConfigFile {
    /// Of "secret", with the least cost.
    static let hash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

    @Test func `a bad file ends the start with 2 and one line; so does a bad certificate`()
      async throws
    {
      try await withSandbox { namespace, directory in
        for (text, message) in [
          ("basic_auth_users:\n  alice: secret\n", ":2:10: basic_auth_users.alice: not a bcrypt"),
          ("tls_server_config: {cert_file: a.crt, key_file: a.key}\n", "/a.crt: cannot read"),
          (
            "tls_server_config:\n  key: |\n    -----BEGIN PRIVATE KEY-----\n    secret\n  cert: |\n    -----BEGIN CERTIFICATE-----\n",
            "web.yaml: tls_server_config.cert: cannot read certificates"
          ),
        ] {
          let file = try directory.write("web.yaml", text)
          let program = try await namespace.start([Daemon.binary, "--web.config.file=\(file)"])
          #expect(try await program.child.ended() == .exited(2))
          let lines = program.child.errors.split(separator: "\n")
          #expect(lines.count == 1)
          #expect(lines.first?.contains(message) == true, "\(lines)")
          #expect(!program.child.errors.contains("secret"))
        }
      }
    }

    @Test func `every path asks for a password; a bad file later changes nothing, and is logged`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let file = try directory.write("web.yaml", "basic_auth_users: {alice: \(Self.hash)}\n")
        let socket = directory.file("web.sock")
        let program = try await namespace.start([
          Daemon.binary, "--web.listen-address=unix:\(socket)", "--poll.interval=200ms",
          "--web.config.file=\(file)",
        ])
        let daemon = Daemon(program: program, socket: socket)
        try await eventually("metrics") {
          try await daemon.get("/metrics", "-u", "alice:secret")?.status == 200 ? () : nil
        }
        for path in ["/metrics", "/", "/-/healthy", "/nothing"] {
          for options in [[], ["-u", "alice:wrong"], ["-u", "bob:secret"]] {
            let answer = try #require(try await daemon.get(path, options: options))
            #expect(answer.status == 401, "\(path) \(options)")
            #expect(answer.headers["www-authenticate"] == "Basic realm=\"sockstated\"")
          }
        }
        try directory.write("web.yaml", "basic_auth_users: {bob: wrong}\n")
        #expect(try await daemon.get("/metrics", "-u", "alice:secret")?.status == 200)
        try await daemon.logs("web configuration: reload failed, keeping the previous one")
        try directory.write("web.yaml", "basic_auth_users: {bobby: \(Self.hash)}\n")
        #expect(try await daemon.get("/metrics", "-u", "alice:secret")?.status == 401)
        let answer = try #require(try await daemon.get("/metrics", "-u", "bobby:secret"))
        #expect(answer.text.contains("\nsockstate_http_requests_total{code=\"401\"} "))
      }
    }
  }
}
