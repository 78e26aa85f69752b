import Foundation
import Testing

extension EndToEnd {
  @Suite(
    "Kernel counters",
    .enabled(
      if: KernelCounters.arePossible,
      "sockstated-bpf is not built (libbpf-dev), or BPF programs may not be loaded here"))
  struct KernelCounterTests {
    private static func start(
      _ namespace: Namespace, _ directory: Directory
    ) async throws -> Daemon {
      let daemon = try await Daemon.start(in: namespace, directory: directory)
      try await daemon.metrics("the kernel's counters") { $0.areFromKernelCounters }
      return daemon
    }

    /// Has as many programs connect and end, one after the other.
    private static func connectBriefly(
      _ namespace: Namespace, _ port: String, _ count: Int, blocking: Bool = false
    ) async throws {
      // From their directory: of the arguments of a process that has ended the kernel has 256 bytes.
      let programs = URL(filePath: Tool.program("")).path
      let command =
        blocking ? ["bash", "brief-connect.sh"] : ["python3", "brief-connect.py"]
      for _ in 0..<count {
        _ = try await namespace.result(
          ["env", "-C", programs] + command + ["127.0.0.1", port])
      }
    }

    @Test func `refused connects of programs that live for milliseconds have their owner`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let daemon = try await Self.start(namespace, directory)
        try await Self.connectBriefly(namespace, "8001", 5, blocking: true)
        try await Self.connectBriefly(namespace, "8002", 2)
        let metrics = try await daemon.metrics("all seven") {
          $0.sum("connect_failures_total") >= 7
        }
        #expect(
          metrics.table("connect_failures_total", by: "process", "port", "reason") == [
            "brief-connect.sh 8001 refused": 5, "brief-connect.py 8002 refused": 2,
          ])
        let after = try await daemon.freshMetrics()
        #expect(after.sum("connect_failures_total") == 7)
        #expect(after.sum("events_missed_total") == 0)
        #expect(after.samples("events_missed_total").count == 3)
      }
    }

    @Test func `without them those of programs that are gone are unknown, and one line says so`()
      async throws
    {
      try await withSandbox { namespace, directory in
        _ = try await KernelCounters(in: namespace)
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        try await Self.connectBriefly(namespace, "8001", 5)
        let metrics = try await daemon.metrics("all five") {
          $0.sum("connect_failures_total") >= 5
        }
        #expect(metrics.sum("connect_failures_total", ["process": "unknown"]) == 5)
        #expect(metrics.samples("events_missed_total").isEmpty)
        #expect(metrics.sum("event_source_info", ["source": "destroy_events"]) == 1)
        let log = daemon.program.child.errors.components(separatedBy: "no kernel counters")
        #expect(log.count == 2)
      }
    }

    @Test(
      .enabled(if: Tool.has("node"), "node is not installed"),
      .enabled(if: Tool.has("nft"), "nft is not installed"))
    func `refused, unanswered, abandoned and unreachable ones are told apart`() async throws {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        try await namespace.set("tcp_syn_retries", to: "2")
        try await namespace.filter(
          "tcp dport { 8002, 8003, 8005 } drop",
          "tcp dport 8004 reject with icmp type host-unreachable")
        let daemon = try await Self.start(namespace, directory)
        for (port, count, patience) in [
          ("8001", "5", []), ("8002", "4", []), ("8003", "3", ["100"]),
          // Given up after the SYN was sent again: the process has waited long enough.
          ("8005", "2", ["2500"]),
        ] {
          let program = try await namespace.start(
            ["node", Tool.program("connects.js"), "127.0.0.1", port, count] + patience)
          try await program.says("done")
        }
        // Of loopback the message comes while connect() holds the socket: that of the second SYN ends it.
        try await Self.connectBriefly(namespace, "8004", 2, blocking: true)
        let expected = [
          "connects.js 8001 refused": 5, "connects.js 8002 unanswered": 4,
          "connects.js 8003 abandoned": 3, "connects.js 8005 unanswered": 2,
          "brief-connect.sh 8004 unreachable": 2,
        ]
        try await daemon.metrics("all failures") {
          $0.table("connect_failures_total", by: "process", "port", "reason") == expected
        }
      }
    }

    @Test func `resets have state, reason and owner, and their sum is that of the kernel`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let daemon = try await Self.start(namespace, directory)
        _ = try await namespace.start("python3", "resets.py", "serve", "8001")
        _ = try await namespace.start("python3", "resets.py", "call", "8001")
        try await Self.connectBriefly(namespace, "8009", 2)
        let metrics = try await daemon.metrics("all resets") {
          $0.sum("resets_received_total") >= 5 && $0.sum("resets_sent_total") >= 5
        }
        #expect(
          metrics.table("resets_received_total", by: "process", "direction", "port", "state") == [
            "resets.py outbound 8001 established": 3, "brief-connect.py outbound 8009 syn_sent": 2,
          ])
        let sent = metrics.table("resets_sent_total", by: "process", "port", "state", "reason")
        let isReasonKnown = !sent.keys.contains { $0.hasSuffix("not_specified") }
        if isReasonKnown {
          #expect(
            sent == [
              "resets.py 8001 established tcp_state": 1,
              "resets.py 8001 established tcp_abort_on_close": 2,
              "unknown other none no_socket": 2,
            ])
        }
        #expect(
          try await Double(sent.values.reduce(0, +)) == namespace.counter("TcpOutRsts"))
      }
    }

    @Test func `connections that are older than the counters have their owners too`() async throws {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        _ = try await namespace.start("python3", "resets.py", "serve", "8001")
        let client = try await namespace.start("python3", "resets.py", "wait", "8001")
        try await counters.load()
        let daemon = try await Self.start(namespace, directory)
        try await client.tell("go", until: "reset")
        let metrics = try await daemon.metrics("both sides") {
          $0.sum("resets_received_total") >= 1 && $0.sum("resets_sent_total") >= 1
        }
        // By name of the kernel: the daemon's /proc is of another PID namespace than that of the programs' numbers.
        let received = metrics.table("resets_received_total", by: "direction", "port", "state")
        #expect(received == ["outbound 8001 established": 1])
        let sent = metrics.table("resets_sent_total", by: "direction", "port", "state")
        #expect(sent == ["inbound 8001 established": 1])
        #expect(metrics.sum("resets_received_total", ["process": "unknown"]) == 0)
        #expect(metrics.sum("resets_sent_total", ["process": "unknown"]) == 0)
      }
    }

    @Test func `load goes past a million descriptors that are none of a socket`() async throws {
      try await withSandbox { namespace, _ in
        let counters = try await KernelCounters(in: namespace)
        _ = try await namespace.start("python3", "no-sockets.py", "1100000")
        try await counters.load()
        #expect(try await counters.status().end == .exited(0))
      }
    }

    @Test func `no counter falls when they come and go, and nothing is counted twice`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        func fail(_ total: Double) async throws -> Metrics {
          try await Self.connectBriefly(namespace, "8001", 3)
          _ = try await daemon.metrics("\(total) failures") {
            $0.sum("connect_failures_total") >= total
          }
          let metrics = try await daemon.freshMetrics()
          #expect(metrics.sum("connect_failures_total") == total)
          return metrics
        }
        let without = try await fail(3)
        try await counters.load()
        try await daemon.metrics("the counters") { $0.areFromKernelCounters }
        let with = try await fail(6)
        #expect(with.fallen(since: without).isEmpty)
        // In place of those that are there: what comes before a poll has found them is counted without them.
        try await counters.load()
        _ = try await daemon.freshMetrics()
        let anew = try await fail(9)
        #expect(anew.fallen(since: with).isEmpty)
        #expect(anew.sum("connect_failures_total", ["process": "brief-connect.py"]) == 6)
        try await counters.unload()
        try await daemon.metrics("their end") { !$0.areFromKernelCounters }
        let after = try await fail(12)
        #expect(after.fallen(since: anew).isEmpty)
        #expect(after.sum("connect_failures_total", ["process": "unknown"]) == 6)
      }
    }

    @Test func `a directory that is not ours is one warning, and everything else is as before`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let folder = directory.file("v3")
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: false)
        try directory.write("v3/counters", "cut short")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--kernel-counters.directory=\(directory.path)")
        try await Self.connectBriefly(namespace, "8001", 2)
        try await daemon.metrics("the failures") { $0.sum("connect_failures_total") == 2 }
        let lines = daemon.program.child.errors.split(separator: "\n").filter {
          $0.contains("kernel counters")
        }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("level=warning") == true)
        #expect(lines.first?.contains("\(folder)/counters is cut short") == true)
      }
    }

    @Test func `a kernel that does not describe its types is one line, and nothing is left`()
      async throws
    {
      try await withSandbox { namespace, _ in
        _ = try await KernelCounters(in: namespace)
        try await namespace.run("mount", "--bind", "/dev/null", "/sys/kernel/btf/vmlinux")
        let load = try await namespace.result([KernelCounters.binary, "load"])
        #expect(load.end == .exited(1))
        #expect(load.errors.contains("this kernel does not describe its types"))
        #expect(load.errors.split(separator: "\n").count == 1)
        #expect(try await !namespace.run("ls", "/sys/fs/bpf").contains("sockstated"))
      }
    }

    @Test func `kernel_counters off reads nothing and says nothing`() async throws {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let file = try directory.write("c.yaml", "kernel_counters: {use: 'off'}\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)")
        let metrics = try await daemon.freshMetrics()
        #expect(!metrics.areFromKernelCounters)
        #expect(!daemon.program.child.errors.contains("kernel counters"))
      }
    }

    @Test func `unload leaves nothing, neither a file nor a program`() async throws {
      try await withSandbox { namespace, _ in
        let counters = try await KernelCounters(in: namespace)
        #expect(try await counters.status().end == .exited(1))
        try await counters.load()
        let programs = try await counters.programs()
        #expect(programs.count >= 6)
        try await counters.unload()
        #expect(try await !namespace.run("ls", "/sys/fs/bpf").contains("sockstated"))
        #expect(try await counters.status().end == .exited(1))
        // Twice does no harm.
        try await counters.unload()
        guard Tool.has("bpftool") else { return }
        for program in programs {
          _ = try await eventually("the end of program \(program)") {
            let shown = try await namespace.result(["bpftool", "prog", "show", "id", program])
            return shown.end == .exited(0) ? nil : true
          }
        }
      }
    }

    @Test
    func `load takes the place of a set of another version, and of one that was not finished`()
      async throws
    {
      try await withSandbox { namespace, _ in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let before = try await counters.programs()
        let sets = "\(counters.directory)/"
        try await namespace.run("mv", "\(sets)v3", "\(sets)v1")
        try await namespace.run("mkdir", "-p", "\(sets)v3-unfinished/links")
        try await counters.load()
        #expect(try await namespace.run("ls", counters.directory) == "v3\n")
        let programs = try await counters.programs()
        #expect(Set(programs).isDisjoint(with: before))
        try await namespace.run("mv", "\(sets)v3", "\(sets)v4")
        try await counters.unload()
        #expect(try await !namespace.run("ls", "/sys/fs/bpf").contains("sockstated"))
      }
    }

    @Test func `a loader keeps out of another's way, and says what a directory lacks`() async throws
    {
      try await withSandbox { namespace, directory in
        let counters = try await KernelCounters(in: namespace)
        try await counters.load()
        let holder = try await namespace.start(["flock", counters.directory, "cat"])
        let locked = try await eventually("the lock") {
          let child = try await namespace.result([KernelCounters.binary, "load"])
          return child.end == .exited(0) ? nil : child
        }
        #expect(locked.errors.contains("another sockstated-bpf is at work there"))
        #expect(try await counters.status().end == .exited(0))
        holder.child.kill()
        let folder = directory.file("none")
        let child = try await namespace.result([
          KernelCounters.binary, "load", "--directory", folder,
        ])
        #expect(child.end == .exited(1))
        #expect(child.errors.contains("\(folder) is not on a bpf file system"))
        #expect(!FileManager.default.fileExists(atPath: folder))
      }
    }
  }
}
