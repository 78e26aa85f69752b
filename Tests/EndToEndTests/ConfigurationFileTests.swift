import Testing

extension EndToEnd {
  @Suite struct ConfigurationFile {
    /// A file that must be refused, where, and what the message must name.
    struct Refused: CustomTestStringConvertible {
      let testDescription: String
      let text: String
      let place: String
      let naming: [String]
    }

    static let refused = [
      Refused(
        testDescription: "unknown section", text: "pol:\n  interval: 5s\n", place: "1:1",
        naming: ["pol", "poll"]),
      Refused(
        testDescription: "unknown key", text: "limits:\n  grups: 10\n", place: "2:3",
        naming: ["grups", "groups"]),
      Refused(
        testDescription: "wrong type", text: "limits:\n  groups: many\n", place: "2:11",
        naming: ["limits.groups", "many"]),
      Refused(
        testDescription: "impossible value", text: "limits:\n  groups: -1\n", place: "2:11",
        naming: ["limits.groups", "-1"]),
      Refused(
        testDescription: "bad duration", text: "poll:\n  interval: 5 parsecs\n", place: "2:13",
        naming: ["poll.interval", "5 parsecs"]),
      Refused(
        testDescription: "duplicate key", text: "poll:\n  interval: 5s\n  interval: 6s\n",
        place: "3:3", naming: ["poll.interval"]),
      Refused(
        testDescription: "a list where a mapping belongs", text: "limits: [1, 2]\n", place: "1:9",
        naming: ["limits"]),
      Refused(
        testDescription: "bad regular expression",
        text: "processes:\n  - match:\n      exe: \"(\"\n    name: x\n", place: "3:12",
        naming: ["processes[0].match.exe"]),
      Refused(
        testDescription: "no YAML", text: "poll:\n  interval: \"5s\n", place: "3:1",
        naming: ["found unexpected end of stream"]),
    ]

    @Test(
      arguments: refused)
    func `a bad file ends the start with 2 and one line that says where and why`(row: Refused)
      async throws
    {
      try await withSandbox { namespace, directory in
        let file = try directory.write("bad.yaml", row.text)
        for arguments in [["--config.file=\(file)"], ["check-config", file]] {
          let program = try await namespace.start([Daemon.binary] + arguments)
          #expect(try await program.child.ended() == .exited(2), "\(arguments)")
          let lines = program.child.errors.split(separator: "\n")
          #expect(lines.count == 1, "\(lines)")
          for part in ["\(file):\(row.place)"] + row.naming {
            #expect(lines.first?.contains(part) == true, "\(part) is not in \(lines)")
          }
        }
      }
    }

    @Test(
      arguments: ["nowhere.yaml", "."])
    func `a file that cannot be read ends the start with 2 and its name`(name: String) async throws
    {
      try await withSandbox { namespace, directory in
        let file = directory.file(name)
        let program = try await namespace.start([Daemon.binary, "--config.file=\(file)"])
        #expect(try await program.child.ended() == .exited(2))
        #expect(program.child.errors.split(separator: "\n").count == 1)
        #expect(program.child.errors.contains(file))
      }
    }

    @Test func `a good file passes check-config`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("good.yaml", "poll:\n  interval: 1s\n")
        let child = try await namespace.result([Daemon.binary, "check-config", file])
        #expect(child.end == .exited(0), "\(child.errors)")
      }
    }

    @Test func `a rule names processes`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write(
          "sockstated.yaml",
          """
          processes:
            - match:
                cmdline: ".*/([a-z]+)\\\\.py patient .*"
              name: "my $1"
          """)
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        for (mode, port) in [("patient", "8001"), ("brusque", "8002")] {
          _ = try await namespace.start("python3", "accept.py", mode, "127.0.0.1", port)
        }
        try await daemon.metrics("both names") {
          $0.groups == [
            SocketGroup(process: "my accept", direction: "inbound", port: "8001", state: "listen"):
              1,
            SocketGroup(process: "accept.py", direction: "inbound", port: "8002", state: "listen"):
              1,
          ]
        }
      }
    }

    @Test func `SIGHUP takes a good file and keeps to the last good one`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("sockstated.yaml", "limits:\n  groups: 100\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let reloaded = "sockstate_config_last_reload_successful"
        func hasQueues(_ metrics: Metrics) -> Bool {
          metrics.samples.contains { $0.name == "sockstate_accept_queue_length" }
        }
        try await daemon.metrics("the first file") { $0.value(reloaded) == 1 && hasQueues($0) }

        try directory.write("sockstated.yaml", "metrics:\n  disable: [accept_queue_length]\n")
        try await daemon.program.signal("HUP")
        try await daemon.metrics("the second file") { $0.value(reloaded) == 1 && !hasQueues($0) }

        try directory.write("sockstated.yaml", "metrics:\n  disable: 7\n")
        try await daemon.program.signal("HUP")
        let metrics = try await daemon.metrics("the refusal") { $0.value(reloaded) == 0 }
        #expect(!hasQueues(metrics))

        try directory.write("sockstated.yaml", "limits:\n  groups: 100\n")
        try await daemon.program.signal("HUP")
        try await daemon.metrics("the last file") { $0.value(reloaded) == 1 && hasQueues($0) }
      }
    }
  }
}
