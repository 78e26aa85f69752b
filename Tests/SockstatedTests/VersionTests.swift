import Exposition
import Foundation
import Testing

@testable import sockstated

@Suite struct VersionTests {
  /// A file of the repository that this file is in.
  private func file(_ path: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  @Test func `the program has the version of the file VERSION`() throws {
    let version = try file("VERSION").trimmingCharacters(in: .newlines)
    #expect(version.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+/) != nil)
    #expect(BuildInfo.current.version == version)
    #expect(BuildInfo.current.description.hasPrefix("sockstated \(version) (revision "))
  }

  @Test func `the newest version of the changelog is that of the program`() throws {
    let versions = try file("CHANGELOG.md").matches(
      of: /(?m)^## \[([0-9.]+)\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$/)
    #expect(try #require(versions.first).1 == BuildInfo.current.version[...])
  }
}
