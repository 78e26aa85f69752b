import Foundation

/// A machine of the test's own: this one's systemd, booted by `boot-systemd.sh` over a copy-on-write view of
/// `/` in namespaces. Nothing outside changes, and the end of the test, however it comes, ends it.
struct Machine: Sendable {
  /// SOCKSTATED_SKIP_SYSTEMD=1 skips what would fail where systemd cannot be booted.
  static let isWanted = ProcessInfo.processInfo.environment["SOCKSTATED_SKIP_SYSTEMD"] != "1"

  private let holder: Child
  /// Its first process, as seen from outside.
  private let pid: String

  /// Boots it, lets `body` use it and removes it with all that runs inside.
  static func with<Result>(_ body: (Machine) async throws -> Result) async throws -> Result {
    try await Directory.with { directory in
      let machine = try await Machine(in: directory)
      let result: Result
      do {
        result = try await body(machine)
      } catch {
        try await machine.powerOff()
        throw error
      }
      try await machine.powerOff()
      return result
    }
  }

  private init(in directory: Directory) async throws {
    holder = try Child(["bash", Tool.program("boot-systemd.sh"), directory.path])
    do {
      let line = try await holder.line("a booted system") { $0.hasPrefix("init ") }
      pid = String(line.dropFirst("init ".count))
    } catch {
      holder.send("", andClose: true)
      throw Child.Failure(
        description: """
          systemd cannot be booted here: \(error)
          SOCKSTATED_SKIP_SYSTEMD=1 skips the tests that need it.
          """)
    }
  }

  private func powerOff() async throws {
    holder.send("", andClose: true)
    try await holder.ended()
  }

  /// Runs a command inside to its end, whatever that is.
  func result(_ arguments: [String]) async throws -> Child {
    let child = try Child(
      ["nsenter", "--target", pid, "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--"]
        + arguments)
    child.send("", andClose: true)
    try await child.ended()
    return child
  }

  /// Runs a command inside that must succeed; gives its output.
  @discardableResult
  func run(_ arguments: String...) async throws -> String {
    let child = try await result(arguments)
    guard child.end == .exited(0) else {
      throw Child.Failure(
        description: "\(arguments): \(child.end as Any) \(child.output)\(child.errors)")
    }
    return child.output
  }

  /// A path inside, as it is reached from outside.
  private func outside(_ path: String) -> String { "/proc/\(pid)/root\(path)" }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: outside(path)) }

  func read(_ path: String) throws -> String {
    try String(contentsOfFile: outside(path), encoding: .utf8)
  }

  /// Writes a file; its directory is made where there is none.
  func write(_ path: String, _ text: String) throws {
    let directory = URL(filePath: outside(path)).deletingLastPathComponent().path
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    try text.write(toFile: outside(path), atomically: false, encoding: .utf8)
  }

  /// Brings a file in.
  func copy(_ source: String, to path: String) throws {
    try FileManager.default.copyItem(atPath: source, toPath: outside(path))
  }

  /// One property of a unit (systemctl(1), `show`).
  func property(_ name: String, of unit: String = "sockstated.service") async throws -> String {
    try await run("systemctl", "show", "--property=\(name)", "--value", unit)
      .trimmingCharacters(in: .newlines)
  }

  /// What the journal has of a unit, an object of fields each.
  func journal(of unit: String = "sockstated.service") async throws -> [[String: String]] {
    try await run("journalctl", "--unit=\(unit)", "--output=json", "--no-pager")
      .split(separator: "\n").map { line in
        let fields = try JSONSerialization.jsonObject(with: Data(line.utf8))
        return (fields as? [String: Any] ?? [:]).compactMapValues { $0 as? String }
      }
  }

  /// The body that the daemon answers with on its usual port; nil where there is none.
  func get(_ path: String) async throws -> String? {
    let curl = try await result([
      "curl", "-sSf", "--max-time", "30", "http://localhost:10793\(path)",
    ])
    return curl.end == .exited(0) ? curl.output : nil
  }

  /// Waits until the metrics are as `accept` wants them.
  @discardableResult
  func metrics(_ what: String, where accept: (Metrics) -> Bool) async throws -> Metrics {
    var last = ""
    do {
      return try await eventually(what) {
        guard let text = try await get("/metrics") else { return nil }
        last = text
        let metrics = Metrics(samples: try TextFormat.samples(Array(text.utf8)))
        return accept(metrics) ? metrics : nil
      }
    } catch {
      let log = try await run("journalctl", "--unit=sockstated", "--no-pager")
      throw Child.Failure(description: "\(error)\n\(last)\n\(log)")
    }
  }
}
