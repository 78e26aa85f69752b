import Foundation
import MetricsServer
import Testing

@Suite struct GzipTests {
  @Test(arguments: [0, 1, 100, 1_000_000]) func `gzip(1) reads what was compressed`(
    size: Int
  ) throws {
    var state: UInt32 = 1
    let random = (0..<size).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
    for bytes in [random, [UInt8](repeating: 0x61, count: size)] {
      let compressed = try #require(Gzip.compress(bytes))
      #expect(try decompressed(compressed) == bytes)
    }
  }

  @Test func `repetition is used`() throws {
    let bytes = Array(
      String(repeating: "sockstate_sockets{state=\"established\"} 1\n", count: 1000).utf8)
    #expect(try #require(Gzip.compress(bytes)).count < bytes.count / 50)
  }

  private func decompressed(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).gz")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let gzip = Process()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-dc", file.path]
    let output = Pipe()
    gzip.standardOutput = output
    try gzip.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    gzip.waitUntilExit()
    #expect(gzip.terminationStatus == 0)
    return Array(data)
  }
}
