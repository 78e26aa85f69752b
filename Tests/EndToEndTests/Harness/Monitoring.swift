import Foundation

/// A real Prometheus with the rules that ship, in a namespace; where wanted, with a real Alertmanager that
/// calls a webhook.
struct Monitoring {
  static let hasPrometheus = Tool.has("prometheus")
  /// Debian calls it prometheus-alertmanager.
  static let alertmanager = ["prometheus-alertmanager", "alertmanager"].first { Tool.has($0) }

  static let url = "http://127.0.0.1:9090"
  /// Where the daemon must listen.
  static let target = "127.0.0.1:10793"

  /// Prints every notification that it gets as one line.
  private static let webhook = """
    import http.server

    class Webhook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            print(body.decode().replace("\\n", " "), flush=True)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 9094), Webhook)
    print("ready", flush=True)
    server.serve_forever()
    """

  /// The shipped rules with half a second for each minute, so that a quarter of an hour is 7.5 s.
  static func hastened(_ rules: String) -> String {
    rules.replacing(/(for: |offset |\[)([0-9]+)m\b/) {
      "\($0.output.1)\((Int($0.output.2) ?? 0) * 500)ms"
    }
  }

  /// - Parameter job: lines of YAML that the scrape job has besides its target.
  static func startPrometheus(
    in namespace: Namespace, _ directory: Directory, notifying: Bool = false, job: [String] = []
  ) async throws {
    for file in ["alerts.yaml", "rules.yaml"] {
      let rules = try ShippedFile.text("config/prometheus/\(file)")
      try directory.write(file, notifying ? hastened(rules) : rules)
    }
    let alerting = """
      alerting:
        alertmanagers:
          - static_configs:
              - targets: ["127.0.0.1:9093"]

      """
    let configuration = try directory.write(
      "prometheus.yml",
      """
      global:
        scrape_interval: 500ms
        scrape_timeout: 500ms
        evaluation_interval: 500ms
      rule_files: [alerts.yaml, rules.yaml]
      \(notifying ? alerting : "")
      scrape_configs:
        - job_name: sockstated
          static_configs:
            - targets: ["\(target)"]
      """ + job.map { "\n    \($0)" }.joined())
    let prometheus = try await namespace.start([
      "prometheus", "--config.file=\(configuration)", "--web.listen-address=127.0.0.1:9090",
      "--storage.tsdb.path=\(directory.file("prometheus"))",
      // An alert that did not get through on a busy machine is told again after this, and not after a minute.
      "--rules.alert.resend-delay=5s",
    ])
    try await answers("\(url)/-/ready", prometheus)
  }

  /// Starts Alertmanager and gives the webhook that it calls.
  static func startAlertmanager(
    _ program: String, in namespace: Namespace, _ directory: Directory
  ) async throws -> Program {
    let configuration = try directory.write(
      "alertmanager.yml",
      """
      route:
        receiver: webhook
        group_by: ["..."]
        group_wait: 100ms
        group_interval: 500ms
        repeat_interval: 1h
      receivers:
        - name: webhook
          webhook_configs:
            - url: http://127.0.0.1:9094/
      """)
    let webhook = try await namespace.start(["python3", "-c", webhook])
    try await webhook.says("ready")
    let alertmanager = try await namespace.start(
      withItsTemplates(program) + [
        "--config.file=\(configuration)", "--web.listen-address=127.0.0.1:9093",
        "--storage.path=\(directory.file("alertmanager"))", "--cluster.listen-address=",
      ])
    try await answers("http://127.0.0.1:9093/-/ready", alertmanager)
    return webhook
  }

  /// The command that starts Debian's Alertmanager, which reads its templates from /usr/share: where it was
  /// unpacked elsewhere (`make test-deps`), it sees what was unpacked with it there.
  private static func withItsTemplates(_ program: String) -> [String] {
    guard let path = Tool.path(program), !path.hasPrefix("/usr/") else { return [program] }
    let share = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("share").path
    guard FileManager.default.fileExists(atPath: "\(share)/prometheus/alertmanager") else {
      return [program]
    }
    let overlay = #"mount -t overlay overlay -o "lowerdir=$0:/usr/share" /usr/share && exec "$@""#
    return ["unshare", "--mount", "sh", "-c", overlay, share, path]
  }

  private static func answers(_ url: String, _ program: Program) async throws {
    _ = try await eventually(url) {
      if let end = program.child.end {
        throw Child.Failure(description: "\(end): \(program.child.errors)")
      }
      let curl = try await program.namespace.result(["curl", "-fsS", "-o", "/dev/null", url])
      return curl.end == .exited(0) ? true : nil
    }
  }
}
