package import SocketStates

/// Reads the kernel's TCP counters of the network namespace.
package struct HostCountersReader: Sendable {
  private let procfs: ProcFS
  /// netstat is the largest, 4 to 5 KiB on Linux 6.18.
  private var file = SmallFile(capacity: 1 << 16)

  package init(procfs: ProcFS) { self.procfs = procfs }

  /// The counters as they are now in the calling thread's namespace; fields of a file that is not
  /// there are nil.
  ///
  /// Throws if a file is there but cannot be read.
  package mutating func read() throws(SystemError) -> HostCounters {
    var counters = HostCounters()
    if let snmp = try procfs.openNet("snmp") {
      try file.read(snmp, name: procfs.path("net/snmp")) { counters.apply(snmp: $0) }
    }
    if let sockstat = try procfs.openNet("sockstat") {
      try file.read(sockstat, name: procfs.path("net/sockstat")) { counters.apply(sockstat: $0) }
    }
    try readRest(into: &counters)
    return counters
  }

  /// Adds what is neither in snmp nor in sockstat, for a caller that has read these two.
  mutating func readRest(into counters: inout HostCounters) throws(SystemError) {
    if let netstat = try procfs.openNet("netstat") {
      try file.read(netstat, name: procfs.path("net/netstat")) { counters.apply(netstat: $0) }
    }
    // /proc/sys is hidden where /proc is mounted with `subset=pid`: a limit not known, no failure.
    counters.timeWaitLimit = number("sys/net/ipv4/tcp_max_tw_buckets")
    // Not there without the module nf_conntrack.
    counters.conntrackEntries = number("sys/net/netfilter/nf_conntrack_count")
    counters.conntrackLimit = number("sys/net/netfilter/nf_conntrack_max")
  }

  private mutating func number(_ entry: String) -> UInt64? {
    try? file.read(procfs.path(entry)) { bytes in
      var fields = FieldScanner(bytes)
      return fields.unsigned(bytes)
    }
  }
}
