package import SocketStates

extension HostCounters {
  /// Takes what is known from the content of /proc/net/sockstat (net/ipv4/proc.c,
  /// sockstat_seq_show): `TCP: inuse 5 orphan 0 tw 1 …`.
  package mutating func apply(sockstat bytes: Span<UInt8>) {
    bytes.forEachSockstatField { prefix, name, value in
      guard bytes.holds("TCP:", in: prefix) else { return }
      if bytes.holds("orphan", in: name) { orphanedSockets = value }
      if bytes.holds("tw", in: name) { timeWaitSockets = value }
    }
  }
}

extension Span<UInt8> {
  /// The fields of sockstat or sockstat6, `TCP: inuse 5 orphan 0 …`: what the line begins with, the
  /// name, the value; nil if that is no number.
  func forEachSockstatField(
    _ body: (_ prefix: Range<Int>, _ name: Range<Int>, _ value: UInt64?) -> Void
  ) {
    var lines = FieldScanner(self)
    while let line = lines.line(self) {
      var fields = FieldScanner(line)
      guard let prefix = fields.field(self) else { continue }
      while let name = fields.field(self), let value = fields.field(self) {
        body(prefix, name, UInt64(decimal: self, in: value))
      }
    }
  }
}
