import Configuration

/// The address of a daemon: `unix:/run/sockstated.sock`, `http://host:10793`, `https://host:10793`.
struct DaemonAddress: Equatable, Sendable {
  enum Place: Equatable {
    case unix(path: String)
    /// A name or an address, without brackets.
    case tcp(host: String, port: UInt16)
  }

  var place: Place
  /// Whether the address asks for TLS.
  var isSecure = false
  /// Put before the path of every request, for a reverse proxy; without a slash at its end.
  var prefix = ""

  /// As the user gave it.
  let text: String

  /// The address of a peer's daemon.
  /// - Parameter host: a name or an address, without brackets.
  init(host: String, port: UInt16, isSecure: Bool) {
    place = .tcp(host: host, port: port)
    self.isSecure = isSecure
    text = ""
  }

  /// Reads an address.
  /// - Parameter name: what errors call the flag or argument.
  init(_ text: String, named name: String) throws(Failure) {
    do throws(Flaw) {
      try self.init(text)
    } catch {
      throw Failure(message: "\(name) \(text): \(error.reason)", status: Failure.usage)
    }
  }

  /// What is wrong with an address.
  private struct Flaw: Error { var reason: String }

  private init(_ text: String) throws(Flaw) {
    self.text = text
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard path.hasPrefix("/"), path.utf8.count < 108 else {
        throw Flaw(reason: "not an absolute path of at most 107 bytes")
      }
      place = .unix(path: path)
      return
    }
    guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else {
      throw Flaw(reason: "not an address; allowed: unix:/path, http://host:port, https://host:port")
    }
    isSecure = scheme == "https://"
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" }
    guard !authority.contains("@") else {
      throw Flaw(reason: "the user name does not belong here; use --user")
    }
    let (host, port) = try Self.hostAndPort(authority, defaultPort: isSecure ? 443 : 80)
    place = .tcp(host: host, port: port)
    prefix = String(rest.dropFirst(authority.count))
    while prefix.last == "/" { prefix.removeLast() }
    guard prefix.utf8.allSatisfy({ 0x21...0x7e ~= $0 && $0 != 0x3f && $0 != 0x23 }) else {
      throw Flaw(reason: "not a path")
    }
  }

  private static func hostAndPort(
    _ authority: Substring, defaultPort: UInt16
  ) throws(Flaw) -> (String, UInt16) {
    var host = authority
    var port = defaultPort
    let afterAddress = authority.lastIndex(of: "]") ?? authority.startIndex
    if let colon = authority[afterAddress...].lastIndex(of: ":") {
      guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else {
        throw Flaw(reason: "not a port")
      }
      port = number
      host = authority[..<colon]
    }
    if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, host.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
      throw Flaw(reason: "not a host")
    }
    guard !ListenAddress.lacksZone(String(host)) else {
      throw Flaw(reason: "a link-local address needs its zone, such as [fe80::1%eth0]")
    }
    return (String(host), port)
  }

  /// The header Host.
  var host: String {
    switch place {
    case .unix: "localhost"
    case .tcp(let host, let port): (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }
  }
}
