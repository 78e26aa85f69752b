import SocketStates

/// Reads the kernel's TCP counters of the network namespace.
struct HostCountersReader: Sendable {
  private let procfs: ProcFS
  /// netstat is the largest, 4 to 5 KiB on Linux 6.18.
  private var file = SmallFile(capacity: 1 << 16)

  init(procfs: ProcFS) { self.procfs = procfs }

  /// Reads snmp and sockstat, the counters as they are now in the calling thread's namespace; fields of a
  /// file that is not there are nil. ``readRest(into:)`` adds the others.
  ///
  /// Throws if a file is there but cannot be read.
  mutating func readTraffic(into counters: inout HostCounters) throws(SystemError)
    -> TrafficFingerprint
  {
    var fingerprint = TrafficFingerprint()
    if let sockstat = try procfs.openNet("sockstat") {
      try file.read(sockstat, name: procfs.path("net/sockstat")) {
        fingerprint.apply(sockstat: $0)
        counters.apply(sockstat: $0)
      }
    }
    if let sockstat = try procfs.openNet("sockstat6") {
      try file.read(sockstat, name: procfs.path("net/sockstat6")) {
        fingerprint.apply(sockstat: $0)
      }
    }
    if let snmp = try procfs.openNet("snmp") {
      try file.read(snmp, name: procfs.path("net/snmp")) {
        fingerprint.apply(snmp: $0)
        counters.apply(snmp: $0)
      }
    }
    return fingerprint
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
