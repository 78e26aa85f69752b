import Foundation
import Testing

extension EndToEnd {
  /// Owners by what the kernel tells of all descriptors; the oracles are a daemon that reads the links of /proc, and `ss`.
  @Suite(
    "Owners from the kernel",
    .enabled(
      if: KernelCounters.arePossible,
      "sockstated-bpf is not built (libbpf-dev), or BPF programs may not be loaded here"))
  struct KernelOwnerTests {
    /// Another user, who may open the pinned files and enter network namespaces, and not read another process's links.
    private static let nobody: [String] = {
      let capabilities = "-all,+dac_read_search,+sys_admin"
      return [
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
        "--inh-caps=\(capabilities)", "--ambient-caps=\(capabilities)",
        "--bounding-set=\(capabilities)",
      ]
    }()

    /// A socket, and who holds it.
    private struct Told: Hashable, CustomStringConvertible {
      var socket: String
      var process: String
      var pid: Int
      var holders: [String]
      var description: String { "\(socket): \(process) \(pid) \(holders)" }
    }

    private static func told(_ daemon: Daemon) async throws -> Set<Told> {
      let answer = try #require(try await daemon.get("/api/v1/sockets"))
      let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
      func number(_ value: Any?) -> Int { value as? Int ?? -1 }
      return Set(
        try #require(object?["sockets"] as? [[String: Any]]).map { socket in
          let holders = socket["holders"] as? [[String: Any]] ?? []
          return Told(
            socket: ["netns", "state", "local", "remote"]
              .map { socket[$0] as? String ?? "" }.joined(separator: " "),
            process: socket["process"] as? String ?? "", pid: number(socket["pid"]),
            holders: holders.map {
              "\($0["process"] ?? "") \(number($0["pid"])) \(number($0["fd"]))"
            })
        })
    }

    /// The daemon, as another user.
    private static func startAsNobody(
      _ namespace: Namespace, _ directory: Directory, _ arguments: String...
    ) async throws -> Daemon {
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o777], ofItemAtPath: directory.path)
      let binary = directory.file("sockstated")
      try await namespace.run("cp", Daemon.binary, binary)
      let file = try directory.write("c.yaml", "close_wait: {stuck_after: 1s}\n")
      return try await Daemon.start(
        in: namespace, directory: directory, binary: binary,
        launcher: Self.nobody + ["env"], "--config.file=\(file)", "--namespaces=all")
    }

    private static func log(_ daemon: Daemon, _ text: String) -> [Substring] {
      daemon.program.child.errors.split(separator: "\n").filter { $0.contains(text) }
    }

    @Test(arguments: 1...3)
    func
      `who may not read links tells the same owners, in all network namespaces, as who walks /proc`(
        seed: Int
      ) async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let blue = try await namespace.bound("blue")
        let arguments = ["\(seed)", "127.0.0.1", "8001", "8002"]
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "accept.py", "brusque", "127.0.0.1", "8002")
        _ = try await blue.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await blue.start("python3", "accept.py", "brusque", "127.0.0.1", "8002")
        let family = try await namespace.start(
          ["python3", Tool.program("random-holders.py")] + arguments)
        try await family.says("ready")
        _ = try await blue.start(
          "python3", "random-holders.py", "\(seed + 100)", "127.0.0.1", "8001", "8002")
        for mode in ["thread", "orphans", "prefork"] {
          _ = try await namespace.start(
            "python3", "holders.py", mode, "127.0.0.1", mode == "prefork" ? "8003" : "8001")
        }

        let nobody = try await Self.startAsNobody(namespace, directory)
        let link = ["readlink", "/proc/\(family.pid)/fd/0"]
        #expect(try await namespace.result(Self.nobody + link).end == .exited(1))
        try await Directory.with { other in
          let file = try other.write(
            "c.yaml", "close_wait: {stuck_after: 1s}\nkernel_counters: {use: 'off'}\n")
          let walker = try await Daemon.start(
            in: namespace, directory: other, "--config.file=\(file)", "--namespaces=all")
          // Those that nobody holds end by themselves.
          func lasting(_ told: Set<Told>) -> Set<Told> {
            told.filter { !$0.socket.contains(/fin_wait2|time_wait|last_ack/) }
          }
          var last: (Set<Told>, Set<Told>) = ([], [])
          do {
            last.0 = try await eventually("the same") {
              last = (lasting(try await Self.told(nobody)), lasting(try await Self.told(walker)))
              // Not before all were accepted, and closed by the server that closes them at once.
              let isSettled =
                last.0.contains { $0.holders.count > 2 }
                && last.0.contains { $0.socket.hasPrefix("netns-blue close_wait") }
                && last.0.allSatisfy { $0.pid > 0 && $0.process != "unknown" }
              return isSettled && last.0 == last.1 ? last.0 : nil
            }
          } catch {
            let unknown = last.0.filter { $0.pid < 0 }
            let (kernel, links) = (last.0.subtracting(last.1), last.1.subtracting(last.0))
            Issue.record(
              "\(error)\nby the kernel alone: \(kernel.prefix(5))\nby /proc alone: \(links.prefix(5))\nunknown: \(unknown.prefix(5))"
            )
          }
          #expect(Self.log(walker, "come from the kernel").isEmpty)
        }
        #expect(Self.log(nobody, "owners of sockets come from the kernel").count == 1)
        #expect(Self.log(nobody, "cannot inspect other users").isEmpty)
        let metrics = try await nobody.freshMetrics()
        #expect(metrics.sum("unattributed_sockets", ["state": "established"]) == 0)
      }
    }

    @Test
    func `it tells connections that ended before it began, in another network namespace, too`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try await namespace.hideBoundNamespaces()
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let blue = try await namespace.bound("blue")
        _ = try await blue.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let program = try await blue.start(
          "python3", "ended.py", "shutdown", "127.0.0.1", "8001", "5")
        try await program.tell("shutdown", until: "shut")
        let nobody = try await Self.startAsNobody(namespace, directory)
        let closed = ["netns": "netns-blue", "process": "ended.py", "state": "close"]
        try await nobody.metrics("sockets that ss does not show") {
          $0.sum("sockets", closed) == 5
        }
        try await program.tell("release", until: "released")
        // A namespace in which nothing moves is looked at once a minute.
        _ = try await blue.start("python3", "client.py", "hold", "127.0.0.1", "8001", "1")
        try await nobody.metrics("the end") { $0.sum("sockets", closed) == 0 }
      }
    }

    @Test func `when the counters are unloaded, links are read again, and one line says so`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        #expect(try await counters.status().output.contains("read_descriptors: program "))
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        func holds(_ port: String) async throws {
          _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", port)
          // So many that their links would cost more.
          _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", port, "50")
          try await daemon.metrics("the owners at \(port)") {
            $0.sum("sockets", ["process": "accept.py", "port": port]) == 51
              && $0.sum("sockets", ["process": "client.py", "port": port]) == 50
          }
        }
        // Written after the report that they are about.
        func logs(kernel: Int, links: Int) async throws {
          try await eventually("\(kernel) times that owners come from the kernel, \(links) not") {
            Self.log(daemon, "owners of sockets come from the kernel").count == kernel
              && Self.log(daemon, "owners of sockets are looked for in /proc").count == links
              ? () : nil
          }
        }
        try await holds("8001")
        try await logs(kernel: 1, links: 0)
        try await counters.unload()
        try await logs(kernel: 1, links: 1)
        try await holds("8002")
        try await holds("8003")
        try await logs(kernel: 1, links: 1)
        try await counters.load()
        try await holds("8004")
        try await logs(kernel: 2, links: 1)
      }
    }

    @Test func `a procfs of another PID namespace is walked, and one line says so`() async throws {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let server = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "8001")
        let outer = directory.file("proc")
        try await namespace.run("mkdir", outer)
        // As in a container to which the host's /proc is shown at another place.
        let daemon = try await Daemon.start(
          in: namespace, directory: directory,
          launcher: [
            "unshare", "--pid", "--fork", "--kill-child", "--mount", "sh", "-ec",
            "mount --rbind /proc \(outer) && mount -t proc proc /proc && exec \"$@\"", "sh",
          ], "--procfs=\(outer)")
        try await daemon.metrics("the listener") {
          $0.sum("sockets", ["process": "accept.py", "port": "8001"]) == 1
        }
        #expect(try await Self.told(daemon).map(\.pid) == [server.pid])
        let lines = Self.log(daemon, "owners of sockets are looked for in /proc")
        #expect(lines.count == 1 && lines[0].contains("of another PID or time namespace"))
      }
    }
  }
}
