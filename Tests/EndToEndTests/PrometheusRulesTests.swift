import Foundation
import Testing

/// What ships for Prometheus, Grafana and Kubernetes, as their own tools read it.
@Suite struct PrometheusFiles {
  private static let alerts = [
    "CloseWaitLeak", "CloseWaitDescriptorsExhausting", "DescriptorsExhausting", "CloseWaitStuck",
    "ConnectsUnanswered",
    "ConnectsRefused", "EphemeralPortsExhausting", "RetransmissionHigh", "PeerNotReading",
    "LocalReaderStuck", "AcceptQueueFilling", "ListenDrops", "SockstatedPollStale",
    "SockstatedUnattributed", "ConnectionsReset", "ConnectionsTimedOut",
    "IdleTimeoutRace", "DeadPath", "SynFlood",
  ]

  @discardableResult
  private func succeeds(_ arguments: [String]) async throws -> String {
    let child = try Child(arguments)
    try await child.ended()
    #expect(child.end == .exited(0), "\(child.output)\(child.errors)")
    return child.output
  }

  @Test(
    .enabled(if: Tool.has("promtool"), "promtool is not installed"),
    arguments: ["alerts.yaml", "rules.yaml", "compat.yaml"])
  func `promtool takes the rules`(file: String) async throws {
    let path = ShippedFile.path("config/prometheus/\(file)")
    try await succeeds(["promtool", "check", "rules", path])
  }

  @Test(
    .enabled(if: Tool.has("promtool"), "promtool is not installed"))
  func `alerts fire, stay silent on a busy healthy host, and resolve`() async throws {
    let tests = try ShippedFile.paths(in: "config/prometheus/tests", ending: ".yaml")
    #expect(tests.count >= 7)
    try await succeeds(["promtool", "test", "rules"] + tests)
  }

  @Test(arguments: alerts)
  func `every alert is tested, and has its section in the runbook`(alert: String) throws {
    let alerts = try ShippedFile.text("config/prometheus/alerts.yaml")
    #expect(alerts.contains("- alert: \(alert)\n"))
    #expect(alerts.contains("runbook_url: RUNBOOK.md#\(alert.lowercased())\n"))
    #expect(try ShippedFile.text("config/prometheus/RUNBOOK.md").contains("\n## \(alert)\n"))
    let tests = try ShippedFile.paths(in: "config/prometheus/tests", ending: ".yaml")
      .map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
    #expect(tests.contains(alert))
  }

  @Test func `there are no other alerts, and each says where it is`() throws {
    let blocks = try ShippedFile.text("config/prometheus/alerts.yaml")
      .components(separatedBy: "- alert: ").dropFirst()
    #expect(Set(blocks.map { String($0.prefix { $0 != "\n" }) }) == Set(Self.alerts))
    for block in blocks {
      #expect(block.contains("{{ $labels.instance }}"), "\(block)")
      let isOfGroup = block.contains("{{ $labels.process }}")
      #expect(isOfGroup == block.contains("{{ with $labels.unit }}"), "\(block)")
      #expect(
        block.contains("$labels.port }}") || block.contains(".Labels.port }}")
          || block.hasPrefix("Sockstated") || block.hasPrefix("DescriptorsExhausting"), "\(block)")
    }
  }

  @Test func `every metric that a rule, a panel or the runbook names exists`() throws {
    // Made from the definitions, and compared with them by a test of its own.
    let names = try ShippedFile.text("docs/metrics.md").matches(of: /`(sockstate_[a-z_]+)`/)
      .map { String($0.output.1) }
    #expect(names.count > 40)
    let known = Set(names + names.flatMap { [$0 + "_bucket", $0 + "_sum", $0 + "_count"] })
    for file in [
      "config/prometheus/alerts.yaml", "config/prometheus/rules.yaml",
      "config/prometheus/RUNBOOK.md", "config/grafana/sockstated.json", "docs/sizing.md",
    ] {
      // A recorded series is named level:metric:operations.
      for match in try ShippedFile.text(file).matches(of: /(.?)\b(sockstate_[a-z_]+)(.?)/)
      where match.output.1 != ":" && match.output.3 != ":" {
        #expect(known.contains(String(match.output.2)), "\(file)")
      }
    }
  }

  @Test(
    .enabled(if: Tool.has("promtool"), "promtool is not installed"))
  func `promtool takes the examples of scrape jobs`() async throws {
    let path = ShippedFile.path("config/prometheus/scrape.yaml")
    try await succeeds(["promtool", "check", "config", path])
    try await Directory.with { directory in
      // Debian's promtool has no Kubernetes discovery: the rest of that job is checked without it.
      let job = try ShippedFile.text("config/kubernetes/scrape.yaml")
      let discovery = "    kubernetes_sd_configs:\n      - role: pod\n"
      #expect(job.contains(discovery))
      let file = try directory.write(
        "scrape.yaml",
        job.replacing(discovery, with: "    static_configs:\n      - targets: [node1:10793]\n")
          .replacing("../prometheus", with: ShippedFile.path("config/prometheus")))
      try await succeeds(["promtool", "check", "config", file])
    }
  }

  @Test(
    .enabled(if: Tool.has("promtool"), "promtool is not installed"))
  func `promtool takes the relabelling for old dashboards`() async throws {
    let page = try ShippedFile.text("docs/upgrading.md")
    let block = try #require(page.firstMatch(of: #/ {6}metric_relabel_configs:\n( {8}.*\n)+/#))
      .output.0
    try await Directory.with { directory in
      let file = try directory.write(
        "scrape.yaml",
        "scrape_configs:\n  - job_name: sockstated\n"
          + block.split(separator: "\n").map { $0.dropFirst(2) + "\n" }.joined()
          + "    static_configs:\n      - targets: [node1:10793]\n")
      try await succeeds(["promtool", "check", "config", file])
    }
  }

  @Test(
    .enabled(
      if: Tool.succeeds(["python3", "-c", "import kubernetes_validate"]),
      "Python's kubernetes-validate is not installed"))
  func `the DaemonSet holds to the schemas of Kubernetes`() async throws {
    let path = ShippedFile.path("config/kubernetes/daemonset.yaml")
    try await succeeds(["python3", "-m", "kubernetes_validate", "--strict", path])
    // And with all patches, which must go together.
    let patches = ["namespaces-patch.yaml", "names-patch.yaml", "kernel-counters-patch.yaml"].map {
      ShippedFile.path("config/kubernetes/\($0)")
    }
    let patched = try await succeeds(["python3", Tool.program("json-patch.py"), path] + patches)
    for text in [
      "SYS_ADMIN", "--namespaces=all", "--containers.root=/host", "/host/var/log", "PERFMON",
    ] {
      #expect(patched.contains(text), "\(text)")
    }
    try await Directory.with { directory in
      let file = directory.file("patched.yaml")
      try patched.write(toFile: file, atomically: true, encoding: .utf8)
      try await succeeds(["python3", "-m", "kubernetes_validate", "--strict", file])
    }
  }

  @Test(
    .enabled(if: Tool.has("python3"), "python3 is not installed"))
  func `the dashboard's panels lie apart, and its queries use the variables that there are`()
    async throws
  {
    try await succeeds([
      "python3", ShippedFile.path("scripts/check-dashboard.py"),
      ShippedFile.path("config/grafana/sockstated.json"),
    ])
  }
}
