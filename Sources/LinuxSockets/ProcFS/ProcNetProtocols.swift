/// /proc/net/protocols (net/core/sock.c, proto_seq_show).
package enum ProcNetProtocols {
  /// The MPTCP sockets of both families, `MPTCP 1808 3 …` and `MPTCPv6 …`; nil if the kernel has no
  /// MPTCP.
  package static func mptcpSockets(_ bytes: Span<UInt8>) -> UInt64? {
    var sum: UInt64?
    var lines = FieldScanner(bytes)
    while let line = lines.line(bytes) {
      var fields = FieldScanner(line)
      guard let name = fields.field(bytes),
        bytes.holds("MPTCP", in: name) || bytes.holds("MPTCPv6", in: name),
        fields.skipField(bytes), let sockets = fields.unsigned(bytes)
      else { continue }
      let (total, overflow) = (sum ?? 0).addingReportingOverflow(sockets)
      sum = overflow ? .max : total
    }
    return sum
  }
}
