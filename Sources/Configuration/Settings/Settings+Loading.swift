extension Settings {
  /// Reads the bytes of a configuration file. What the file does not say stays at its default.
  ///
  /// - Parameters:
  ///   - bytes: YAML in UTF-8
  ///   - fileName: how errors call the file
  ///   - knownMetrics: what `metrics.disable` may name, without the prefix `sockstate_`
  /// - Throws: the first thing that is wrong: in YAML's own syntax, else in the order of the file.
  package init(
    yaml bytes: [UInt8], fileName: String, knownMetrics: Set<String>
  ) throws(ConfigurationError) {
    self.init()
    do {
      let root = try YAMLDocument(bytes).root
      try root?.read(Self.schema(knownMetrics: knownMetrics), into: &self)
    } catch {
      throw ConfigurationError(source: fileName, flaw: error)
    }
  }

  /// Reads a configuration file.
  ///
  /// - Throws: also if the file cannot be read.
  package static func load(
    path: String, knownMetrics: Set<String>
  ) throws(ConfigurationError) -> Settings {
    let bytes = try ConfigurationFile.read(path, limit: YAMLDocument.maximumSize)
    return try Settings(yaml: bytes, fileName: path, knownMetrics: knownMetrics)
  }

  /// Sets one value from the command line, with the checks and words that the file's values get.
  ///
  /// - Parameters:
  ///   - key: the path of the key: `poll.interval`
  ///   - text: what follows the flag
  ///   - flag: how errors call the flag: `--poll.interval`
  package mutating func set(
    _ key: String, to text: String, flag: String
  ) throws(ConfigurationError) {
    try set(key, to: .scalar(text, quoted: false), flag: flag)
  }

  /// Sets one list from the command line, replacing the file's.
  ///
  /// - Parameters:
  ///   - key: the path of the key: `web.listen_addresses`
  ///   - texts: what follows each use of the flag
  ///   - flag: how errors call the flag: `--web.listen-address`
  package mutating func set(
    _ key: String, to texts: [String], flag: String
  ) throws(ConfigurationError) {
    let elements = texts.map {
      YAMLNode(position: nil, path: "", content: .scalar($0, quoted: false))
    }
    try set(key, to: .sequence(elements), flag: flag)
  }

  private mutating func set(
    _ key: String, to content: YAMLNode.Content, flag: String
  ) throws(ConfigurationError) {
    var node = YAMLNode(position: nil, path: "", content: content)
    for name in key.split(separator: ".").reversed() {
      let entry = YAMLNode.Entry(key: String(name), keyPosition: nil, value: node)
      node = YAMLNode(position: nil, path: "", content: .mapping([entry]))
    }
    do {
      try node.read(Self.schema(knownMetrics: []), into: &self)
    } catch {
      throw ConfigurationError(source: flag, flaw: error)
    }
  }
}
