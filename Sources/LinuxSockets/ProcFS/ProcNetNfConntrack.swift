package import SocketStates

/// /proc/net/nf_conntrack (net/netfilter/nf_conntrack_standalone.c, ct_seq_show): the connections that the host's packet
/// filter keeps track of, and what it has made of their addresses.
package enum ProcNetNfConntrack {
  /// Bytes that are read: some forty thousand connections.
  private static let capacity = 8 << 20

  /// Where a connection leads to if its destination is translated on this host, such as a service's address of
  /// Kubernetes; nil if it is not, or the table cannot be read.
  /// - Parameter local: nil is any.
  package static func destination(
    of local: Endpoint?, _ remote: Endpoint, _ procfs: ProcFS
  ) -> Endpoint? {
    guard let file = try? procfs.openNet("nf_conntrack") else { return nil }
    var reader = SmallFile(capacity: capacity)
    return try? reader.read(file, name: procfs.path("net/nf_conntrack")) {
      destination(of: local, remote, in: $0)
    }
  }

  /// The same from the content of the file.
  package static func destination(
    of local: Endpoint?, _ remote: Endpoint, in bytes: Span<UInt8>
  ) -> Endpoint? {
    var lines = FieldScanner(bytes)
    while let line = lines.line(bytes) {
      guard let (original, reply) = directions(line, bytes), original.to.isSame(as: remote),
        local.map({ original.from.isSame(as: $0) }) ?? true
      else { continue }
      return reply.from.isSame(as: remote) ? nil : reply.from
    }
    return nil
  }

  private typealias Direction = (from: Endpoint, to: Endpoint)

  /// `ipv4 2 tcp 6 117 ESTABLISHED src=… dst=… sport=… dport=… src=… dst=… sport=… dport=… [ASSURED] …`
  private static func directions(
    _ line: Range<Int>, _ bytes: Span<UInt8>
  ) -> (Direction, Direction)? {
    var fields = FieldScanner(line)
    var values: [String] = []
    guard fields.skipField(bytes), fields.skipField(bytes), let name = fields.field(bytes),
      bytes.holds("tcp", in: name)
    else { return nil }
    let keys = ["src=", "dst=", "sport=", "dport="]
    while values.count < 8, let field = fields.field(bytes) {
      let text = String(decoding: [UInt8](bytes.extracting(field)), as: UTF8.self)
      let key = keys[values.count % 4]
      if text.hasPrefix(key) { values.append(String(text.dropFirst(key.count))) }
    }
    guard values.count == 8, let original = direction(values[..<4]),
      let reply = direction(values[4...])
    else { return nil }
    return (original, reply)
  }

  private static func direction(_ values: ArraySlice<String>) -> Direction? {
    let values = Array(values)
    guard let from = Address(values[0]), let to = Address(values[1]), let sport = UInt16(values[2]),
      let dport = UInt16(values[3])
    else { return nil }
    return (Endpoint(address: from, port: sport), Endpoint(address: to, port: dport))
  }
}
