import SocketStates

/// An address that the web server listens on: `:10793`, `127.0.0.1:10793`, `[::1]:10793`,
/// `unix:/run/x.sock`.
package enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// TCP; `host` is a numeric address or a name that is resolved at the start (its first address is
  /// taken), nil is every address of the machine. Port 0 lets the kernel choose.
  case tcp(host: String?, port: UInt16)
  /// A stream socket in the file system, at an absolute path.
  case unix(path: String)
  /// A socket that listens already (`--web.systemd-socket`), by its descriptor, which belongs to the
  /// server from its start on. No notation names it.
  case passed(descriptor: Int32)

  /// What addresses look like, for error messages.
  package static let notations = ":port, host:port, [IPv6 address]:port, unix:/path"

  /// Parses an address; nil if the text is in none of the ``notations``.
  package init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      // sun_path of unix(7) has 108 bytes, the last for the NUL.
      guard path.hasPrefix("/"), path.utf8.count <= 107, !path.utf8.contains(0) else { return nil }
      self = .unix(path: path)
      return
    }
    guard let parts = Self.hostAndPort?.match(text), let port = UInt16(parts[4]) else { return nil }
    let host = parts[2] + parts[3]
    self = .tcp(host: host.isEmpty ? nil : host, port: port)
  }

  /// In its groups: an IPv6 address that stands in brackets, or another host, and the port.
  private static let hostAndPort = try? RegularExpression(
    #"(\[([A-Za-z0-9._%-]*:[A-Za-z0-9._:%-]*)\]|([A-Za-z0-9._-]*)):([0-9]+)"#)

  /// The notation that ``init(_:)`` parses; `descriptor 3` for a passed socket.
  package var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host?, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .tcp(nil, let port): ":\(port)"
    case .passed(let descriptor): "descriptor \(descriptor)"
    }
  }

  /// Whether it is an address of a link (fe80::/10) without the zone that says which (RFC 4007, 11): no
  /// socket can be bound or connected to it.
  package var lacksZone: Bool {
    guard case .tcp(let host?, _) = self else { return false }
    return Self.lacksZone(host)
  }

  /// The same for a host without brackets.
  package static func lacksZone(_ host: String) -> Bool { Address(host)?.isLinkLocal ?? false }
}
