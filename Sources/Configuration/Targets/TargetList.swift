internal import SocketStates

/// Hosts as Prometheus' file-based discovery lists them: a list of groups with `targets` and `labels`, in JSON or YAML; or
/// a plain list of `host:port`. Labels are not used.
package enum TargetList {
  /// Targets of one list, at most.
  package static let limit = 10_000

  /// One host.
  package struct Target: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address, without brackets.
    package var host: String
    /// nil is that of the settings.
    package var port: UInt16?

    /// Reads `host`, `host:port`, `[address]:port` or an address; nil if it is none.
    package init?(_ text: String) {
      let isBareIPv6 = Address(text).map { !$0.isIPv4 } ?? false
      let hasPort = text.last != "]" && text.contains(":") && !isBareIPv6
      let whole = hasPort ? text : (isBareIPv6 ? "[\(text)]" : text) + ":0"
      guard case .tcp(let host?, let port) = ListenAddress(whole), hasPort == (port > 0),
        !ListenAddress.lacksZone(host)
      else { return nil }
      self.host = host
      self.port = hasPort ? port : nil
    }

    /// What ``init(_:)`` reads.
    package var description: String {
      guard let port else { return host }
      return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }

  /// Reads a file.
  package static func load(path: String) throws(ConfigurationError) -> [Target] {
    let bytes = try ConfigurationFile.read(path, limit: YAMLDocument.maximumSize)
    return try parse(bytes, fileName: path)
  }

  /// Reads the bytes of a file.
  /// - Parameter fileName: how errors call it.
  package static func parse(
    _ bytes: [UInt8], fileName: String
  ) throws(ConfigurationError) -> [Target] {
    do throws(Flaw) {
      guard let root = try YAMLDocument(bytes, maximumNodes: 10 * limit).root else { return [] }
      var targets: [Target] = []
      for element in try root.elements(of: Group.allowed) {
        if case .mapping = element.content {
          var group = Group()
          try element.read(Group.keys, into: &group)
          targets += group.targets
        } else {
          targets.append(try element.target())
        }
      }
      guard targets.count <= limit else { throw Flaw(problem: "more than \(limit) targets") }
      return targets
    } catch {
      throw ConfigurationError(source: fileName, flaw: error)
    }
  }

  /// An element of the list.
  private struct Group {
    static let allowed = "groups with targets, or host:port"

    var targets: [Target] = []
    private var labels: Void = ()

    static var keys: [Key<Group>] {
      [
        .value("targets", \.targets) { node throws(Flaw) in
          var targets: [Target] = []
          for element in try node.elements(of: "host:port") {
            targets.append(try element.target())
          }
          return targets
        },
        .value("labels", \.labels) { _ throws(Flaw) in () },
      ]
    }
  }
}

extension YAMLNode {
  fileprivate func target() throws(Flaw) -> TargetList.Target {
    let allowed = "host, host:port, [IPv6 address]:port"
    guard let target = TargetList.Target(try text("a target", allowed: allowed)) else {
      throw flaw("\(summary) is not a target", allowed: allowed)
    }
    return target
  }
}
