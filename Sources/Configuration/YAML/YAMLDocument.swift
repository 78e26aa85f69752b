/// A value of a YAML document, and where it stands.
struct YAMLNode {
  enum Content {
    case scalar(String, quoted: Bool)
    case sequence([YAMLNode])
    case mapping([Entry])
  }

  /// A key of a mapping with its value.
  struct Entry {
    let key: String
    let keyPosition: Position?
    let value: YAMLNode
  }

  /// Nil if the value did not come from a file.
  let position: Position?
  /// The keys that lead here: `processes[0].match.exe`.
  let path: String
  let content: Content
}

/// One YAML document as a tree: no anchors, aliases, tags or duplicate keys, bounded in size.
struct YAMLDocument {
  /// How many bytes a document may have.
  static let maximumSize = 1 << 20
  /// How many sequences and mappings may stand in one another.
  static let maximumDepth = 32
  /// How many values a document may have.
  static let maximumNodes = 10_000

  /// The outermost value; nil if the document holds nothing but comments.
  let root: YAMLNode?

  /// Reads UTF-8 text.
  init(_ bytes: [UInt8], maximumNodes: Int = maximumNodes) throws(Flaw) {
    guard bytes.count <= Self.maximumSize else {
      throw Flaw(problem: "larger than \(Self.maximumSize) bytes")
    }
    var builder = try TreeBuilder(bytes, maximumNodes)
    root = try builder.document()
  }
}

/// Turns events into a tree.
private struct TreeBuilder: ~Copyable {
  private var parser: YAMLParser
  private let maximumNodes: Int
  private var nodes = 0

  init(_ bytes: [UInt8], _ maximumNodes: Int) throws(Flaw) {
    self.maximumNodes = maximumNodes
    parser = try YAMLParser(bytes)
  }

  mutating func document() throws(Flaw) -> YAMLNode? {
    _ = try parser.next()  // the stream's start
    guard try parser.next().kind == .documentStart else { return nil }
    let root = try node(from: parser.next(), path: "", depth: 0)
    _ = try parser.next()  // the document's end
    let rest = try parser.next()
    guard rest.kind == .streamEnd else {
      throw Flaw(position: rest.position, problem: "a second document; one file holds one")
    }
    return root
  }

  private mutating func node(
    from event: YAMLEvent, path: String, depth: Int
  ) throws(Flaw) -> YAMLNode {
    nodes += 1
    guard nodes <= maximumNodes else {
      throw Flaw(position: event.position, problem: "more than \(maximumNodes) values")
    }
    if case .scalar(let text, let quoted) = event.kind {
      return YAMLNode(
        position: event.position, path: path, content: .scalar(text, quoted: quoted))
    }
    guard depth < YAMLDocument.maximumDepth else {
      throw Flaw(
        position: event.position,
        problem: "nested more than \(YAMLDocument.maximumDepth) levels deep")
    }
    let content: YAMLNode.Content =
      if event.kind == .sequenceStart {
        .sequence(try elements(path: path, depth: depth + 1))
      } else {
        .mapping(try entries(path: path, depth: depth + 1))
      }
    return YAMLNode(position: event.position, path: path, content: content)
  }

  private mutating func elements(path: String, depth: Int) throws(Flaw) -> [YAMLNode] {
    var elements: [YAMLNode] = []
    while true {
      let event = try parser.next()
      if event.kind == .sequenceEnd { return elements }
      elements.append(try node(from: event, path: "\(path)[\(elements.count)]", depth: depth))
    }
  }

  private mutating func entries(path: String, depth: Int) throws(Flaw) -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    var seen: [String: Position] = [:]
    while true {
      let event = try parser.next()
      if event.kind == .mappingEnd { return entries }
      guard case .scalar(let key, _) = event.kind else {
        throw Flaw(
          position: event.position, path: path, problem: "a key must be a word, not a collection")
      }
      let keyPath = path.appending(key: key)
      if let first = seen.updateValue(event.position, forKey: key) {
        throw Flaw(
          position: event.position, path: keyPath,
          problem: "duplicate key, first at line \(first.line), column \(first.column)")
      }
      let value = try node(from: parser.next(), path: keyPath, depth: depth)
      entries.append(YAMLNode.Entry(key: key, keyPosition: event.position, value: value))
    }
  }
}

extension String {
  /// The path of a key in the mapping that has this path.
  func appending(key: String) -> String {
    isEmpty ? shortened(key) : "\(self).\(shortened(key))"
  }
}
