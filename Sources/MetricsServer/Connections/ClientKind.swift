internal import NIOCore

/// How near a client is, by the address it connected from.
package enum ClientKind: Sendable, Equatable {
  /// 127.0.0.0/8, IPv4-mapped too, or ::1.
  case loopback
  /// The unix socket.
  case unix
  /// Any other address, or none that could be read.
  case remote

  init(_ address: SocketAddress?) {
    switch address {
    case .unixDomainSocket: self = .unix
    case .v4, .v6: self = Self.isLoopback(address?.ipAddress ?? "") ? .loopback : .remote
    case nil: self = .remote
    }
  }

  /// - Parameter text: an address as inet_ntop(3) writes it.
  static func isLoopback(_ text: String) -> Bool {
    text == "::1" || text.hasPrefix("127.") || text.hasPrefix("::ffff:127.")
  }
}
