/// One end of a connection.
package struct Endpoint: Hashable, Sendable, BitwiseCopyable {
  package var address: Address
  /// In host order.
  package var port: UInt16

  package init(address: Address, port: UInt16) {
    self.address = address
    self.port = port
  }
}

extension Endpoint {
  /// Whether a socket that listens here takes what is sent to `destination`.
  package func takes(_ destination: Endpoint) -> Bool {
    port == destination.port
      && (address == destination.address || address == .anyIPv6
        || address == .anyIPv4 && destination.address.isIPv4)
  }
}

extension Endpoint: Comparable {
  /// By address, then by port.
  package static func < (left: Endpoint, right: Endpoint) -> Bool {
    (left.address, left.port) < (right.address, right.port)
  }
}

extension Endpoint: CustomStringConvertible {
  /// `192.0.2.1:443`, `[2001:db8::1]:443`.
  package var description: String {
    address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }
}
