@testable import Configuration
import Testing

@Suite struct YAMLDocumentTests {
  private func flaw(_ bytes: [UInt8]) -> Flaw? {
    do {
      _ = try YAMLDocument(bytes)
      return nil
    } catch {
      return error
    }
  }

  @Test func `positions are lines and characters`() throws {
    let root = try #require(try YAMLDocument(Array("é: 1\na:\n  - \"ü\": x\n".utf8)).root)
    guard case .mapping(let entries) = root.content, entries.count == 2,
      case .sequence(let elements) = entries[1].value.content
    else {
      Issue.record("not the tree that was written")
      return
    }
    #expect(root.position == Position(line: 1, column: 1))
    #expect(entries[0].value.position == Position(line: 1, column: 4))
    #expect(elements.first?.position == Position(line: 3, column: 5))
    guard case .mapping(let inner)? = elements.first?.content else {
      Issue.record("not a mapping")
      return
    }
    #expect(inner.first?.value.position == Position(line: 3, column: 10))
    #expect(inner.first?.value.path == "a[0].ü")
  }

  @Test(arguments: [
    (Array("a: 1\nb: \u{0}".utf8), 2, 4, "control characters are not allowed"),
    (Array("é: ".utf8) + [0xFF], 1, 4, "invalid leading UTF-8 octet"),
    (Array("a: ".utf8) + [0xC3, 0x28], 1, 5, "invalid trailing UTF-8 octet"),
    (Array("a: ".utf8) + [0xE2, 0x82], 1, 4, "incomplete UTF-8 octet sequence"),
    (Array("a: ".utf8) + [0xC0, 0x80], 1, 4, "invalid length of a UTF-8 sequence"),
    (Array("a: ".utf8) + [0xED, 0xA0, 0x80], 1, 4, "invalid Unicode character"),
    ([0xFF, 0xFE, 0x61, 0x00], 1, 1, "invalid leading UTF-8 octet"),
  ])
  func `what is not text is refused`(bytes: [UInt8], line: Int, column: Int, problem: String) {
    let flaw = flaw(bytes)
    #expect(flaw?.position == Position(line: line, column: column))
    #expect(flaw?.problem == "not valid YAML: \(problem)")
  }

  @Test(arguments: ["[", "{a: "])
  func `depth is bounded`(opening: String) {
    let closing = opening == "[" ? "]" : "}"
    func nested(_ depth: Int) -> [UInt8] {
      let inner = opening == "[" ? "" : "1"
      return Array(
        (String(repeating: opening, count: depth) + inner
          + String(repeating: closing, count: depth)).utf8)
    }
    let limit = YAMLDocument.maximumDepth
    #expect(flaw(nested(limit)) == nil)
    #expect(flaw(nested(limit + 1))?.problem == "nested more than 32 levels deep")
    #expect(flaw(nested(limit + 1))?.position?.line == 1)
    #expect(flaw(nested(100_000))?.problem == "nested more than 32 levels deep")
  }

  @Test func `the number of values is bounded`() {
    let limit = YAMLDocument.maximumNodes
    func list(_ count: Int) -> [UInt8] { Array(String(repeating: "- a\n", count: count).utf8) }
    #expect(flaw(list(limit - 1)) == nil)
    #expect(flaw(list(limit))?.problem == "more than 10000 values")
    #expect(flaw(list(limit))?.position == Position(line: limit, column: 3))
  }

  @Test func `the size is bounded`() {
    let comment = [UInt8](repeating: UInt8(ascii: "#"), count: YAMLDocument.maximumSize)
    #expect(flaw(comment) == nil)
    #expect(flaw(comment + [0x0A])?.problem == "larger than 1048576 bytes")
  }
}
