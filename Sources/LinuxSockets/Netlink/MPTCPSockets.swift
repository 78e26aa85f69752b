import Glibc
package import SocketStates

/// Counts the MPTCP sockets (RFC 8684) of a network namespace: what programs hold, each over one or
/// more subflows, which are TCP sockets and counted as those.
///
/// For a dump the kernel walks its whole table of MPTCP tokens, however few there are
/// (`net/mptcp/mptcp_diag.c`): it is asked only if there may be any.
package struct MPTCPSockets: ~Copyable {
  /// ms that a dump may take.
  private static let timeout: Int64 = 2_000
  /// ms until a kernel that has none is asked again: each time it may look for a module.
  private static let pause: Int64 = 300_000

  private let procfs: ProcFS
  private var file = SmallFile(capacity: 1 << 15)
  private var source = SockDiagSource()
  private var nextTry = Int64.min
  /// Whether /proc/net/protocols counts these sockets: before Linux 6.3 it has 0 (c558246ee73e).
  private let countsInUse = KernelRelease.current.map { $0 >= KernelRelease(6, 3) } ?? true

  package init(procfs: ProcFS) { self.procfs = procfs }

  /// The sockets by state, in the network namespace that the calling thread is in.
  /// - Returns: nil if the kernel has no MPTCP or did not answer.
  package mutating func read() -> StateCounts? {
    let now = MonotonicClock.now
    guard now >= nextTry, let mayBeAny = mayBeAny() else { return nil }
    guard mayBeAny else { return StateCounts() }
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

  /// Whether there may be any; nil if the kernel has no MPTCP, or has not seen any before Linux 6.3: a listener that
  /// nobody has used is not known there.
  private mutating func mayBeAny() -> Bool? {
    let name = countsInUse ? "protocols" : "netstat"
    guard let opened = try? procfs.openNet(name) else { return nil }
    let countsInUse = countsInUse
    let found = try? file.read(opened, name: "net/\(name)") { bytes in
      countsInUse
        ? ProcNetProtocols.mptcpSockets(bytes).map { $0 > 0 }
        : ProcNetNetstat.hasMPTCP(bytes) ? true : nil
    }
    return found ?? nil
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
