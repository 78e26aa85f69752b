import Testing

/// How a daemon was before a fault, to see that it is the same after it.
struct Survival {
  /// Resident memory that is not given back, bytes: what the allocator keeps for reuse.
  private static let slack = 12_000_000.0

  let daemon: Daemon
  private let before: Metrics

  /// Looks at a daemon that has settled.
  init(of daemon: Daemon) async throws {
    self.daemon = daemon
    // The first requests fill caches and memory pools.
    for _ in 0..<3 { _ = try await daemon.freshMetrics() }
    before = try await daemon.freshMetrics()
    try #require(before.residentMemory.isFinite && before.openFDs.isFinite)
  }

  /// Expects the daemon to poll as before and to serve, no counter to have fallen, and memory and
  /// descriptors to be back where they were.
  func check(_ location: SourceLocation = #_sourceLocation) async throws {
    #expect(daemon.program.child.end == nil, sourceLocation: location)
    let polls = try await daemon.metrics().successfulPolls
    // Memory comes back with the polls, and those wait for the processor like everyone else.
    let memory = before.residentMemory * 1.2 + Self.slack
    let after = try await daemon.metrics(
      "polls and descriptors as before, and at most \(memory) bytes resident"
    ) {
      $0.successfulPolls >= polls + 3 && $0.openFDs <= before.openFDs
        && $0.residentMemory <= memory
    }
    // A busy machine may leave three intervals out now and then.
    try await eventually("health") { try await daemon.get("/-/healthy")?.status == 200 ? () : nil }
    #expect(after.fallen(since: before) == [], sourceLocation: location)
  }
}

extension Metrics {
  /// Polls, however they ended.
  var polls: Double { sum("polls_total") }
  var successfulPolls: Double { sum("polls_total", ["result": "success"]) }
  var openFDs: Double { value("process_open_fds") ?? .infinity }
  var residentMemory: Double { value("process_resident_memory_bytes") ?? .infinity }

  /// The counters that went down since, or are there no more.
  func fallen(since before: Metrics) -> [String] {
    let values = Dictionary(uniqueKeysWithValues: samples.map { ($0.series, $0.value) })
    return before.samples.filter { sample in
      ["_total", "_bucket", "_count", "_sum"].contains { sample.name.hasSuffix($0) }
        && values[sample.series, default: -1] < sample.value
    }.map(\.description)
  }
}
