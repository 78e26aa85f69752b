@testable import Configuration
import Foundation
import SeededRandom
import Testing

private let knownMetrics: Set<String> = ["rtt_seconds"]
private let path = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "config/sockstated.yaml").path

@Suite struct ShippedFileTests {
  @Test func `the shipped file holds the defaults`() throws {
    #expect(try Settings.load(path: path, knownMetrics: knownMetrics) == Settings())
  }

  @Test func `the shipped file names every key`() throws {
    let schema = Settings.schema(knownMetrics: []).flatMap(\.paths)
    let root = try #require(try YAMLDocument(Array(shipped().utf8)).root)
    #expect(Set(paths(of: root)) == Set(schema))
  }

  @Test func `examples in comments work`() throws {
    let settings = try Settings(
      yaml: Array(withExamples().utf8), fileName: "examples", knownMetrics: knownMetrics)
    #expect(settings.metrics.disable == ["rtt_seconds"])
    #expect(settings.processes.rules.count == 2)
    let java = settings.processes.name(
      exe: "/usr/lib/jvm/bin/java", comm: "java", cmdline: "java -Dservice=shop -jar a.jar",
      unit: "")
    #expect(java == "java-shop")
    let postgres = settings.processes.name(
      exe: "/usr/lib/postgresql/15/bin/postgres", comm: "postgres", cmdline: "postgres",
      unit: "postgresql@15-main.service")
    #expect(postgres == "postgres-15-main")
  }

  /// Debug builds trap on overflow and bad indices, which is what this looks for.
  @Test func `mutations never crash`() throws {
    let text = try withExamples()
      .split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("#") }
      .joined(separator: "\n")
    let original = Array(text.utf8)
    let fragments = original.split(separator: UInt8(ascii: "\n")).map(Array.init)
    var random = Mutator(state: 1)
    var accepted = 0
    for _ in 0..<100_000 {
      var bytes = Array(
        fragments[random.below(fragments.count)...].prefix(3).joined(separator: [10]))
      for _ in 0...random.below(4) { random.mutate(&bytes) }
      do {
        _ = try Settings(yaml: bytes, fileName: "f", knownMetrics: knownMetrics)
        accepted += 1
      } catch {
        let line = error.description
        if !line.hasPrefix("f:") || line.utf8.contains(10) || error.problem.isEmpty {
          Issue.record("not a line about the file: \(line)")
        }
      }
    }
    #expect(accepted > 0 && accepted < 100_000)
  }

  private func shipped() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  /// The file with every commented-out example in place of the empty list before it.
  private func withExamples() throws -> String {
    try shipped().split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasSuffix(": []") }
      .map { line in
        let indentation = line.prefix { $0 == " " }
        let rest = line.dropFirst(indentation.count)
        return rest.hasPrefix("#") && !rest.hasPrefix("# ") || rest.hasPrefix("#  ")
          ? indentation + rest.dropFirst() : line
      }
      .joined(separator: "\n")
  }

  private func paths(of node: YAMLNode) -> [String] {
    guard case .mapping(let entries) = node.content else { return [] }
    return entries.flatMap { [$0.value.path] + paths(of: $0.value) }
  }
}

/// Changes texts, with a generator that gives the same numbers on every machine.
private struct Mutator {
  private var random: SplitMix64
  private let special =
    Array("[]{}:-#&*!|>'\"%@`$\\(.)+?,\n\t 0\0~".utf8) + [0x7F, 0x80, 0xC3, 0xFF]

  init(state: UInt64) { random = SplitMix64(state: state) }

  mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

  mutating func mutate(_ bytes: inout [UInt8]) {
    let index = below(bytes.count + 1)
    switch below(5) {
    case 0 where index < bytes.count: bytes[index] = UInt8(below(256))
    case 1 where index < bytes.count: bytes.remove(at: index)
    case 2: bytes.insert(contentsOf: bytes.prefix(index).suffix(below(20)), at: index)
    case 3: bytes.removeSubrange(index..<min(bytes.count, index + below(10)))
    default: bytes.insert(special[below(special.count)], at: index)
    }
  }
}
