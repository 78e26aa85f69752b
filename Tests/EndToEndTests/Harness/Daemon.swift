import Foundation

/// The real binary, running in a namespace. It listens on a unix socket, so that asking it adds no TCP
/// socket to those that it counts.
struct Daemon: Sendable {
  /// What the build put beside the tests, unless SOCKSTATED_BINARY names another.
  static let binary =
    ProcessInfo.processInfo.environment["SOCKSTATED_BINARY"]
    ?? Bundle.module.bundleURL.deletingLastPathComponent().appendingPathComponent("sockstated").path

  struct Answer {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  let program: Program
  let socket: String
  /// What curl is told with every request.
  var options: [String] = []

  /// Starts it and waits until it is ready.
  static func start(
    in namespace: Namespace, directory: Directory, interval: String = "200ms",
    binary: String = binary, launcher: [String] = [], options: [String] = [],
    _ arguments: String...
  ) async throws -> Daemon {
    let socket = directory.file("web.sock")
    let program = try await namespace.start(
      launcher + [binary, "--web.listen-address=unix:\(socket)", "--poll.interval=\(interval)"]
        + arguments)
    let daemon = Daemon(program: program, socket: socket, options: options)
    _ = try await eventually("readiness") {
      if let end = program.child.end {
        throw Child.Failure(description: "\(end): \(program.child.errors)")
      }
      return try await daemon.get("/-/ready")?.status == 200 ? true : nil
    }
    return daemon
  }

  /// Asks it with curl; nil where there is no answer. `options` are curl's.
  func get(_ path: String, _ options: String...) async throws -> Answer? {
    try await get(path, options: options)
  }

  /// The same, with options in a list.
  func get(_ path: String, options: [String]) async throws -> Answer? {
    let curl = try await program.namespace.result(
      ["curl", "-sS", "-i", "--max-time", "30", "--unix-socket", socket] + self.options
        + options + ["http://localhost\(path)"])
    guard curl.end == .exited(0) else { return nil }
    let bytes = curl.outputBytes
    guard let gap = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: bytes[..<gap.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    let headers = lines.dropFirst().compactMap { line -> (String, String)? in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (
        line[..<colon].lowercased(),
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      )
    }
    return Answer(
      status: Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0,
      headers: Dictionary(headers) { $0 + ", " + $1 }, body: Array(bytes[gap.upperBound...]))
  }

  /// The samples of /metrics.
  func metrics() async throws -> Metrics {
    let answer = try await get("/metrics")
    guard let answer, answer.status == 200 else {
      let what = answer.map { "status \($0.status)" } ?? "no answer"
      throw Child.Failure(description: "no metrics, \(what): \(program.child.errors)")
    }
    return Metrics(samples: try TextFormat.samples(answer.body))
  }

  /// Waits until the metrics are as `accept` wants them.
  @discardableResult
  func metrics(_ what: String, where accept: (Metrics) -> Bool) async throws -> Metrics {
    var last: Metrics?
    do {
      return try await eventually(what) {
        let metrics = try await self.metrics()
        last = metrics
        return accept(metrics) ? metrics : nil
      }
    } catch {
      throw Child.Failure(
        description: """
          \(error)
          \(last.map { "\($0.groups) \($0.samples("findings").filter { $0.value == 1 })" } ?? "")
          \(program.child.errors)
          """)
    }
  }

  /// Waits for a line of its log that has all of these parts: it is written after the report that it is about.
  func logs(_ parts: String...) async throws {
    try await eventually("a line of the log with \(parts)") {
      program.child.errors.split(separator: "\n").contains { line in
        parts.allSatisfy { line.contains($0) }
      } ? () : nil
    }
  }

  /// Metrics of a poll that began after this call.
  func freshMetrics() async throws -> Metrics {
    // The poll that ends next may have begun before; the one after it has not.
    var metrics = try await metrics()
    for _ in 0..<2 {
      let last = metrics.polls
      metrics = try await self.metrics("another poll") { $0.polls > last }
    }
    return metrics
  }

  /// What both `ss` and the daemon say while nothing changes.
  func atRest() async throws -> (ss: SocketStatistics, metrics: Metrics) {
    try await eventually("rest") {
      let before = try await SocketStatistics(in: program.namespace)
      let metrics = try await freshMetrics()
      let after = try await SocketStatistics(in: program.namespace)
      return before == after ? (after, metrics) : nil
    }
  }
}
