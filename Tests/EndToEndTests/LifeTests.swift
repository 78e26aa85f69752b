import Foundation
import Testing

extension EndToEnd {
  @Suite struct Life {
    @Test(arguments: ["TERM", "INT"])
    func `SIGTERM and SIGINT end it with 0`(signal: String) async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        try await daemon.program.signal(signal)
        #expect(try await daemon.program.child.ended() == .exited(0))
      }
    }

    @Test func `a response under way is completed before it stops`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        // So many groups that the response does not fit into the socket's buffer, and no more: the scraper has a second.
        _ = try await namespace.start("python3", "many-listeners.py", "20000", "300")
        // Not by reading all of it: that takes longer than all else.
        try await eventually("all listeners") {
          let text = try await daemon.get("/metrics")?.text
          return text?.contains("\nsockstate_tracked_sockets 300\n") == true ? () : nil
        }
        let scraper = try await namespace.start(
          ["python3", Tool.program("slow-scraper.py"), daemon.socket])
        try await scraper.says("reading")
        // The scraper itself sends the signal and goes on at once: the daemon waits for it less than a second.
        scraper.child.send("\(daemon.program.pid)\n")
        #expect(try await scraper.child.ended() == .exited(0), "\(scraper.child.errors)")
        let sizes = try #require(scraper.child.output.firstMatch(of: /([0-9]+) of ([0-9]+)/))
        #expect(sizes.1 == sizes.2)
        #expect(try #require(Int(sizes.1)) > 500_000)
        #expect(try await daemon.program.child.ended() == .exited(0))
      }
    }

    @Test func `a service manager that does not read holds no poll up`() async throws {
      try await withSandbox { namespace, directory in
        let manager = directory.file("notify")
        _ = try await namespace.start("python3", "deaf-manager.py", manager)
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "100ms",
          launcher: ["env", "NOTIFY_SOCKET=\(manager)"])
        // As many datagrams as the kernel keeps for it are ten (net.unix.max_dgram_qlen), as a rule.
        let kept = try await namespace.run("sysctl", "-n", "net.unix.max_dgram_qlen")
        let most = try #require(Double(kept.trimmingCharacters(in: .whitespacesAndNewlines)))
        try await daemon.metrics("polls after that") {
          $0.sum("polls_total", ["result": "success"]) > most + 5
        }
        // It is told of a reload and of the end, but not waited for.
        try await daemon.program.signal("HUP")
        try await daemon.program.signal("TERM")
        #expect(try await daemon.program.child.ended() == .exited(0))
      }
    }

    @Test func `a port in use ends the start with 1 and says so`() async throws {
      try await withSandbox { namespace, _ in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "10793")
        let program = try await namespace.start(
          [Daemon.binary, "--web.listen-address=127.0.0.1:10793"])
        #expect(try await program.child.ended() == .exited(1))
        #expect(program.child.errors.contains("127.0.0.1:10793"))
        #expect(program.child.errors.localizedCaseInsensitiveContains("in use"))
      }
    }
  }
}
