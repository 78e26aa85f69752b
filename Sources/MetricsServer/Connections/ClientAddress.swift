internal import Glibc
internal import NIOCore

/// Whom places are shared by: an address or, as one hand may hold many, all of loopback, the unix
/// socket, or an IPv6 network of 64 bits.
struct ClientAddress: Hashable {
  let kind: ClientKind
  /// The upper half of an IPv6 address, all of an IPv4 one; empty unless `kind` is remote.
  private let network: [UInt8]

  init(_ address: SocketAddress?) {
    kind = ClientKind(address)
    network = kind == .remote ? Self.network(address?.ipAddress ?? "") : []
  }

  /// - Parameter text: an address as inet_ntop(3) writes it.
  private static func network(_ text: String) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: MemoryLayout<in6_addr>.size)
    unsafe _ = inet_pton(AF_INET6, text.contains(":") ? text : "::ffff:\(text)", &bytes)
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    return Array(bytes.starts(with: mapped) ? bytes.suffix(4) : bytes.prefix(8))
  }
}
