import Glibc
package import SocketStates

/// Counts the MPTCP sockets (RFC 8684) of a network namespace: what programs hold, each over one or
/// more subflows, which are TCP sockets and counted as those.
///
/// The kernel walks its table of MPTCP tokens and its listeners for this, not the table of all
/// connections (`net/mptcp/mptcp_diag.c`).
package struct MPTCPSockets: ~Copyable {
  /// ms that a dump may take.
  private static let timeout: Int64 = 2_000
  /// ms until a kernel that has none is asked again: each time it may look for a module.
  private static let pause: Int64 = 300_000

  private var source = SockDiagSource()
  private var nextTry = Int64.min

  package init() {}

  /// The sockets by state, in the network namespace that the calling thread is in.
  /// - Returns: nil where the kernel has no MPTCP or did not answer.
  package mutating func read() -> StateCounts? {
    let now = MonotonicClock.now
    guard now >= nextTry else { return nil }
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
