import Foundation
import Testing

extension EndToEnd {
  /// Who holds a socket may change while it lives; the oracle is `ss -tanp`.
  @Suite struct Owners {
    private struct Socket: Equatable {
      var process: String
      var pid: Int
      var fd: Int
      var holders: Set<Int>
    }

    /// The sockets of a state, as the API lists them.
    private func sockets(_ daemon: Daemon, _ state: String) async throws -> [Socket] {
      let answer = try #require(try await daemon.get("/api/v1/sockets?state=\(state)"))
      let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
      return try #require(object?["sockets"] as? [[String: Any]]).map { socket in
        let holders = socket["holders"] as? [[String: Any]] ?? []
        return Socket(
          process: socket["process"] as? String ?? "", pid: socket["pid"] as? Int ?? 0,
          fd: socket["fd"] as? Int ?? -1, holders: Set(holders.compactMap { $0["pid"] as? Int }))
      }
    }

    /// Of each socket of a state, who holds it.
    private func holders(_ namespace: Namespace, _ state: String) async throws -> [Set<Int>] {
      try await namespace.run("ss", "-tanpH", "state", state).split(separator: "\n").map { line in
        Set(line.matches(of: /pid=([0-9]+)/).compactMap { Int($0.1) })
      }
    }

    private func start(_ namespace: Namespace, _ directory: Directory) async throws -> Daemon {
      let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
      return try await Daemon.start(in: namespace, directory: directory, "--config.file=\(file)")
    }

    @Test(arguments: ["close", "exit"])
    func `inherited connections are told of all who hold them, then of the one that is left`(
      command: String
    ) async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "brusque", "127.0.0.1", "8001")
        let opener = try await namespace.start(
          "python3", "holders.py", "inherit", "127.0.0.1", "8001")
        let daemon = try await start(namespace, directory)
        // Once the server has accepted and closed all three.
        let both = try await eventually("three in CLOSE-WAIT that the same two hold") {
          let all = try await holders(namespace, "close-wait")
          return all.count == 3 && Set(all).count == 1 && all[0].count == 2 ? all[0] : nil
        }
        _ = try await eventually("both holders") {
          let told = try await sockets(daemon, "close_wait")
          return told.count == 3 && told.allSatisfy { $0.pid == opener.pid && $0.holders == both }
            ? true : nil
        }
        // A list of sockets is good for a second.
        let words = try await daemon.explain("holders.py", saying: "close-on-exec")
        #expect(words.contains("FAULT"))
        #expect(
          words.contains(
            /held by holders\.py \([0-9]+, fd [0-9]+\) and sleep \([0-9]+, fd [0-9]+\)/))

        try await opener.tell(command, until: "done")
        let heir = both.subtracting([opener.pid])
        // It says so before it ends.
        try await eventually("three that \(heir) holds alone") {
          try await holders(namespace, "close-wait") == [heir, heir, heir] ? () : nil
        }
        let metrics = try await daemon.metrics("the one that is left") {
          $0.sum("close_wait_stuck_sockets", ["process": "sleep"]) == 3
            && $0.sum("sockets", ["process": "holders.py", "state": "close_wait"]) == 0
        }
        #expect(metrics.sum("sockets", ["process": "sleep", "port": "8001"]) == 3)
        _ = try await eventually("its list") {
          let told = try await sockets(daemon, "close_wait")
          return told.count == 3
            && told.allSatisfy { [$0.pid] == Array(heir) && $0.holders.isEmpty } ? true : nil
        }
      }
    }

    @Test func `a connection that moves to another descriptor is told with that`() async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "brusque", "127.0.0.1", "8001")
        let opener = try await namespace.start("python3", "holders.py", "move", "127.0.0.1", "8001")
        let daemon = try await start(namespace, directory)
        try await daemon.metrics("stuck sockets") { $0.sum("close_wait_stuck_sockets") == 3 }
        try await opener.tell("move", until: "done")
        _ = try await eventually("the new descriptors") {
          let told = try await sockets(daemon, "close_wait")
          return told.count == 3 && told.allSatisfy { $0.pid == opener.pid && $0.fd >= 200 }
            ? true : nil
        }
      }
    }

    @Test func `a listener that is handed over goes with it to another owner`() async throws {
      try await withSandbox { namespace, directory in
        let old = try await namespace.start("python3", "holders.py", "pass", "127.0.0.1", "8001")
        let daemon = try await start(namespace, directory)
        #expect(try await sockets(daemon, "listen").map(\.pid) == [old.pid])
        try await old.tell("pass", until: "done")
        let heir = try await eventually("the child") {
          let now = try await holders(namespace, "listening").first ?? []
          return now.contains(old.pid) ? nil : now.first
        }
        _ = try await eventually("the new owner") {
          try await sockets(daemon, "listen").map(\.pid) == [heir] ? true : nil
        }
      }
    }

    @Test func `a shared listener is that of the processes that accept`() async throws {
      try await withSandbox { namespace, directory in
        let master = try await namespace.start(
          "python3", "holders.py", "prefork", "127.0.0.1", "8001")
        let daemon = try await start(namespace, directory)
        try await master.tell("hang", until: "done")
        _ = try await namespace.start("python3", "client.py", "begin", "127.0.0.1", "8001", "8")
        let all = try #require(try await holders(namespace, "listening").first)
        let workers = all.subtracting([master.pid])
        #expect(workers.count == 2)
        _ = try await eventually("the full listener, as one of a worker") {
          let told = try await sockets(daemon, "listen")
          return told.count == 1 && told[0].holders == all && workers.contains(told[0].pid)
            ? true : nil
        }
        for pid in all.sorted() { try await daemon.explain(String(pid), saying: "accept") }
      }
    }

    @Test(arguments: ["thread", "orphans"])
    func `threads with descriptors of their own belong to their process`(mode: String) async throws
    {
      try await withSandbox { namespace, directory in
        let server = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        let program = try await namespace.start("python3", "holders.py", mode, "127.0.0.1", "8001")
        let daemon = try await start(namespace, directory)
        let labels = ["process": "holders.py", "direction": "outbound", "state": "established"]
        try await daemon.metrics("its sockets") { $0.sum("sockets", labels) == 3 }
        let pids = try await sockets(daemon, "established").map(\.pid)
        #expect(pids.count { $0 == program.pid } == 3)
        // What is known of a thread's descriptors holds when they are looked at again.
        let metrics = try await daemon.freshMetrics()
        #expect(metrics.sum("sockets", labels) == 3)
        #expect(metrics.sum("unattributed_sockets") == 0)
        guard mode == "orphans" else { return }
        // The three, and what Python opens.
        try await server.tell("release", until: "released")
        try await daemon.metrics("the descriptors that it leaks among") {
          $0.sum("process_open_fds", ["process": "holders.py"]) >= 6
        }
      }
    }
  }
}
