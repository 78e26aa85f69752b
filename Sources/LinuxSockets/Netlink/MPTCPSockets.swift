import Glibc
package import SocketStates

/// Counts the MPTCP sockets (RFC 8684) of a network namespace: what programs hold, each over one or
/// more subflows, which are TCP sockets and counted as those.
///
/// For a dump the kernel walks its whole table of MPTCP tokens, however few there are
/// (`net/mptcp/mptcp_diag.c`): it is asked only where /proc/net/protocols counts any.
package struct MPTCPSockets: ~Copyable {
  /// ms that a dump may take.
  private static let timeout: Int64 = 2_000
  /// ms until a kernel that has none is asked again: each time it may look for a module.
  private static let pause: Int64 = 300_000

  private let procfs: ProcFS
  private var protocols = SmallFile(capacity: 1 << 14)
  private var source = SockDiagSource()
  private var nextTry = Int64.min

  package init(procfs: ProcFS) { self.procfs = procfs }

  /// The sockets by state, in the network namespace that the calling thread is in.
  /// - Returns: nil where the kernel has no MPTCP or did not answer.
  package mutating func read() -> StateCounts? {
    let now = MonotonicClock.now
    guard now >= nextTry, let inUse = inUse() else { return nil }
    guard inUse > 0 else { return StateCounts() }
    defer { source.close() }
    do throws(SockDiagError) {
      var counts = StateCounts()
      try count(UInt8(AF_INET), deadline: now + Self.timeout, into: &counts)
      try count(UInt8(AF_INET6), deadline: now + Self.timeout, into: &counts)
      return counts
    } catch {
      if error.isPermanent { nextTry = now + Self.pause }
      return nil
    }
  }

  private mutating func inUse() -> UInt64? {
    guard let file = try? procfs.openNet("protocols") else { return nil }
    return try? protocols.read(file, name: "net/protocols") { Self.inUse($0) }
  }

  /// The MPTCP sockets of both families that the content of /proc/net/protocols (net/core/sock.c)
  /// counts; nil where the kernel has no MPTCP.
  package static func inUse(_ bytes: Span<UInt8>) -> UInt64? {
    var sum: UInt64?
    var lines = ByteScanner(end: bytes.count)
    while let line = lines.line(bytes) {
      var fields = ByteScanner(position: line.lowerBound, end: line.upperBound)
      guard let name = fields.field(bytes),
        bytes.holds("MPTCP", in: name) || bytes.holds("MPTCPv6", in: name),
        fields.field(bytes) != nil, let sockets = fields.unsigned(bytes)
      else { continue }
      sum = (sum ?? 0).addingReportingOverflow(sockets).partialValue
    }
    return sum
  }

  private mutating func count(_ family: UInt8, deadline: Int64, into counts: inout StateCounts)
    throws(SockDiagError)
  {
    var sum = counts
    try source.dump(.multipath(family), deadline) { rows in
      for index in rows.indices { sum[rows[index].state] += 1 }
    }
    counts = sum
  }
}
