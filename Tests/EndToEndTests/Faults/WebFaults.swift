import Testing

extension Faults {
  /// Clients, signals and files that change while it serves.
  @Suite struct Web {
    private static let address = "127.0.0.1:10793"

    /// Runs `body` while somebody scrapes the unix socket, and expects every scrape to succeed.
    private func scraping(
      _ daemon: Daemon, _ directory: Directory, while body: () async throws -> Void
    ) async throws {
      let scraper = try await daemon.program.namespace.start([
        "sh", "-c",
        """
        n=0 f=0
        while [ ! -e "$1" ] || [ $n = 0 ]; do
          curl -sf --max-time 30 -o /dev/null --unix-socket "$0" http://localhost/metrics || f=$((f + 1))
          n=$((n + 1))
        done
        echo "$f of $n failed"
        """, daemon.socket, directory.file("over"),
      ])
      try await body()
      try directory.write("over", "")
      #expect(try await scraper.child.ended() == .exited(0))
      #expect(scraper.child.output.contains("\n0 of "), "\(scraper.child.output)")
    }

    @Test func `rude clients neither keep a scraper out nor leave anything behind`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--web.listen-address=\(Self.address)")
        let survival = try await Survival(of: daemon)
        try await scraping(daemon, directory) {
          let rude = try await namespace.start(
            "python3", "rude-clients.py", "127.0.0.1", "10793", "200")
          // From now on nobody hears that they go: half-open connections.
          try await namespace.filter("tcp dport 10793 tcp flags & (fin | rst) != 0 drop")
          try await rude.signal("KILL")
          try await daemon.metrics("the end of the last of them") {
            ($0.value("sockstate_http_connections") ?? 0) <= 2
          }
        }
        try await survival.check()
      }
    }

    /// Lets a command ask while a scraper does, and looks whether all is as before when it has ended.
    private func flooding(with command: [String]) async throws -> Child {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--web.listen-address=\(Self.address)")
        let survival = try await Survival(of: daemon)
        var child: Child?
        try await scraping(daemon, directory) { child = try await namespace.result(command) }
        try await survival.check()
        return try #require(child)
      }
    }

    @Test func `a flood of requests keeps no scraper out, and is over when it ends`() async throws {
      let flood = try await flooding(with: [
        "curl", "-s", "--max-time", "60", "--parallel", "--parallel-immediate", "--parallel-max",
        "200", "-o", "/dev/null", "-w", "%{http_code}\n",
        "http://\(Self.address)/metrics?[1-1500]",
      ])
      let answers = flood.output.split(separator: "\n")
      #expect(answers.count == 1500)
      // 503 is for those who are too many at a time.
      #expect(Set(answers).isSubset(of: ["200", "503"]), "\(Set(answers))")
    }

    @Test(
      .enabled(if: Tool.has("wrk"), "wrk is not installed: make test-deps"))
    func `connections that ask as fast as they can keep no scraper out`() async throws {
      let flood = try await flooding(with: [
        "wrk", "--threads", "2", "--connections", "200", "--duration", "5s", "--timeout", "60s",
        "http://\(Self.address)/metrics",
      ])
      #expect(flood.end == .exited(0), "\(flood.errors)")
      // 503 is an answer; a connection that is refused or cut off is none.
      #expect(!flood.output.contains("Socket errors"), "\(flood.output)")
      #expect(!flood.output.contains("\n  0 requests in"), "\(flood.output)")
    }

    @Test func `a thousand reloads one after another end with the last file`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "limits:\n  groups: 100\n")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        let survival = try await Survival(of: daemon)
        try await scraping(daemon, directory) {
          try await namespace.run(
            "sh", "-c", "for i in $(seq 1000); do kill -HUP $0; done", "\(daemon.program.pid)")
        }
        try await survival.check()
        try directory.write(
          "c.yaml", "processes:\n  - match: {comm: \".*\"}\n    name: renamed\n")
        try await daemon.program.signal("HUP")
        try await daemon.metrics("the last file") { $0.groups.keys.map(\.process) == ["renamed"] }
      }
    }

    @Test(
      .enabled(if: Tool.has("openssl"), "openssl is not installed"))
    func `certificate and key may be replaced one after the other while clients ask`() async throws
    {
      try await withSandbox { namespace, directory in
        for name in ["a", "b"] {
          try await namespace.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", directory.file("\(name).key"), "-out",
            directory.file("\(name).crt"))
        }
        // The daemon itself answers on a unix socket without TLS; here it speaks it on all.
        let (certificate, key) = (directory.file("server.crt"), directory.file("server.key"))
        try await namespace.run("cp", directory.file("a.crt"), certificate)
        try await namespace.run("cp", directory.file("a.key"), key)
        let web = try directory.write(
          "web.yaml", "tls_server_config: {cert_file: \(certificate), key_file: \(key)}\n")
        let program = try await namespace.start([
          Daemon.binary, "--web.listen-address=\(Self.address)", "--poll.interval=200ms",
          "--web.config.file=\(web)",
        ])
        let url = "https://\(Self.address)/metrics"
        func status(_ authority: String) async throws -> String {
          try await namespace.result([
            "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert",
            directory.file("\(authority).crt"), url,
          ]).output
        }
        try await eventually("readiness") {
          if let end = program.child.end {
            throw Child.Failure(description: "\(end): \(program.child.errors)")
          }
          return try await status("a") == "200" ? () : nil
        }
        let clients = try await namespace.start([
          "sh", "-c",
          "n=0; f=0; while [ ! -e \"$1\" ]; do curl -ksf -o /dev/null $0 || f=$((f + 1)); n=$((n + 1)); done; echo \"$n requests, $f failed\"",
          url, directory.file("over"),
        ])
        for round in 0..<15 {
          let name = round % 2 == 0 ? "b" : "a"
          // Not by a rename: for a moment the file is empty, or there in part.
          try await namespace.run("cp", directory.file("\(name).crt"), certificate)
          #expect(try await status(round % 2 == 0 ? "a" : "b") == "200", "the last good pair")
          try await namespace.run("cp", directory.file("\(name).key"), key)
          #expect(try await status(name) == "200", "round \(round)")
        }
        try directory.write("over", "")
        #expect(try await clients.child.ended() == .exited(0))
        #expect(clients.child.output.contains(" 0 failed"), "\(clients.child.output)")
        #expect(program.child.end == nil)
      }
    }
  }
}
