/// A key that a mapping of the file may have, and how its value gets into a `Target`.
struct Key<Target> {
  typealias Read<Value> = (YAMLNode) throws(Flaw) -> Value

  let name: String
  /// The paths of this key and of all keys below it, from the mapping that it stands in.
  let paths: [String]
  let read: (YAMLNode, inout Target) throws(Flaw) -> Void

  /// A key whose value becomes one property.
  static func value<Value>(
    _ name: String, _ property: WritableKeyPath<Target, Value>, _ read: @escaping Read<Value>
  ) -> Key {
    Key(name: name, paths: [name]) { node, target throws(Flaw) in
      target[keyPath: property] = try read(node)
    }
  }

  /// A key with a mapping of its own; with nothing in it, it changes nothing.
  static func section<Section>(
    _ name: String, _ property: WritableKeyPath<Target, Section>, _ keys: [Key<Section>]
  ) -> Key {
    Key(name: name, paths: [name] + keys.flatMap(\.paths).map { "\(name).\($0)" }) {
      node, target throws(Flaw) in
      try node.read(keys, into: &target[keyPath: property])
    }
  }
}

extension YAMLNode {
  /// Reads a mapping key by key, in the file's order; an unknown key is an error.
  func read<Target>(_ keys: [Key<Target>], into target: inout Target) throws(Flaw) {
    if isNull { return }
    let names = keys.map(\.name)
    let allowed = names.joined(separator: ", ")
    guard case .mapping(let entries) = content else {
      throw flaw(isNot: "a mapping", allowed: "a mapping with \(allowed)")
    }
    for entry in entries {
      guard let key = keys.first(where: { $0.name == entry.key }) else {
        throw Flaw(
          position: entry.keyPosition, path: path.appending(key: entry.key),
          problem: "unknown key" + suggestion(for: entry.key, among: names), allowed: allowed)
      }
      try key.read(entry.value, &target)
    }
  }
}
