package import SocketStates

/// net.ipv4.ip_local_port_range, ip_local_reserved_ports, tcp_tw_reuse and tcp_timestamps (kernel
/// Documentation/networking/ip-sysctl.rst).
extension EphemeralPorts {
  /// Parses the contents of both files; nil if the range is none.
  ///
  /// - Parameters:
  ///   - range: `32768\t60999\n`.
  ///   - reserved: `8080,9148-9150\n`; what is not a port or a range of ports is ignored.
  package init?(range: Span<UInt8>, reserved: Span<UInt8>) {
    var fields = FieldScanner(range)
    guard let low = fields.unsigned(range), let low = UInt16(exactly: low),
      let high = fields.unsigned(range), let high = UInt16(exactly: high), low <= high
    else { return nil }
    self.init(ports: low...high, reserved: Self.reservedPorts(reserved))
  }

  private static func reservedPorts(_ bytes: Span<UInt8>) -> [ClosedRange<UInt16>] {
    var list: [ClosedRange<UInt16>] = []
    var start = 0
    for index in 0...bytes.count {
      guard index == bytes.count || [UInt8(ascii: ","), UInt8(ascii: "\n")].contains(bytes[index])
      else { continue }
      if let ports = ports(bytes, start..<index) { list.append(ports) }
      start = index + 1
    }
    return list
  }

  private static func ports(_ bytes: Span<UInt8>, _ part: Range<Int>) -> ClosedRange<UInt16>? {
    let dash = part.first { bytes[$0] == UInt8(ascii: "-") }
    let first = part.lowerBound..<(dash ?? part.upperBound)
    let second = dash.map { $0 + 1..<part.upperBound } ?? first
    guard let low = UInt64(decimal: bytes, in: first).flatMap({ UInt16(exactly: $0) }),
      let high = UInt64(decimal: bytes, in: second).flatMap({ UInt16(exactly: $0) }), low <= high
    else { return nil }
    return low...high
  }
}

/// Reads ``EphemeralPorts`` from /proc/sys/net/ipv4.
package struct EphemeralPortsReader: Sendable {
  private let procfs: ProcFS

  package init(procfs: ProcFS) { self.procfs = procfs }

  /// The ports as they are set now; nil if /proc/sys is hidden or not what it should be.
  package func read() -> EphemeralPorts? {
    guard let range = contents("ip_local_port_range") else { return nil }
    let reserved = contents("ip_local_reserved_ports") ?? []
    var ports = EphemeralPorts(range: range.span, reserved: reserved.span)
    if let mode = number("tcp_tw_reuse") { ports?.timeWaitReuse.mode = mode }
    if let timestamps = number("tcp_timestamps") {
      ports?.timeWaitReuse.hasTimestamps = timestamps != 0
    }
    return ports
  }

  private func number(_ name: String) -> UInt64? {
    guard let contents = contents(name) else { return nil }
    var line = FieldScanner(contents.span)
    return line.unsigned(contents.span)
  }

  private func contents(_ name: String) -> [UInt8]? {
    let path = procfs.path("sys/net/ipv4/" + name)
    // The kernel gives the list to one read only, so it must fit. Mostly it is short; every other
    // port of all, the longest list there is, is 6 bytes for each.
    for capacity in [512, 6 << 15] {
      var file = SmallFile(capacity: capacity)
      guard let contents = try? file.read(path, parse: { Array($0) }) else { return nil }
      if contents.count < capacity { return contents }
    }
    return nil
  }
}
