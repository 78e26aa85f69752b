import Foundation
import Testing

extension EndToEnd {
  /// What `--connect` prints is what curl gets.
  @Suite("remote text", .enabled(if: Tool.has("openssl"), "openssl is not installed"))
  struct RemoteText {
    /// A way to reach the daemon, and how each of the two is told of it.
    private struct Way: Sendable {
      var address: String
      var flags: [String] = []
      /// What curl asks, and its options.
      var url: String
      var options: [String] = []
      /// Whether a client that comes this way may see who is connected.
      var showsAddresses = true

      /// The flags, word by word, as a command passes them on.
      var words: [String] { ["--connect", address] + flags }
    }

    /// What is asked, as a command line and as a path with a query.
    private static let questions: [(command: [String], path: String, query: [String])] = [
      (["snapshot"], "snapshot", []),
      (["snapshot", "--sort=port"], "snapshot", ["sort=port"]),
      (
        ["snapshot", "--process=accept.py", "--port=8001"], "snapshot",
        ["process=accept.py", "port=8001"]
      ),
      (["snapshot", "--state=close_wait", "--json"], "snapshot", ["state=close_wait"]),
      (["explain", ":8001"], "explain", ["subject=:8001"]),
      (["explain", "accept.py", "--json"], "explain", ["subject=accept.py"]),
    ]

    /// Lets three clients leave a server that does not notice, and a daemon know it.
    private func withLeak(
      _ web: [String], _ body: (Namespace, Directory, String) async throws -> Void
    ) async throws {
      try await withSandbox { namespace, directory in
        try await namespace.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
        let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "3")
        // It polls only when it is asked to, so that both are told of the same poll.
        _ = try await namespace.start(
          [
            Daemon.binary, "--web.listen-address=unix:\(directory.file("web.sock"))",
            "--web.listen-address=:10793", "--poll.interval=1h", "--config.file=\(file)",
          ] + web)
        try await body(namespace, directory, directory.file("web.sock"))
      }
    }

    /// Asks both, until they agree: ages pass between two questions.
    private func compare(_ way: Way, in namespace: Namespace) async throws {
      for (command, path, query) in Self.questions {
        let isJSON = command.contains("--json")
        let flags =
          path == "explain" ? way.words.flatMap { ["--data-urlencode", "flag=\($0)"] } : []
        let curl =
          ["curl", "-sS", "--get", "-H", "Accept: \(isJSON ? "application/json" : "text/plain")"]
          + way.options + query.flatMap { ["--data-urlencode", $0] } + flags
          + ["\(way.url)/api/v1/\(path)"]
        var last: (Child, Child)?
        do {
          try await eventually("the same from \(command) by \(way.address)") {
            let printed = try await namespace.result([Daemon.binary] + command + way.words)
            let got = try await namespace.result(curl)
            last = (printed, got)
            return printed.end == .exited(0) && printed.output.contains("accept.py")
              && printed.output == got.output ? () : nil
          }
        } catch {
          throw Child.Failure(
            description:
              "\(error)\n\(last?.0.errors ?? "")\(last?.0.output ?? "")\n\(last?.1.output ?? "")")
        }
        let text = last?.0.output ?? ""
        let isListed = command.contains { $0.hasPrefix("--process") || $0.hasPrefix("--state") }
        if isListed { #expect(text.contains("127.0.0.1:8001") == way.showsAddresses) }
        if !way.showsAddresses {
          #expect(text.ranges(of: #/127\.0\.0\.1:\d/#).isEmpty, "\(text)")
          if !isJSON { #expect(text.ranges(of: "Not visible: who is connected").count == 1) }
        }
      }
    }

    @Test func `over HTTP and a unix socket, and by a client that may not see addresses`()
      async throws
    {
      try await withLeak([]) { namespace, _, socket in
        let ways = [
          Way(
            address: "unix:\(socket)", url: "http://localhost", options: ["--unix-socket", socket]),
          Way(address: "http://127.0.0.1:10793", url: "http://127.0.0.1:10793"),
          Way(
            address: "http://192.0.2.1:10793", url: "http://192.0.2.1:10793",
            showsAddresses: false),
        ]
        for way in ways { try await compare(way, in: namespace) }
        let wrong = try await namespace.result([
          Daemon.binary, "explain", "nobody.js", "--connect=unix:\(socket)",
        ])
        #expect(wrong.end == .exited(1))
        #expect(wrong.errors.contains("nobody.js: no TCP socket of that is known\n"))
      }
    }

    @Test func `over TLS with a password; who cannot be trusted gets none`() async throws {
      try await withSandbox { namespace, directory in
        let (certificate, key) = (directory.file("cert.pem"), directory.file("key.pem"))
        try await namespace.run(
          "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
          "-nodes", "-days", "2", "-subj", "/CN=sockstated", "-addext",
          "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate)
        let web = try directory.write(
          "web.yaml",
          """
          tls_server_config: {cert_file: \(certificate), key_file: \(key)}
          basic_auth_users: {reader: \(WebConfigFile.hash)}
          """)
        let password = try directory.write("password", "secret\n")
        let wrong = try directory.write("wrong", "guessed\n")
        let user = ["--user", "reader", "--password-file", password]
        let trust = user + ["--ca-file", certificate]
        let curl = ["-u", "reader:secret", "--cacert", certificate]
        try await withLeak(["--web.config.file=\(web)"]) { namespace, _, socket in
          let ways = [
            Way(
              address: "https://127.0.0.1:10793", flags: trust, url: "https://127.0.0.1:10793",
              options: curl),
            Way(
              address: "https://localhost:10793", flags: trust, url: "https://localhost:10793",
              options: curl),
            Way(
              address: "unix:\(socket)", flags: trust, url: "https://localhost",
              options: curl + ["--unix-socket", socket]),
            Way(
              address: "https://192.0.2.1:10793", flags: user + ["--insecure"],
              url: "https://192.0.2.1:10793", options: ["-u", "reader:secret", "--insecure"]),
          ]
          for way in ways { try await compare(way, in: namespace) }

          for (address, flags, reason) in [
            ("https://192.0.2.1:10793", trust, "the certificate is for another host name"),
            ("https://127.0.0.1:10793", user, "not signed by a trusted authority; use --ca-file"),
            (
              "https://127.0.0.1:10793", ["--ca-file", certificate],
              "authentication required; use --user"
            ),
            (
              "https://127.0.0.1:10793",
              ["--ca-file", certificate, "--user", "reader", "--password-file", wrong],
              "the user or the password is wrong"
            ),
            ("http://127.0.0.1:10793", user, "status 400: Client sent an HTTP request"),
          ] {
            let child = try await namespace.result(
              [Daemon.binary, "snapshot", "--connect", address] + flags)
            #expect(child.end == .exited(1))
            #expect(child.errors.contains(reason), "\(child.errors)")
            #expect(child.output.isEmpty)
          }
          let warned = try await namespace.result(
            [Daemon.binary, "snapshot", "--connect", "https://127.0.0.1:10793", "--insecure"] + user
          )
          #expect(warned.end == .exited(0))
          #expect(warned.errors.contains("WARNING: --insecure"))
          for flags in [["--ca-file", "/nowhere"], ["--ca-file", password], ["--source=procfs"]] {
            let child = try await namespace.result(
              [Daemon.binary, "snapshot", "--connect", "https://127.0.0.1:10793"] + flags)
            #expect(child.end == .exited(2), "\(flags): \(child.errors)")
          }
        }
      }
    }

    @Test(.enabled(if: Terminal.isPossible, "tmux is not installed"))
    func `watch shows the daemon's text`() async throws {
      try await withLeak([]) { namespace, _, socket in
        try await Terminal.with(in: namespace, columns: 100, rows: 40) { terminal in
          try await terminal.run(
            "NO_COLOR=1 \(Daemon.binary) watch --interval 200ms --connect unix:\(socket) --sort port"
          )
          try await terminal.shows("what curl gets") { lines in
            lines.contains { $0.hasPrefix("accept.py") }
          }
          try await eventually("the same on the screen") {
            let got = try await namespace.run(
              "curl", "-sS", "--unix-socket", socket,
              "http://localhost/api/v1/watch?width=100&sort=port")
            let body = got.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let shown = try await terminal.screen().dropFirst(2).prefix(body.count)
            return body.contains { $0.hasPrefix("accept.py") } && Array(shown) == body ? () : nil
          }
          try await terminal.type("q")
        }
      }
    }
  }
}
