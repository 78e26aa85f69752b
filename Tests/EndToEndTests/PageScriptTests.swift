import Foundation
import Testing

/// The functions of the page's script that need no browser.
@Suite(.enabled(if: Tool.has("node"), "node is not installed (make test-deps)"))
struct PageScriptTests {
  /// The sources of the page: what is built holds them as bytes.
  private static let page = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Sources/sockstated/Page")

  @Test func `the script's own functions do what they say`() async throws {
    try await Directory.with { directory in
      let manager = FileManager.default
      for file in try manager.contentsOfDirectory(at: Self.page, includingPropertiesForKeys: nil)
      where file.pathExtension == "js" {
        try manager.copyItem(atPath: file.path, toPath: directory.file(file.lastPathComponent))
      }
      try manager.copyItem(
        atPath: Tool.program("page-tests.mjs"), toPath: directory.file("page-tests.mjs"))
      // Node reads a .js file as a module only if it is told.
      _ = try directory.write("package.json", #"{"type":"module"}"#)
      let node = try Child(["node", "--test", directory.file("page-tests.mjs")])
      #expect(try await node.ended() == .exited(0), "\(node.output) \(node.errors)")
      // An older node counts files, a newer one tests: none may be none.
      #expect(node.output.firstMatch(of: /pass [1-9]/) != nil, "\(node.output)")
    }
  }
}
