import Foundation
import Testing

extension EndToEnd {
  @Suite struct Snapshot {
    private func snapshot(_ arguments: String..., launcher: [String] = []) async throws -> Child {
      try await withSandbox { namespace, _ in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        let child = try await namespace.result(launcher + [Daemon.binary, "snapshot"] + arguments)
        #expect(child.end == .exited(0), "\(child.errors)")
        return child
      }
    }

    @Test func `the table names processes and ports`() async throws {
      let lines = try await snapshot().output.split(separator: "\n")
      for process in ["accept.py", "client.py"] {
        #expect(lines.contains { $0.contains(process) && $0.contains("8001") }, "\(lines)")
      }
      #expect(!lines.contains { $0.contains("\u{1b}") })
    }

    @Test func `the JSON holds the same`() async throws {
      let text = try await snapshot("--json").output
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
      for value in ["accept.py", "client.py", "inbound", "outbound", "8001"] {
        #expect(text.contains("\"\(value)\"") || text.contains(":\(value)"), "\(value)")
      }
    }

    @Test func `a filter shows sockets one by one`() async throws {
      let lines = try await snapshot("--state=ESTAB", "--process=client.py", "--port=8001")
        .output.split(separator: "\n")
      #expect(lines.count { $0.contains("client.py") && $0.contains("127.0.0.1:8001") } == 2)
      #expect(!lines.contains { $0.contains("accept.py") })
      let json = try await snapshot("--state=listen", "--json").output
      let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
      let sockets = try #require(object?["sockets"] as? [[String: Any]])
      #expect(sockets.map { $0["process"] as? String } == ["accept.py"])
    }

    @Test func `what is asked wrongly is refused`() async throws {
      try await withSandbox { namespace, _ in
        for (flag, reason) in [
          ("--state=closed-wait", "--state: no such state"), ("--port=http", "--port: not a port"),
          ("--pid=x", "--pid: not a process id"),
          ("--connect=localhost", "--connect localhost: not an address"),
          (
            "--connect=http://[fe80::1]:10793",
            "--connect http://[fe80::1]:10793: a link-local address needs its zone, such as [fe80::1%eth0]"
          ),
          ("--user=reader", "--user: only allowed with --connect"),
          ("--insecure", "--insecure: only allowed with --connect"),
        ] {
          let child = try await namespace.result([Daemon.binary, "snapshot", flag])
          #expect(child.end == .exited(2))
          #expect(child.errors.contains(reason), "\(child.errors)")
        }
      }
    }

    @Test func `a running daemon is asked, with a password where it wants one`() async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        // The password is `sesame`.
        let web = try directory.write(
          "web.yaml",
          "basic_auth_users:\n  reader: $2b$04$Z/ZurpydRgr3WgevpnEANu57q11lS/UNL9A4bF9uaAfLBcwD2TFE6\n"
        )
        let password = try directory.write("password", "sesame\n")
        let socket = directory.file("web.sock")
        let program = try await namespace.start([
          Daemon.binary, "--web.listen-address=unix:\(socket)",
          "--web.listen-address=127.0.0.1:10793", "--poll.interval=200ms",
          "--web.config.file=\(web)",
        ])
        let ask = { (address: String, options: [String]) in
          try await namespace.result(
            [Daemon.binary, "snapshot", "--connect=\(address)"] + options)
        }
        _ = try await eventually("an answer") {
          if let end = program.child.end { throw Child.Failure(description: "\(end)") }
          let child = try await ask("unix:\(socket)", [])
          return child.errors.contains("authentication required; use --user") ? child : nil
        }
        for address in ["unix:\(socket)", "http://127.0.0.1:10793"] {
          let child = try await eventually("the table") {
            let child = try await ask(
              address, ["--user=reader", "--password-file=\(password)", "--process=accept.py"])
            return child.end == .exited(0) ? child : nil
          }
          #expect(child.output.contains("127.0.0.1:8001"))
          #expect(child.output.contains("in 1 group, from sock_diag"))
        }
      }
    }

    @Test func `a link-local address with its zone is served, and asked`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "address", "add", "fe80::1/64", "dev", "lo", "nodad")
        let address = "[fe80::1%lo]:10793"
        _ = try await Daemon.start(
          in: namespace, directory: directory, "--web.listen-address=\(address)")
        let child = try await namespace.result([
          Daemon.binary, "snapshot", "--connect=http://\(address)", "--port=10793",
        ])
        #expect(child.end == .exited(0), "\(child.errors)")
        #expect(child.output.contains("LISTEN"))
      }
    }

    @Test(
      .enabled(if: getuid() == 0, "needs root, to become somebody else"))
    func `without root it shows what anybody may know, and says what is missing`() async throws {
      try await withSandbox { namespace, directory in
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o777], ofItemAtPath: directory.path)
        let binary = directory.file("sockstated")
        // By a process of its own: a child of another test that began meanwhile might hold the copy open for
        // writing, and then nobody can execute it (ETXTBSY).
        try await namespace.run("cp", Daemon.binary, binary)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let child = try await namespace.result([
          "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary, "snapshot",
        ])
        #expect(child.end == .exited(0))
        #expect(child.output.contains("unknown"))
        let words = child.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("Not visible: "))
        #expect(words.contains("CAP_SYS_PTRACE") || words.contains("CAP_DAC_READ_SEARCH"))
      }
    }
  }
}
