/// The local ports that the kernel chooses from for outbound connections.
package struct EphemeralPorts: Sendable, Equatable {
  /// `net.ipv4.ip_local_port_range`.
  package var ports: ClosedRange<UInt16>
  /// How many of them `net.ipv4.ip_local_reserved_ports` leaves.
  package var available: Int

  /// What Linux comes with.
  package static let defaultPorts: ClosedRange<UInt16> = 32_768...60_999

  package init(ports: ClosedRange<UInt16>, available: Int) {
    self.ports = ports
    self.available = available
  }
}
