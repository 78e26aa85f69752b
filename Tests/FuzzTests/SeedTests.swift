import Foundation
import FuzzTargets
import Testing

/// The inputs that are kept: beginnings for `make fuzz`, and what it once found.
@Suite(.serialized) struct SeedTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../fuzz/seeds").standardizedFileURL

  @Test(arguments: FuzzTarget.allCases)
  func `every target has seeds, and takes them`(target: FuzzTarget) async throws {
    let folder = Self.folder.appending(path: target.rawValue)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(!names.isEmpty)
    for name in names {
      let seed = folder.appending(path: name).resolvingSymlinksInPath()
      let bytes = [UInt8](try Data(contentsOf: seed))
      // Targets wait for the server, which needs the threads of Swift's pool itself.
      let result = await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: Result { try target.run(bytes) }) }
      }
      #expect(throws: Never.self, "\(name)") { try result.get() }
    }
  }

  @Test func `every folder of seeds is a target's`() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
  }
}
