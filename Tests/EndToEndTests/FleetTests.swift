import Foundation
import Testing

extension EndToEnd {
  /// Many hosts at once: real daemons and stand-ins, some slow, dead or hostile.
  @Suite struct FleetOfHosts {
    @Test func `roots are told first, and hosts that do not answer with what that leaves open`()
      async throws
    {
      try await withSandbox { namespace, directory in
        // Each address of it is this host's.
        try await namespace.run("ip", "address", "add", "10.66.0.1/16", "dev", "lo")
        let targets = directory.file("targets.json")
        let stand = try await namespace.start("python3", "stand-ins.py", targets, "200")
        let file = try directory.write(
          "daemon.yaml", "close_wait: {stuck_after: 1s}\nstalls: {fault_after: 1s}\n")
        let daemon = try await namespace.start([
          Daemon.binary, "--web.listen-address=127.0.0.1:10793", "--poll.interval=200ms",
          "--config.file=\(file)",
        ])
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "3")
        // Fewer descriptors than hosts.
        func fleet(_ flags: String...) async throws -> Child {
          try await namespace.result(
            [
              "bash", "-c", "ulimit -n 160; exec \"$@\"", "bash", Daemon.binary, "fleet", targets,
              "127.0.0.1", "--peers.timeout=5s",
            ] + flags)
        }
        // Ten planted chains, a real daemon, and of the others some that do not answer as they should.
        let chains = (0..<10).map { number in
          "FAULT 10.66.0.\(2 * number + 2):9000: server-\(number) (pid 2): server-\(number) has unread_data. -> 10.66.0.\(2 * number + 1):9000: client-\(number) (pid 1): "
        }
        let wanted =
          chains + [
            "127.0.0.1: accept.py", "no response in time", "Connection refused",
            "is it a sockstated of this version?", "the response is not that of a sockstated",
            "the response is too long", "malformed or truncated HTTP response",
            "does not show connections to this client",
          ]
        var missing = wanted
        var text = ""
        do {
          try await eventually("all of them") { () -> Void? in
            let child = try await fleet()
            #expect(child.end == .exited(0), "\(child.errors)")
            text = child.output
            let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            missing = wanted.filter { !words.contains($0) }
            return missing.isEmpty ? () : nil
          }
        } catch {
          throw Child.Failure(description: "\(error): \(missing) \(text)")
        }
        #expect(
          text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x202e },
          "\(text)")
        let json = try await fleet("--json")
        let document =
          try JSONSerialization.jsonObject(with: Data(json.outputBytes)) as? [String: Any]
        #expect(document?["hosts"] as? Int == 201)
        #expect(daemon.child.end == nil && stand.child.end == nil)
      }
    }

    @Test(arguments: [
      (["a/none.json"], "a/none.json: cannot open: No such file or directory"),
      (["http:1:2"], "http:1:2: not a target; allowed: host, host:port"),
    ])
    func `targets that cannot be read are an error in one line`(words: [String], line: String)
      async throws
    {
      let child = try Child([Daemon.binary, "fleet"] + words)
      try await child.ended()
      #expect(child.end == .exited(2))
      #expect(child.errors.contains(line), "\(child.errors)")
    }
  }
}
