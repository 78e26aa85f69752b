import Testing

extension EndToEnd {
  @Suite struct SocketActivation {
    @Test func `the sockets that systemd passes are served, of every family`() async throws {
      try await withSandbox { namespace, directory in
        let socket = directory.file("passed.sock")
        let program = try await namespace.start([
          "python3", Tool.program("activate.py"), socket, Daemon.binary, "--web.systemd-socket",
        ])
        for way in [
          ["http://127.0.0.1:10793/metrics"], ["http://[::1]:10793/metrics"],
          ["--unix-socket", socket, "http://localhost/metrics"],
        ] {
          try await eventually("metrics by \(way)\n\(program.child.errors)") {
            let curl = try await namespace.result(["curl", "-sSf", "--max-time", "30"] + way)
            return curl.end == .exited(0) ? () : nil
          }
        }
        // Nothing is passed on, and the listen address's default is not used beside them.
        let flags = try await namespace.run(
          "sh", "-c", "grep -h ^flags: /proc/\(program.pid)/fdinfo/3 /proc/\(program.pid)/fdinfo/5")
        for line in flags.split(separator: "\n") {
          let bits = Int(line.split(whereSeparator: \.isWhitespace).last ?? "", radix: 8) ?? 0
          #expect(bits & 0o2000000 != 0, "O_CLOEXEC is not in \(line)")
        }
        let listeners = try await namespace.run("ss", "-tlnH")
        #expect(listeners.split(separator: "\n").count == 2, "\(listeners)")
        try await program.signal("TERM")
        #expect(try await program.child.ended() == .exited(0))
        #expect(try await namespace.run("ls", socket).contains(socket))
      }
    }

    @Test func `sockets that are passed without the flag are told of`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(
          in: namespace, directory: directory,
          launcher: ["python3", Tool.program("activate.py"), directory.file("passed.sock")],
          "--log.level=warn")
        try await daemon.logs(
          "level=warning",
          "systemd has passed sockets (LISTEN_FDS), which are not served: start with --web.systemd-socket, or disable the socket unit"
        )
      }
    }

    @Test(
      arguments: [
        (
          [],
          "--web.systemd-socket: systemd has passed no sockets to this process (LISTEN_PID); start the socket unit, or leave the flag out"
        ),
        ([], "LISTEN_PID"), (["--kind=other"], "LISTEN_PID"),
        (["--kind=datagram"], "descriptor 3 from systemd is not a listening stream socket"),
      ] as [([String], String)])
    func `no sockets, or bad ones, end the start with one line`(kind: [String], message: String)
      async throws
    {
      try await withSandbox { namespace, directory in
        let launcher =
          kind.isEmpty
          ? [] : ["python3", Tool.program("activate.py")] + kind + [directory.file("x.sock")]
        let program = try await namespace.start(
          launcher + [Daemon.binary, "--web.systemd-socket"])
        #expect(try await program.child.ended() == .exited(1))
        let lines = program.child.errors.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(lines.last?.contains(message) == true, "\(lines)")
      }
    }
  }
}
