import Foundation
import Testing

/// Links between the documents of the repository.
@Suite struct DocumentLinkTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Every Markdown file by its path from the root. Hidden folders hold what was built or fetched.
  private static let documents: [String: String] = {
    let files = FileManager.default.enumerator(
      at: root, includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
    var result: [String: String] = [:]
    for case let file as URL in files ?? .init() where file.pathExtension == "md" {
      result[String(file.path.dropFirst(root.path.count + 1))] = try? String(
        contentsOf: file, encoding: .utf8)
    }
    return result
  }()

  @Test func `every relative link and anchor of a document exists`() throws {
    #expect(Self.documents.count > 10)
    var links = 0
    for (path, text) in Self.documents {
      for match in prose(of: text).matches(of: /\]\(([^)\s]+)\)/) {
        let target = String(match.output.1)
        guard target.firstMatch(of: /^[a-z]+:/) == nil else { continue }
        links += 1
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file =
          parts[0].isEmpty
          ? Self.root.appending(path: path)
          : URL(
            filePath: String(parts[0]),
            relativeTo: Self.root.appending(path: path).deletingLastPathComponent())
        #expect(FileManager.default.fileExists(atPath: file.path), "\(path): \(target)")
        guard parts.count == 2, let linked = try? String(contentsOf: file, encoding: .utf8) else {
          continue
        }
        #expect(anchors(of: linked).contains(String(parts[1])), "\(path): \(target)")
      }
    }
    #expect(links > 50)
  }

  @Test func `every path that the architecture names exists`() throws {
    let text = try #require(Self.documents["docs/architecture.md"])
    let paths = text.matches(of: /`((?:Sources|Tests|fuzz)\/[^`]+)`/).map { String($0.output.1) }
    #expect(paths.count > 15)
    for path in paths {
      #expect(
        FileManager.default.fileExists(atPath: Self.root.appending(path: path).path), "\(path)")
    }
  }

  /// The text without fenced blocks and inline code, in which nothing is a link.
  private func prose(of text: String) -> String {
    lines(of: text).joined(separator: "\n").replacing(/`[^`\n]*`/, with: "")
  }

  /// The lines outside of fenced blocks.
  private func lines(of text: String) -> [Substring] {
    var isCode = false
    return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      if line.trimmingPrefix(while: \.isWhitespace).hasPrefix("```") {
        isCode.toggle()
        return false
      }
      return !isCode
    }
  }

  /// The anchors that a forge gives to headings: lower case, punctuation dropped, blanks as hyphens.
  private func anchors(of text: String) -> Set<String> {
    var seen: [String: Int] = [:]
    var result: Set<String> = []
    for line in lines(of: text) {
      guard let heading = line.wholeMatch(of: /#{1,6} (.+)/)?.output.1 else { continue }
      let anchor = String(
        heading.lowercased().compactMap { character -> Character? in
          if character == " " { return "-" }
          return character.isLetter || character.isNumber || "-_".contains(character)
            ? character : nil
        })
      let count = seen[anchor, default: 0]
      seen[anchor] = count + 1
      result.insert(count == 0 ? anchor : "\(anchor)-\(count)")
    }
    return result
  }
}
