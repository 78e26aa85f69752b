package import SocketStates

extension HostCounters {
  /// Takes what is known from the content of /proc/net/snmp (net/ipv4/proc.c, snmp_seq_show).
  package mutating func apply(snmp bytes: Span<UInt8>) {
    bytes.forEachCounter(of: "Tcp:") { name, value in
      guard let field = Self.field(bytes, name) else { return }
      self[keyPath: field] = UInt64(decimal: bytes, in: value)
    }
  }

  private static func field(_ bytes: Span<UInt8>, _ name: Range<Int>)
    -> WritableKeyPath<HostCounters, UInt64?>?
  {
    if bytes.holds("OutSegs", in: name) { return \.segmentsSent }
    if bytes.holds("RetransSegs", in: name) { return \.segmentsRetransmitted }
    if bytes.holds("AttemptFails", in: name) { return \.connectFailures }
    if bytes.holds("EstabResets", in: name) { return \.establishedResets }
    if bytes.holds("OutRsts", in: name) { return \.resetsSent }
    if bytes.holds("CurrEstab", in: name) { return \.established }
    if bytes.holds("ActiveOpens", in: name) { return \.activeOpens }
    if bytes.holds("PassiveOpens", in: name) { return \.passiveOpens }
    return nil
  }
}

extension Span<UInt8> {
  /// The counters with a prefix in the content of /proc/net/snmp or /proc/net/netstat, where each
  /// prefix has a line of names and a line of values: the name and the value of each.
  func forEachCounter(
    of prefix: StaticString, _ body: (_ name: Range<Int>, _ value: Range<Int>) -> Void
  ) {
    var lines = FieldScanner(self)
    while let nameLine = lines.line(self), let valueLine = lines.line(self) {
      var names = FieldScanner(nameLine)
      var values = FieldScanner(valueLine)
      guard let first = names.field(self), holds(prefix, in: first),
        let again = values.field(self), holds(prefix, in: again)
      else { continue }
      while let name = names.field(self), let value = values.field(self) { body(name, value) }
    }
  }
}
