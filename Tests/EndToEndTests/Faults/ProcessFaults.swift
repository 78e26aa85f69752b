import Foundation
import Testing

extension Faults {
  /// What other processes may do, without meaning any harm.
  @Suite struct Processes {
    /// More of them are for `make test-faults`.
    private static let processes =
      ProcessInfo.processInfo.environment["FAULT_PROCESSES"].flatMap { Int($0) } ?? 300

    @Test func `one process with 20,000 descriptors is looked through`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.set("tcp_max_tw_buckets", to: "100")
        let hard = Int(try await namespace.run("sh", "-c", "ulimit -Hn").dropLast()) ?? 20_000
        let connections = min(20_000, hard) / 2 - 50
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let survival = try await Survival(of: daemon)
        let holder = try await namespace.start(
          "python3", "many-descriptors.py", "8001", "\(connections)")
        let metrics = try await daemon.metrics("all sockets, with their owner") {
          $0.sum("sockets", ["process": "many-descriptors.py", "state": "established"])
            == Double(2 * connections)
        }
        #expect(metrics.sum("unattributed_sockets") == 0)
        try await holder.signal("KILL")
        try await daemon.metrics("that they have gone") {
          $0.sum("sockets", ["state": "established"]) == 0
        }
        try await survival.check()
      }
    }

    @Test func `as many processes as there may be are looked through`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let survival = try await Survival(of: daemon)
        let program = try await namespace.start(
          ["python3", Tool.program("many-processes.py"), "8001", "\(Self.processes)"])
        try await program.says("ready", within: .seconds(600))
        let metrics = try await daemon.metrics("all sockets, with their owner") {
          $0.sum("sockets", ["process": "many-processes.py", "state": "listen"])
            == Double(Self.processes)
        }
        #expect(metrics.sum("unattributed_sockets") == 0)
        program.child.send("", andClose: true)
        try await daemon.metrics("that they have gone") { $0.sum("sockets") == 0 }
        try await survival.check()
      }
    }

    /// Whether a FUSE file system can be mounted, which takes root and the device.
    private static let hasFUSE = getuid() == 0 && access("/dev/fuse", R_OK | W_OK) == 0

    @Test(.enabled(if: hasFUSE, "mounting a FUSE file system takes root and /dev/fuse"))
    func `a process whose memory cannot be read holds nothing up`() async throws {
      try await withSandbox { namespace, directory in
        let mount = directory.path + "/silent"
        try FileManager.default.createDirectory(
          atPath: mount, withIntermediateDirectories: false)
        let running = try await Daemon.start(in: namespace, directory: directory)
        let survival = try await Survival(of: running)
        let silent = try await namespace.start([
          "python3", Tool.program("silent-memory.py"), mount, "8001",
        ])
        try await silent.says("ready")
        let socket = directory.file("notify")
        let manager = try await namespace.start("python3", "manager.py", socket)
        let isSeen = { (metrics: Metrics) in
          metrics.sum("sockets", ["port": "8001", "state": "listen"]) == 1
            && metrics.sum("sockets", ["port": "8001", "process": "unknown"]) == 0
        }
        try await running.metrics("the owner by the name of its executable", where: isSeen)
        _ = try await running.freshMetrics()
        // One that is started meanwhile gets ready, and a command ends.
        try await Directory.with { other in
          let started = try await Daemon.start(
            in: namespace, directory: other,
            launcher: ["env", "NOTIFY_SOCKET=\(socket)", "WATCHDOG_USEC=1000000"])
          try await started.metrics("the owner", where: isSeen)
          try await manager.says("READY=1")
          // systemd would end it if it were not told so all the while.
          let told = { manager.child.output.ranges(of: "\nWATCHDOG=1\n").count }
          let before = told()
          try await eventually("five times more") { told() >= before + 5 ? () : nil }
          let snapshot = try await namespace.run(Daemon.binary, "snapshot")
          #expect(snapshot.contains("8001"))
          // FUSE lets nobody go who waits for it, not even at an exit; what is wrong is said all the same.
          let check = try await namespace.start([Daemon.binary, "check-config", mount + "/file"])
          try await eventually("its error") {
            check.child.errors.contains("/file: cannot read: nothing came within") ? () : nil
          }
          try await started.program.signal("TERM")
          #expect(try await started.program.child.ended() == .exited(0))
        }
        try await silent.signal("KILL")
        try await survival.check()
      }
    }

    @Test func `processes that end while they are looked at harm nothing`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.set("tcp_max_tw_buckets", to: "100")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, interval: "100ms")
        let survival = try await Survival(of: daemon)
        let storm = try await namespace.start(
          ["python3", Tool.program("fork-storm.py"), "8001", "400"])
        try await storm.says("over")
        try await survival.check()
        let server = try await namespace.start(
          "python3", "accept.py", "patient", "127.0.0.1", "8002")
        try await daemon.metrics("the next one's owner") {
          $0.groups[
            SocketGroup(process: "accept.py", direction: "inbound", port: "8002", state: "listen")]
            == 1
        }
        try await server.signal("KILL")
      }
    }
  }
}
