import Foundation
import Testing

extension EndToEndUnderLoad {
  /// What is no fault, however it looks at a glance, is called none at any poll.
  @Suite(
    "Healthy", .enabled(if: Tool.has("nginx"), "nginx is not installed: make test-deps"),
    .enabled(if: Tool.has("haproxy"), "haproxy is not installed: make test-deps"),
    .enabled(if: Tool.has("redis-server"), "redis-server is not installed: make test-deps"))
  struct Healthy {
    /// Longer than the longest patience of a finding, and than the longest answer of healthy.py.
    private static let seconds =
      ProcessInfo.processInfo.environment["HEALTHY_MINUTES"].flatMap { Int($0) }.map { $0 * 60 }
      ?? 150

    /// nginx before healthy.py with keep-alive upstreams, and files read at a limited rate.
    private static let nginx = """
      daemon off;
      pid nginx.pid;
      error_log stderr;
      worker_processes 2;
      events {}
      http {
        access_log off;
        client_body_temp_path body;
        proxy_temp_path proxy;
        fastcgi_temp_path fastcgi;
        uwsgi_temp_path uwsgi;
        scgi_temp_path scgi;
        upstream service {
          server 127.0.0.1:8001;
          keepalive 16;
        }
        server {
          listen 127.0.0.1:8080 reuseport;
          # By default it cuts off who leaves the window shut for a minute, as a phone does that has much in advance.
          send_timeout 1h;
          proxy_read_timeout 300s;
          location / {
            proxy_pass http://service;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
          }
        }
      }

      """

    /// haproxy before nginx, with health checks; it also carries Redis.
    private static let haproxy = """
      defaults
        timeout connect 5s
        timeout client 1h
        timeout server 1h
      listen web
        mode http
        bind 127.0.0.1:8090
        option httpchk GET /
        server nginx 127.0.0.1:8080 check inter 1s
      listen redis
        mode tcp
        bind 127.0.0.1:6380
        server redis 127.0.0.1:6379 check inter 1s

      """

    /// Starts a program of .build-tools, which has its libraries beside it.
    private func server(
      _ namespace: Namespace, _ directory: Directory, _ name: String, _ arguments: String...
    ) async throws {
      let path = try #require(Tool.path(name))
      let root = URL(filePath: path).deletingLastPathComponent().deletingLastPathComponent()
      let libraries = root.appendingPathComponent("lib").path
      let machine = try await namespace.run("uname", "-m").trimmingCharacters(in: .newlines)
      _ = try await namespace.start(
        [
          "env", "LD_LIBRARY_PATH=\(libraries)/\(machine)-linux-gnu",
          "--chdir=\(directory.path)", path,
        ] + arguments)
    }

    /// Starts one of the roles of healthy.py.
    private func role(_ namespace: Namespace, _ arguments: String...) async throws {
      let program = try await namespace.start(
        ["python3", Tool.program("healthy.py")] + arguments)
      try await program.says("ready")
    }

    /// Starts all of it, from the servers to those who ask.
    private func begin(_ namespace: Namespace, _ directory: Directory) async throws {
      try await role(namespace, "service", "8001")
      let nginx = try directory.write("nginx.conf", Self.nginx)
      try await server(
        namespace, directory, "nginx", "-p", directory.path, "-c", nginx, "-g", "user root;", "-e",
        "stderr")
      try await server(
        namespace, directory, "redis-server", "--port", "6379", "--save", "", "--bind", "127.0.0.1")
      let haproxy = try directory.write("haproxy.cfg", Self.haproxy)
      try await server(namespace, directory, "haproxy", "-db", "-f", haproxy)
      for port in ["8080", "8090", "6379", "6380"] {
        _ = try await eventually("a listener at \(port)") {
          try await namespace.run("ss", "-Htln", "sport", "=", port).isEmpty ? nil : true
        }
      }
      try await role(namespace, "relay", "8100", "8001")
      try await role(namespace, "watchers", "8001")
      try await role(namespace, "watchers", "8080")
      try await role(namespace, "watchers", "8090")
      try await role(namespace, "uploaders", "8001")
      try await role(namespace, "tunnels", "8100")
      try await role(namespace, "visitors", "8090", "35")
      try await role(namespace, "subscribers", "6380")
      _ = try await namespace.start([
        "curl", "-sS", "-o", "/dev/null", "--limit-rate", "100k", "http://127.0.0.1:8080/file",
      ])
    }

    @Test func `no poll finds a fault where there is none`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1s")
        try await begin(namespace, directory)
        // With what the daemon says of each when it is first seen, and what the kernel says then.
        var faults: [String: String] = [:]
        // What the programs are there for, at most at any time: each ends and begins anew now and then.
        var most = [String: Double]()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        while ContinuousClock.now < end {
          let metrics = try await daemon.metrics()
          for sample in metrics.samples("findings", ["severity": "fault"]) where sample.value == 1 {
            let fault = ["process", "direction", "port", "kind"].map { sample.label($0) }
              .joined(separator: " ")
            if faults[fault] == nil {
              let words = try await daemon.get("/api/v1/explain", "-H", "Accept: text/plain")
              let sockets = try await namespace.run("ss", "-tanoipem")
              faults[fault] = "\(words?.text ?? "no answer")\n\(sockets)"
            }
          }
          for labels in [
            ["state": "time_wait"], ["process": "nginx", "state": "established"],
            ["process": "haproxy", "state": "established"],
            ["process": "healthy.py", "state": "close_wait"],
          ] {
            let key = "\(labels["process"] ?? "all") \(labels["state"] ?? "")"
            most[key] = max(most[key] ?? 0, metrics.sum("sockets", labels))
          }
          try await Task.sleep(for: .milliseconds(400))
        }
        #expect(
          faults.isEmpty, "\(faults.map { "\($0.key): \($0.value)" }.joined(separator: "\n"))")
        for (sockets, least) in [
          "all time_wait": 1000.0, "nginx established": 20, "haproxy established": 20,
          "healthy.py close_wait": 4,
        ] {
          #expect(most[sockets, default: 0] > least, "\(sockets)")
        }
        let metrics = try await daemon.metrics()
        // Who reads slowly acknowledges late, and TCP probes for a loss that is none.
        #expect(metrics.sum("spurious_retransmissions_total") > 0)
      }
    }
  }
}
