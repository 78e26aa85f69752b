import Foundation
import Testing

extension EndToEnd {
  /// The real Prometheus and Alertmanager, with the files that ship.
  @Suite(
    .enabled(if: Monitoring.hasPrometheus, "prometheus is not installed"),
    .enabled(if: Tool.has("node"), "node is not installed"))
  struct Alerting {
    /// A notification of Alertmanager, as far as it matters here.
    private struct Notification: Decodable {
      struct Alert: Decodable {
        let status: String
        let labels: [String: String]
        let annotations: [String: String]
      }
      let alerts: [Alert]
    }

    /// Connects, sends and ends, ten times a second; nobody need listen.
    private static let visitor = """
      import socket, time
      print("ready", flush=True)
      for _ in range(6000):
          try:
              with socket.create_connection(("127.0.0.1", 8080), timeout=5) as connection:
                  connection.sendall(b"hello")
          except OSError:
              pass
          time.sleep(0.1)
      """

    /// One connect that is refused and one that nobody answers, again and again.
    private static let failing = """
      import socket, time
      print("ready", flush=True)
      for _ in range(3000):
          sockets = [socket.socket() for _ in range(2)]
          for port, one in zip((7, 9), sockets):
              one.setblocking(False)
              one.connect_ex(("127.0.0.1", port))
          time.sleep(0.5)
          for one in sockets:
              one.close()
      """

    /// Accepts, and reads nothing.
    private static let deaf = """
      import socket
      server = socket.create_server(("127.0.0.1", 8089))
      print("ready", flush=True)
      held = []
      while True:
          held.append(server.accept())
      """

    /// A program of the runbook, by the name in its first line.
    private func program(_ name: String, in directory: Directory) throws -> String {
      let runbook = try ShippedFile.text("config/prometheus/RUNBOOK.md")
      let block = try #require(
        runbook.components(separatedBy: "```").first { $0.hasPrefix("js\n// \(name)") })
      return try directory.write(name, String(block.dropFirst("js\n".count)))
    }

    private func startDaemon(in namespace: Namespace, _ directory: Directory) async throws
      -> Daemon
    {
      let file = try directory.write("sockstated.yaml", "close_wait:\n  stuck_after: 1s\n")
      return try await Daemon.start(
        in: namespace, directory: directory, "--config.file=\(file)",
        "--web.listen-address=\(Monitoring.target)")
    }

    private func startPython(_ text: String, in namespace: Namespace) async throws {
      try await namespace.start(["python3", "-c", text]).says("ready")
    }

    /// Waits for a notification of CloseWaitLeak with that status.
    private func notification(
      _ status: String, from webhook: Program
    ) async throws -> Notification.Alert {
      try await eventually("CloseWaitLeak, \(status)") {
        for line in webhook.child.output.split(separator: "\n").dropFirst() where line.first == "{"
        {
          let alerts = try? JSONDecoder().decode(Notification.self, from: Data(line.utf8)).alerts
          let found = alerts?.first {
            $0.labels["alertname"] == "CloseWaitLeak" && $0.status == status
          }
          if let found { return found }
        }
        return nil
      }
    }

    @Test(
      .enabled(if: Monitoring.alertmanager != nil, "Alertmanager is not installed"))
    func `a leak arrives at the webhook with process and port, and resolves once it is mended`()
      async throws
    {
      let alertmanager = try #require(Monitoring.alertmanager)
      try await withSandbox { namespace, directory in
        _ = try await startDaemon(in: namespace, directory)
        let webhook = try await Monitoring.startAlertmanager(
          alertmanager, in: namespace, directory)
        try await Monitoring.startPrometheus(in: namespace, directory, notifying: true)

        let clock = ContinuousClock()
        let begin = clock.now
        let leaky = try await namespace.start(["node", try program("leak.js", in: directory)])
        try await startPython(Self.visitor, in: namespace)

        let firing = try await notification("firing", from: webhook)
        print("From the leak to the alert: \(clock.now - begin) (minutes of the rules as 0.5 s)")
        #expect(firing.labels["process"] == "leak.js")
        #expect(firing.labels["direction"] == "inbound")
        #expect(firing.labels["port"] == "8080")
        #expect(firing.labels["instance"] == Monitoring.target)
        let summary = firing.annotations["summary"] ?? ""
        #expect(
          summary.hasPrefix(
            "leak.js on \(Monitoring.target) does not close its sockets on inbound port 8080: "),
          "\(summary)")
        #expect(firing.annotations["runbook_url"] == "RUNBOOK.md#closewaitleak")

        try await leaky.signal("TERM")
        // Until then the port is taken.
        try await leaky.child.ended()
        let mend = clock.now
        _ = try await namespace.start(["node", try program("fixed.js", in: directory)])
        let resolved = try await notification("resolved", from: webhook)
        print("From the mending to the resolution: \(clock.now - mend)")
        #expect(resolved.labels == firing.labels)
      }
    }

    @Test(
      .enabled(if: Tool.has("nft"), "nft is not installed"))
    func `every query of the dashboard finds data`() async throws {
      try await withSandbox { namespace, directory in
        try await namespace.filter("tcp dport 9 drop")
        _ = try await startDaemon(in: namespace, directory)
        _ = try await namespace.start(["node", try program("leak.js", in: directory)])
        for text in [Self.visitor, Self.failing, Self.deaf] {
          try await startPython(text, in: namespace)
        }
        _ = try await namespace.start(["node", try program("flood.js", in: directory), "8089"])
        let resets = try await namespace.start("python3", "endings.py", "unread", "8090", "5")
        try await resets.tell("each", until: "did each")
        try await Monitoring.startPrometheus(in: namespace, directory)
        _ = try await eventually("data for every query") {
          let check = try await namespace.result([
            "python3", ShippedFile.path("scripts/check-dashboard.py"),
            ShippedFile.path("config/grafana/sockstated.json"), Monitoring.url,
          ])
          return check.end == .exited(0) ? true : nil
        }
      }
    }
  }
}
