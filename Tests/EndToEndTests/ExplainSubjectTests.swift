import Testing

extension EndToEnd {
  @Suite struct ExplainSubject {
    @Test func `a number or a port of this host is taken for what is meant, or told what to type`()
      async throws
    {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        // Process 1 is there, and has no socket.
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "1")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await daemon.freshMetrics()
        for source in ["--for=100ms", "--connect=unix:\(daemon.socket)"] {
          for subject in [":8001", "8001", "127.0.0.1:8001", "localhost:8001", "[::1]:8001"] {
            let child = try await namespace.result([Daemon.binary, "explain", subject, source])
            #expect(child.end == .exited(0), "\(child.errors)")
            #expect(child.output.hasPrefix("port 8001: 1 socket"), "\(child.output)")
          }
          for (subject, line) in [
            ("1", "pid 1: no TCP socket of that is known; for the port, ask for :1"),
            (
              "[fe80::1]:9200",
              "[fe80::1]:9200: no TCP socket of that is known; for the port, ask for :9200"
            ), ("9999", "pid 9999: no TCP socket of that is known; there is no process"),
          ] {
            let child = try await namespace.result([Daemon.binary, "explain", subject, source])
            #expect(child.end == .exited(1))
            #expect(child.errors.contains(line), "\(child.errors)")
          }
        }
      }
    }
  }
}
