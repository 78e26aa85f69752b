import Foundation
import Testing

extension EndToEnd {
  /// What is left where the kernel or the administrator does not give everything.
  @Suite struct Degraded {
    @Test func `without netlink procfs stands in, and one line says so`() async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "4")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory,
          launcher: ["python3", Tool.program("without-netlink.py")])
        let (ss, metrics) = try await daemon.atRest()
        #expect(metrics.counts == ss.counts)
        let established = metrics.groups.filter { $0.key.state == "established" }
        #expect(
          established == [
            SocketGroup(
              process: "accept.py", direction: "inbound", port: "8001", state: "established"): 4,
            SocketGroup(
              process: "client.py", direction: "outbound", port: "8001", state: "established"): 4,
          ])
        #expect(metrics.samples("source_info", ["source": "procfs"]).map(\.value) == [1])
        #expect(metrics.samples("source_info", ["source": "sock_diag"]).map(\.value) == [0])
        #expect(!metrics.samples.contains { $0.name == "sockstate_sent_bytes_total" })
        #expect(metrics.samples("polls_total", ["result": "fallback"]).first?.value ?? 0 > 0)
        #expect(daemon.program.child.errors.components(separatedBy: "source=procfs").count == 2)
      }
    }

    @Test func `procfs knows no limit of an accept queue, and nothing is said to be full`()
      async throws
    {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start(
          "python3", "device.py", "serve", "-", "127.0.0.1", "9100", "0")
        _ = try await namespace.start(
          "python3", "device.py", "connect", "127.0.0.1", "9100", "2", "0")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--source=procfs")
        let metrics = try await daemon.metrics("the queue") {
          $0.sum("accept_queue_length", ["port": "9100"]) == 2
        }
        #expect(metrics.samples("accept_queue_limit").isEmpty)
        #expect(metrics.sum("findings", ["port": "9100"]) == 0)
        let command = ["--source=procfs", ":9100"]
        let explanation = try await namespace.result([Daemon.binary, "explain"] + command)
        #expect(explanation.output.contains("(2 in the accept queue)"))
        #expect(!explanation.output.contains("FAULT"))
      }
    }

    @Test func `a source that was chosen is not replaced: not ready, with the reason`() async throws
    {
      try await withSandbox { namespace, directory in
        let socket = directory.file("web.sock")
        let program = try await namespace.start([
          "python3", Tool.program("without-netlink.py"), Daemon.binary, "--source=sock_diag",
          "--poll.interval=200ms", "--web.listen-address=unix:\(socket)",
        ])
        let daemon = Daemon(program: program, socket: socket)
        let answer = try await eventually("the reason") {
          let answer = try await daemon.get("/-/ready")
          return answer?.text.contains("Address family not supported") == true ? answer : nil
        }
        #expect(answer.status == 503)
        #expect(try await daemon.get("/metrics")?.status == 503)
      }
    }

    @Test(
      .enabled(if: getuid() == 0, "needs root, to become somebody else"))
    func `without capabilities counts stay true, and one line says why owners are unknown`()
      async throws
    {
      try await withSandbox { namespace, directory in
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o777], ofItemAtPath: directory.path)
        let binary = directory.file("sockstated")
        // Not by this process: a child that it forks meanwhile would hold the file open for writing.
        try await namespace.run("cp", Daemon.binary, binary)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "4")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, binary: binary,
          launcher: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
        let (ss, metrics) = try await daemon.atRest()
        #expect(metrics.counts == ss.counts)
        #expect(Set(metrics.groups.keys.map(\.process)) == ["unknown"])
        #expect(
          metrics.samples("unattributed_sockets", ["state": "established"]).map(\.value) == [8])
        let log = daemon.program.child.errors
        #expect(log.components(separatedBy: "CAP_DAC_READ_SEARCH").count == 2, "\(log)")
      }
    }
  }
}
