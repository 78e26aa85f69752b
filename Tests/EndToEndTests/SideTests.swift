import Foundation
import Testing

extension EndToEnd {
  /// Which side a connection is on, where no listener is there to tell.
  @Suite struct Sides {
    @Test func `a server that has closed its listener is inbound, and one group`() async throws {
      try await withSandbox { namespace, directory in
        // A port of the ephemeral range: port numbers tell nothing.
        let server = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "50051")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "50051", "40")
        _ = try await eventually("all to be accepted") {
          let ss = try await SocketStatistics(in: namespace)
          return ss.sockets.count { $0.pid == server.pid && $0.state == "established" } == 40
            ? true : nil
        }
        try await server.tell("stop", until: "stopped")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let metrics = try await daemon.freshMetrics()
        let established = ["state": "established", "port": "50051"]
        #expect(
          metrics.sum(
            "sockets", established.merging(["process": "accept.py", "direction": "inbound"]) { $1 })
            == 40)
        #expect(
          metrics.sum(
            "sockets",
            established.merging(["process": "client.py", "direction": "outbound"]) { $1 })
            == 40)
        #expect(metrics.sum("sockets", ["state": "established"]) == 80)
        #expect(metrics.samples("sockets").count { $0.value > 0 } == 2)
      }
    }

    @Test func `a listener for IPv6 alone takes no IPv4 connection of its port`() async throws {
      try await withSandbox { namespace, directory in
        // Python's create_server() sets IPV6_V6ONLY.
        _ = try await namespace.start("python3", "accept.py", "idle", "::", "8001")
        _ = try await namespace.start("python3", "accept.py", "brusque", "127.0.0.1", "8002")
        let client = try await namespace.start([
          "python3", "-c",
          "import socket, sys; s = socket.create_connection(('127.0.0.1', 8002), 9, ('127.0.0.1', 8001)); s.recv(1); s.close(); print('ready', flush=True); sys.stdin.read()",
        ])
        try await client.says("ready")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let metrics = try await daemon.freshMetrics()
        #expect(metrics.sum("sockets", ["port": "8001", "state": "listen"]) == 1)
        #expect(metrics.sum("sockets", ["port": "8001"]) == 1)
      }
    }

    @Test func `sockets whose processes cannot be there are said to be so`() async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        let apart = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, launcher: apart)
        let metrics = try await daemon.freshMetrics()
        #expect(metrics.sum("sockets", ["process": "unknown", "port": "8001"]) == 1)
        let log = daemon.program.child.errors
        #expect(log.components(separatedBy: "another PID namespace").count == 2, "\(log)")
      }
    }

    @Test func `a process of another network namespace is said to be elsewhere`() async throws {
      try await withSandbox { namespace, _ in
        let other = try await namespace.start(["unshare", "--net", "sleep", "600"])
        let child = try await eventually("the other namespace") {
          let child = try await namespace.result([
            Daemon.binary, "explain", String(other.pid), "--for=100ms",
          ])
          return child.errors.contains("another network namespace") ? child : nil
        }
        #expect(child.end == .exited(1))
      }
    }

    @Test func `a full accept queue is told beside empty ones of the same port`() async throws {
      try await withSandbox { namespace, directory in
        let listen =
          "import socket, sys; s = socket.create_server(('127.0.0.1', 8001), backlog=int(sys.argv[1]), reuse_port=True); print('ready', flush=True); sys.stdin.read()"
        for backlog in ["2", "500"] {
          try await namespace.start(["python3", "-c", listen, backlog]).says("ready")
        }
        _ = try await namespace.start("python3", "client.py", "begin", "127.0.0.1", "8001", "40")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let port = ["port": "8001", "direction": "inbound"]
        try await daemon.metrics("the full queue") {
          $0.sum("accept_queue_length", port) == 3 && $0.sum("accept_queue_limit", port) == 2
            && $0.sum("findings", ["kind": "accept_queue", "severity": "fault"]) == 1
        }
        // The full one drops what comes: the kernel's own count for the namespace is the oracle.
        _ = try await namespace.start("python3", "client.py", "begin", "127.0.0.1", "8001", "40")
        let metrics = try await daemon.freshMetrics()
        let dropped = metrics.sum("listen_drops_total", port)
        #expect(dropped > 0)
        #expect(dropped <= (try await namespace.counter("TcpExtListenDrops")))
      }
    }
  }
}
