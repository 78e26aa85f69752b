/// One end of a connection.
package struct Endpoint: Hashable, Sendable, BitwiseCopyable {
  package var address: Address
  /// In host order.
  package var port: UInt16
  /// The index of the interface that the socket is bound to (SO_BINDTODEVICE), or that the zone of a link-local
  /// address is (RFC 4007); 0 if there is none, or the source does not tell (procfs).
  package var device: UInt32

  package init(address: Address, port: UInt16, device: UInt32 = 0) {
    self.address = address
    self.port = port
    self.device = device
  }
}

extension Endpoint {
  /// Whether address and port are the same, whatever device either is on.
  package func isSame(as other: Endpoint) -> Bool {
    address == other.address && port == other.port
  }

  /// Whether a socket that listens here takes what is sent to `destination`.
  package func takes(_ destination: Endpoint) -> Bool {
    port == destination.port && (device == 0 || device == destination.device)
      && (address == destination.address || address == .anyIPv6
        || address == .anyIPv4 && destination.address.isIPv4)
  }
}

extension Endpoint: Comparable {
  /// By address, then by port and device.
  package static func < (left: Endpoint, right: Endpoint) -> Bool {
    (left.address, left.port, left.device) < (right.address, right.port, right.device)
  }
}

extension Endpoint: CustomStringConvertible {
  /// `192.0.2.1:443`, `[2001:db8::1]:443`, `[fe80::1%2]:443`.
  package var description: String { text(device: device == 0 ? "" : "\(device)") }

  /// The same with the name of its device, if it has one: `0.0.0.0%eth0:8080`, as `ss` prints it.
  package func text(device name: String) -> String {
    let host = device == 0 || name.isEmpty ? "\(address)" : "\(address)%\(name)"
    return address.isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)"
  }
}
