import Foundation

/// Programs of the system, looked for also where only root's PATH leads.
enum Tool {
  static let environment: [String: String] = {
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] =
      (environment["PATH"].map { $0 + ":" } ?? "") + "/usr/sbin:/usr/bin:/sbin:/bin"
    environment["LC_ALL"] = "C.UTF-8"
    return environment
  }()

  /// The path of a program; nil where it is not installed.
  static func path(_ name: String) -> String? {
    let manager = FileManager.default
    if name.contains("/") { return manager.isExecutableFile(atPath: name) ? name : nil }
    return environment["PATH", default: ""].split(separator: ":").lazy
      .map { "\($0)/\(name)" }.first { manager.isExecutableFile(atPath: $0) }
  }

  /// Whether it is installed.
  static func has(_ name: String) -> Bool { path(name) != nil }

  /// Whether Python has prometheus-client.
  static let hasPrometheusClient = succeeds(["python3", "-c", "import prometheus_client"])

  /// The path of a file of `Programs`.
  static func program(_ name: String) -> String {
    Bundle.module.bundleURL.appendingPathComponent("Programs/\(name)").path
  }

  /// Runs a command and tells whether it exited with 0. For conditions of tests, which cannot wait otherwise.
  static func succeeds(_ arguments: [String]) -> Bool {
    guard let child = try? Child(arguments) else { return false }
    child.send("", andClose: true)
    for _ in 0..<9000 {
      if let end = child.end { return end == .exited(0) }
      usleep(20_000)
    }
    child.kill()
    return false
  }
}
