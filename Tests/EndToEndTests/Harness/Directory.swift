import Foundation

/// A directory of the test's own, removed with all that is in it.
struct Directory: Sendable {
  let path: String

  static func with<Result>(_ body: (Directory) async throws -> Result) async throws -> Result {
    let path = FileManager.default.temporaryDirectory.path + "/sockstated-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(Directory(path: path))
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    return file(name)
  }
}

/// A namespace and a directory, which most tests need.
func withSandbox<Result>(_ body: (Namespace, Directory) async throws -> Result) async throws
  -> Result
{
  try await Directory.with { directory in
    try await Namespace.with { try await body($0, directory) }
  }
}
