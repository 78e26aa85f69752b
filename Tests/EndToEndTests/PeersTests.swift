import Foundation
import Testing

extension EndToEnd {
  /// From one host's finding to its cause on another, host to host.
  @Suite(
    .enabled(if: Tool.has("openssl"), "openssl is not installed"),
    .enabled(if: Tool.has("nft"), "nft is not installed"))
  struct Peers {
    @Test func `a reader that is stopped two hosts away is named, with its state and since when`()
      async throws
    {
      try await Hosts.with { hosts in
        let db = try await hosts.start(
          in: hosts.db, "accept.py", as: "db.py", "patient", Hosts.db, "5432")
        try await hosts.start(
          in: hosts.api, "hop.py", as: "api.py", Hosts.api, "8000", Hosts.db, "5432")
        try await hosts.start(
          in: hosts.front, "client.py", as: "front.py", "pour", Hosts.api, "8000", "1")
        try await eventually("an accepted connection") {
          let list = try await hosts.db.run("ss", "-Htnp", "state", "established", "sport = :5432")
          return list.contains("pid=") ? () : nil
        }
        try await db.signal("STOP")
        let wanted =
          "^db\\.py \\(pid \(db.pid)\\) at 10\\.77\\.2\\.2 is stopped \\(SIGSTOP\\): .*no progress for \\d+"
        try await hosts.end("front.py", matching: wanted)
        let text = try await hosts.end("front.py", matching: wanted, daemon: false)
        #expect(text.contains("-> 10.77.1.2"), "\(text)")
        #expect(text.contains("-> 10.77.2.2"), "\(text)")
        // As far as it may go.
        let near = try await hosts.explain("front.py", "--depth=1")
        #expect(near.contains("10.77.2.2: not asked; --depth 1 ends here."), "\(near)")
        let json = try await hosts.explain("front.py", "--json")
        #expect(json.contains(#""end":"db.py (pid "#), "\(json)")
      }
    }

    @Test func `a full accept queue at the other end is named`() async throws {
      try await Hosts.with { hosts in
        let api = try await hosts.start(
          in: hosts.api, "accept.py", as: "api.py", "deaf", Hosts.api, "8000")
        try await hosts.start(
          in: hosts.front, "client.py", as: "front.py", "begin", Hosts.api, "8000", "150")
        try await hosts.end(
          "front.py",
          matching:
            "^api\\.py \\(pid \(api.pid)\\) at 10\\.77\\.1\\.2: 129 in the accept queue, limit 128, .*the oldest for "
        )
      }
    }

    @Test func `a leak at the other end is named`() async throws {
      try await Hosts.with { hosts in
        let api = try await hosts.start(
          in: hosts.api, "accept.py", as: "api.py", "idle", Hosts.api, "8000")
        try await hosts.start(
          in: hosts.front, "client.py", as: "front.py", "half-close", Hosts.api, "8000", "3")
        try await hosts.end(
          "front.py",
          matching: "^api\\.py \\(pid \(api.pid)\\) at 10\\.77\\.1\\.2: .*CLOSE-WAIT for \\d+",
          daemon: false)
      }
    }

    @Test func `who sends the resets is named`() async throws {
      try await Hosts.with { hosts in
        let api = try await hosts.start(
          in: hosts.api, "drill.py", as: "api.py", "resets", "8000", Hosts.api)
        try await hosts.start(
          in: hosts.front, "drill.py", as: "front.py", "visits", Hosts.api, "8000", "0.05",
          String(repeating: "x", count: 5000), "answer")
        try await hosts.end(
          "front.py", matching: "^api\\.py \\(pid \(api.pid)\\) at 10\\.77\\.1\\.2")
      }
    }

    @Test func `that nothing of this side arrives is said of both ends`() async throws {
      try await Hosts.with { hosts in
        try await hosts.start(
          in: hosts.api, "drill.py", as: "api.py", "reads", "8000", Hosts.api)
        try await hosts.start(
          in: hosts.front, "drill.py", as: "front.py", "streams", Hosts.api, "8000")
        try await hosts.api.filter("tcp dport 8000 drop")
        try await hosts.end(
          "front.py", matching: "Nothing that this side sends arrives at 10\\.77\\.1\\.2 any more")
        // Attempts are dropped as well.
        try await hosts.start(
          in: hosts.front, "client.py", as: "new.py", "begin", Hosts.api, "8000", "2")
        try await hosts.end(
          "new.py", matching: "nothing that this side sends to 10\\.77\\.1\\.2:8000 arrives")
      }
    }

    @Test func `that the answers do not come back is said of both ends`() async throws {
      try await Hosts.with { hosts in
        try await hosts.start(
          in: hosts.api, "drill.py", as: "api.py", "reads", "8000", Hosts.api)
        try await hosts.start(
          in: hosts.front, "drill.py", as: "front.py", "streams", Hosts.api, "8000")
        try await hosts.front.filter("tcp sport 8000 drop")
        try await hosts.end(
          "front.py", matching: "what 10\\.77\\.1\\.2 sends does not come back")
      }
    }

    @Test func `a listener on loopback only is named as the reason of refusals`() async throws {
      try await Hosts.with { hosts in
        let api = try await hosts.start(
          in: hosts.api, "accept.py", as: "api.py", "patient", "127.0.0.1", "8000")
        try await hosts.start(
          in: hosts.front, "drill.py", as: "front.py", "visits", Hosts.api, "8000", "0.05")
        try await hosts.end(
          ":8000",
          matching:
            "nobody listens on 10\\.77\\.1\\.2:8000; api\\.py \\(pid \(api.pid)\\) listens on 127\\.0\\.0\\.1:8000"
        )
      }
    }

    @Test func `without the flag nobody else is asked, and with it only those that may be`()
      async throws
    {
      try await Hosts.with { hosts in
        let api = try await hosts.start(
          in: hosts.api, "accept.py", as: "api.py", "deaf", Hosts.api, "8000")
        try await hosts.start(
          in: hosts.front, "client.py", as: "front.py", "begin", Hosts.api, "8000", "150")
        // Every segment that front sends to the port of api's daemon.
        try await hosts.front.run(
          "nft",
          """
          table inet wire {
            chain leaving {
              type filter hook output priority 0
              tcp dport 10793 counter
            }
          }
          """)
        func asked() async throws -> Bool {
          !(try await hosts.front.run("nft", "list", "table", "inet", "wire"))
            .contains("packets 0 bytes 0")
        }
        let command = ["ip", "netns", "exec", "front", Daemon.binary, "explain", "front.py"]
        for flags in [["--connect=unix:\(hosts.socket)"], ["--for=200ms"]] {
          _ = try await hosts.front.outer.result(command + flags)
          #expect(try await !asked())
        }
        try await hosts.end(
          "front.py", "--peers.allow=192.0.2.0/24", matching: "in none of the ranges of peers.allow"
        )
        #expect(try await !asked())
        try await hosts.end("front.py", matching: "pid \(api.pid)")
        #expect(try await asked())
      }
    }

    @Test func `a host that does not answer, hides connections or is no daemon is said to be so`()
      async throws
    {
      try await Hosts.with { hosts in
        try await hosts.start(in: hosts.api, "accept.py", as: "api.py", "deaf", Hosts.api, "8000")
        try await hosts.start(
          in: hosts.front, "client.py", as: "front.py", "begin", Hosts.api, "8000", "150")
        try await hosts.end("front.py", matching: "api")
        for (flags, words) in [
          (["--peers.port=1"], "10.77.1.2: connect: Connection refused. What is there stays open."),
          (["--peers.port=8000", "--peers.timeout=300ms"], "10.77.1.2: no response in time."),
          (
            ["--peers.server-name=other"], "10.77.1.2: the certificate is for another host name."
          ),
        ] {
          let child = try await hosts.front.outer.result(
            [
              "ip", "netns", "exec", "front", Daemon.binary, "explain", "front.py", "--peers",
              "--config.file=\(hosts.directory.file("peers.yaml"))",
              "--connect=unix:\(hosts.socket)",
            ] + flags)
          let text = child.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
          #expect(text.contains(words), "\(child.output)\(child.errors)")
        }
      }
    }

    @Test(arguments: [
      (["--depth=2"], "--depth: only allowed with --peers"),
      (["--peers.port=1"], "--peers.port: only allowed with --peers"),
      (["--peers", "--depth=9"], "--depth: allowed: 1 to 8"),
      (["--peers", "--peers.port=0"], "--peers.port: \"0\" is out of range; allowed: 1 to 65535"),
      (["--peers", "--peers.user=me"], "peers: user: only allowed with scheme https"),
      (
        ["--peers", "--peers.allow=10.0.0.1/8"],
        "--peers.allow: \"10.0.0.1/8\" is not a range of addresses; allowed: ranges of addresses such as 10.0.0.0/8, fc00::/7"
      ),
    ])
    func `a wrong flag is an error in one line`(flags: [String], line: String) async throws {
      let child = try Child([Daemon.binary, "explain"] + flags)
      try await child.ended()
      #expect(child.end == .exited(2))
      #expect(child.errors.contains(line), "\(child.errors)")
    }

    @Test func `both ends of a connection that has ended here are shown`() async throws {
      try await Hosts.with { hosts in
        try await hosts.start(in: hosts.api, "accept.py", as: "api.py", "idle", Hosts.api, "8000")
        let front = try await hosts.start(
          in: hosts.front, "client.py", as: "front.py", "hold", Hosts.api, "8000", "1")
        let list = try await hosts.front.run("ss", "-Htn", "state", "established", "dport = :8000")
        let local = try #require(list.split(whereSeparator: \.isWhitespace).dropFirst(2).first)
        // So that the daemons have seen it.
        try await hosts.end(String(local), "\(Hosts.api):8000", matching: "^api\\.py")
        try await front.tell("close", until: "closed")
        try await hosts.end(
          String(local), "\(Hosts.api):8000", matching: "^api\\.py .* CLOSE-WAIT for ")
      }
    }

    @Test func `where this host translates an address to is asked`() async throws {
      try await Hosts.with { hosts in
        let api = try await hosts.start(
          in: hosts.api, "accept.py", as: "api.py", "deaf", Hosts.api, "8000")
        // As a service's address of Kubernetes.
        try await hosts.front.run(
          "nft",
          """
          table ip service {
            chain leaving {
              type nat hook output priority -100
              ip daddr 10.77.9.9 tcp dport 80 dnat to \(Hosts.api):8000
            }
          }
          """)
        try await hosts.front.run("ip", "route", "add", "10.77.9.9", "via", Hosts.api)
        try await hosts.start(
          in: hosts.front, "client.py", as: "front.py", "begin", "10.77.9.9", "80", "150")
        try await hosts.end(
          "front.py", matching: "^api\\.py \\(pid \(api.pid)\\) at 10\\.77\\.1\\.2: 129")
      }
    }

    @Test func `both ends of one connection are shown`() async throws {
      try await Hosts.with { hosts in
        let api = try await hosts.start(
          in: hosts.api, "accept.py", as: "api.py", "patient", Hosts.api, "8000")
        try await hosts.start(
          in: hosts.front, "client.py", as: "front.py", "hold", Hosts.api, "8000", "1")
        let list = try await hosts.front.run("ss", "-Htn", "state", "established", "dport = :8000")
        let local = try #require(list.split(whereSeparator: \.isWhitespace).dropFirst(2).first)
        // Once the server has accepted it.
        try await hosts.end(
          String(local), "\(Hosts.api):8000",
          matching: "^api\\.py \\(pid \(api.pid)\\) at 10\\.77\\.1\\.2: pid")
      }
    }
  }
}
