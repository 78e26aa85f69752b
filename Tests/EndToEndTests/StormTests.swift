import Testing

extension EndToEnd {
  /// Connections that fail in numbers: each kind has its finding, and nothing is called healthy.
  @Suite(.enabled(if: Tool.has("nft"), "nft is not installed"))
  struct Storms {
    private func stands(
      _ metrics: Metrics, _ kind: String, _ labels: [String: String] = [:],
      severity: String = "fault"
    ) -> Bool {
      metrics.samples("findings", labels.merging(["kind": kind, "severity": severity]) { $1 })
        .contains { $0.value == 1 }
    }

    @Test(arguments: ["auto", "off"])
    func
      `attempts that leave no trace are unanswered, each once, with the kernel's events or without`(
        events: String
      ) async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.filter("tcp dport 8002 drop")
        let file = try directory.write("c.yaml", "destroy_events: \(events)\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        let client = try await namespace.start(
          "python3", "attempts.py", "127.0.0.1", "8002", "3", "3")
        try await daemon.metrics("the finding, while it tries") {
          stands($0, "connects_unanswered", ["process": "attempts.py"], severity: "notice")
        }
        try await client.says("done")
        let metrics = try await daemon.metrics("all attempts counted, and none waiting") {
          $0.sum("sockets", ["process": "attempts.py", "state": "syn_sent"]) == 0
            && $0.sum("connect_failures_total") >= 3
        }
        let labels = ["process": "attempts.py", "port": "8002", "reason": "unanswered"]
        #expect(metrics.sum("connect_failures_total", labels) == 3)
        // Whatever comes late is not counted once more.
        let later = try await daemon.freshMetrics()
        #expect(later.sum("connect_failures_total") == 3)
        #expect(
          stands(later, "connects_unanswered", ["process": "attempts.py"], severity: "notice"))
      }
    }

    @Test func `a refused attempt is no fault, and a storm of them is one`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        func attempt(_ count: String) async throws {
          let client = try await namespace.start(
            "python3", "client.py", "begin", "127.0.0.1", "8003", count)
          try await client.tell("close", until: "closed")
        }
        try await attempt("1")
        let one = try await daemon.metrics("the notice") {
          stands($0, "connects_refused", severity: "notice")
        }
        #expect(!stands(one, "connects_refused"))
        try await attempt("20")
        try await daemon.metrics("the fault") { stands($0, "connects_refused", ["port": "8003"]) }
      }
    }

    @Test func `a reset storm is told at the side that sends, and at the one that receives`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let far = try await namespace.bound("far")
        try await namespace.run(
          "ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", "far")
        try await namespace.run("ip", "address", "add", "10.1.0.1/24", "dev", "cable")
        try await namespace.run("ip", "link", "set", "cable", "up")
        try await far.run("ip", "address", "add", "10.1.0.2/24", "dev", "cable")
        try await far.run("ip", "link", "set", "cable", "up")
        _ = try await far.start("python3", "refuse-uploads.py", "0.0.0.0", "8088")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--namespaces=all")
        _ = try await namespace.start("python3", "upload.py", "10.1.0.2", "8088")
        let metrics = try await daemon.metrics("both findings, and the resets of both namespaces") {
          stands($0, "connections_reset", ["process": "refuse-uploads.py", "direction": "inbound"])
            && stands($0, "connections_reset", ["process": "upload.py", "direction": "outbound"])
            && $0.sum("host_aborts_total", ["netns": "netns-far", "reason": "close"]) > 4
            // EstabResets counts both sides' ends.
            && $0.samples("host_established_resets_total").filter { $0.value > 4 }.count == 2
        }
        let own = metrics.samples("host_aborts_total", ["reason": "close"])
          .filter { $0.series.labels["netns"] == nil }
        #expect(own.map(\.value) == [0])
        let sender = try await daemon.explain(
          "refuse-uploads.py",
          saying: "FAULT: refuse-uploads.py cuts off connections on port 8088: it closes them with")
        #expect(sender.contains("(TCPAbortOnClose)"))
        let receiver = try await daemon.explain(
          "upload.py",
          saying: "FAULT: Connections of upload.py to port 8088 are cut off by resets.")
        #expect(!receiver.contains("TCPAbortOnClose)"))
      }
    }

    @Test func `a client that gives up is the one cause, and is not taken for its server`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let server = try await namespace.start("python3", "downloads.py", "8001")
        _ = try await namespace.start("python3", "give-up.py", "8001", "some")
        try await daemon.metrics("both findings, one of them the fault") {
          stands($0, "connections_reset", ["direction": "outbound", "port": "8001"])
            && stands(
              $0, "connections_reset", ["process": "downloads.py"], severity: "notice")
        }
        let words = try await daemon.explain(
          "downloads.py", saying: "NOTE: Connections of downloads.py on port 8001 are cut off")
        #expect(words.contains("It follows from another finding"))
        #expect(!words.contains("unknown process (pid \(server.pid))"))
      }
    }

    @Test func `checks that reset once they have the answer lose nothing that is known`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "downloads.py", "8001")
        _ = try await namespace.start("python3", "give-up.py", "8001", "all")
        let metrics = try await daemon.metrics("the notice") {
          stands($0, "connections_reset", ["process": "downloads.py"], severity: "notice")
        }
        #expect(metrics.sum("connections_cut_off_total") == 0)
        #expect(!metrics.samples("findings").contains { $0.label("severity") == "fault" })
        try await daemon.explain("downloads.py", saying: "while data is under way")
      }
    }

    @Test func `orderly ends are no storm, and are counted as closed`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "brusque", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "read", "127.0.0.1", "8001", "50")
        let ended = ["direction": "inbound", "port": "8001", "how": "closed"]
        let metrics = try await daemon.metrics("all ends") {
          $0.sum("connections_ended_total", ended) == 50
            && $0.sum("connections_ended_total", ["direction": "outbound", "how": "closed"]) == 50
        }
        #expect(metrics.sum("connections_ended_total") == 100)
        #expect(metrics.sum("connections_cut_off_total") == 0)
        #expect(!metrics.samples("findings").contains { $0.label("severity") == "fault" })
      }
    }

    @Test func `a SYN flood is told at the listener, with the cookies that were sent`() async throws
    {
      try await withSandbox { namespace, directory in
        // Nobody answers SYN-ACKs, as if the addresses were forged.
        try await namespace.filter("tcp sport 8001 drop")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "half-open.py", "127.0.0.2", "127.0.0.1", "8001", "400")
        try await daemon.metrics("the finding") {
          stands($0, "syn_flood", ["process": "accept.py"])
            && $0.sum("host_syn_cookies_total", ["event": "sent"]) > 0
        }
        // Of a poll that began after the last SYN.
        let metrics = try await daemon.freshMetrics()
        #expect(metrics.sum("sockets", ["process": "accept.py", "state": "syn_recv"]) > 100)
        #expect(
          metrics.sum("host_syn_cookies_total", ["event": "sent"])
            == (try await namespace.counter("TcpExtSyncookiesSent")))
        let text = try await daemon.explain(
          "accept.py", saying: "FAULT: Handshakes with accept.py on port 8001 are begun and not")
        #expect(text.contains("SYN cookies sent by this host"))
        #expect(!text.contains("healthy"))
      }
    }

    @Test func `connections that TCP_DEFER_ACCEPT keeps are no flood, and wait for data`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "deferred", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "120")
        let labels = ["process": "accept.py", "state": "syn_recv"]
        // The kernel may drop some of a queue that is more than half full.
        let metrics = try await daemon.metrics("all of them known") {
          let opening = $0.sum("sockets", labels)
          return opening > 64 && $0.sum("deferred_accept_sockets") == opening
        }
        #expect(metrics.samples("findings", ["kind": "syn_flood"]).isEmpty)
        let text = try await daemon.explain(
          "accept.py", saying: "likely TCP_DEFER_ACCEPT: the listener waits for")
        #expect(!text.contains("the last step of the handshake is missing"))
      }
    }

    @Test func `SYN-ACKs that a filter of this host drops are told at both ends`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.filter("tcp sport 8001 drop")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "begin", "127.0.0.1", "8001", "120")
        try await daemon.metrics("both findings") {
          stands($0, "syn_flood", ["process": "accept.py"])
            && $0.samples("findings", ["kind": "connects_unanswered", "process": "client.py"])
              .contains { $0.value == 1 }
        }
        for subject in ["accept.py", "client.py"] {
          try await daemon.explain(subject, saying: "packet filter on this host drops the SYN-ACK")
        }
      }
    }

    @Test func `a scan, which answers with resets, is no fault of the listener`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        try await daemon.metrics("the listener") { $0.sum("sockets", ["state": "listen"]) == 1 }
        _ = try await namespace.start(
          "python3", "half-open.py", "127.0.0.2", "127.0.0.1", "8001", "400")
        try await daemon.metrics("the ends of its handshakes") {
          $0.sum("host_connect_failures_total") == 400
        }
        let metrics = try await daemon.freshMetrics()
        #expect(metrics.sum("host_listen_drops_total") == 0)
        #expect(!metrics.samples("findings").contains { $0.label("severity") == "fault" })
      }
    }

    @Test func `connection tracking is told where its table is there`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        func isThere() async throws -> Bool {
          let file = "/proc/sys/net/netfilter/nf_conntrack_max"
          return try await namespace.result(["test", "-e", file]).end == .exited(0)
        }
        // Whoever filters with states on this machine loads the module.
        let (has, metrics) = try await eventually("no change") {
          let has = try await isThere()
          let metrics = try await daemon.freshMetrics()
          return try await isThere() == has ? (has, metrics) : nil
        }
        let count = has ? 1 : 0
        #expect(metrics.samples("host_conntrack_entries").count == count)
        #expect(metrics.samples("host_conntrack_limit").count == count)
      }
    }
  }
}
