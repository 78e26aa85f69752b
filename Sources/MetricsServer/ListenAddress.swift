/// Where the server listens, as `--web.listen-address` names it.
package enum ListenAddress: Sendable, Hashable {
  /// TCP; `host` is a numeric address or a name that is resolved at the start (its first address is
  /// taken), nil is every address of the machine. Port 0 lets the kernel choose.
  case tcp(host: String?, port: Int)
  /// A stream socket in the file system, at an absolute path.
  case unix(path: String)

  /// Bytes that a path may have: `sun_path` of sockaddr_un without its final NUL (unix(7)).
  static let maximumPathLength = 107

  /// Reads `:10793`, `127.0.0.1:9`, `[::1]:10793`, `localhost:80` or `unix:/run/x.sock`.
  /// - Throws: an error that says what is wrong with the text and what is allowed.
  package init(parsing text: String) throws(ListenAddressError) {
    do {
      if text.hasPrefix("unix:") {
        self = .unix(path: try Self.path(text.dropFirst("unix:".count)))
      } else {
        self = try Self.tcp(text[...])
      }
    } catch {
      throw ListenAddressError(text: text, problem: error)
    }
  }

  private static func path(_ text: Substring) throws(ListenAddressError.Problem) -> String {
    guard text.hasPrefix("/"), text.utf8.count > 1 else { throw .pathNotAbsolute }
    guard text.utf8.count <= maximumPathLength else { throw .pathTooLong }
    guard !text.utf8.contains(0) else { throw .pathHasNUL }
    return String(text)
  }

  private static func tcp(_ text: Substring) throws(ListenAddressError.Problem) -> ListenAddress {
    guard let colon = text.lastIndex(of: ":") else { throw .noPort }
    let host = text[..<colon]
    let port = text[text.index(after: colon)...]
    if text.hasPrefix("[") {
      guard let bracket = text.lastIndex(of: "]") else { throw .noClosingBracket }
      guard text.index(after: bracket) == colon else { throw .noPort }
      let address = host.dropFirst().dropLast()
      guard address.contains(":"), isHost(address) else { throw .notIPv6 }
      return .tcp(host: String(address), port: try self.port(port))
    }
    guard !host.contains(":") else { throw .noBrackets }
    guard host.isEmpty || isHost(host) else { throw .badHost }
    return .tcp(host: host.isEmpty ? nil : String(host), port: try self.port(port))
  }

  private static func port(_ text: Substring) throws(ListenAddressError.Problem) -> Int {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(text), port <= 65535
    else { throw .badPort }
    return port
  }

  /// Printable ASCII that can stand in a name or an address, zone included; the resolver judges the
  /// rest.
  private static func isHost(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"[]/@\"\\".utf8.contains($0) }
  }
}

extension ListenAddress: CustomStringConvertible {
  /// The form that `init(parsing:)` reads.
  package var description: String {
    switch self {
    case .tcp(let host?, let port):
      host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .tcp(nil, let port): ":\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}

/// A text that is no listen address.
package struct ListenAddressError: Error, Equatable, CustomStringConvertible {
  enum Problem: String, Error {
    case noPort = "the port is missing"
    case badPort = "the port is not a number from 0 to 65535"
    case badHost = "the host has characters that no name or address has"
    case noBrackets = "an IPv6 address must stand in brackets"
    case noClosingBracket = "the bracket is not closed"
    case notIPv6 = "what stands in brackets is not an IPv6 address"
    case pathNotAbsolute = "the path is not absolute"
    case pathTooLong = "the path is longer than 107 bytes"
    case pathHasNUL = "the path has a NUL byte"
  }

  let text: String
  let problem: Problem

  /// One line: the text, what is wrong with it, what is allowed.
  package var description: String {
    "listen address \(text.debugDescription): \(problem.rawValue); "
      + "allowed are :port, host:port, [IPv6]:port and unix:/path"
  }
}
