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
      try file.read(snmp, name: procfs.path("net/snmp")) { counters.apply(netstat: $0) }
    }
    if let sockstat = try procfs.openNet("sockstat") {
      try file.read(sockstat, name: procfs.path("net/sockstat")) { counters.apply(sockstat: $0) }
    }
    try readRest(into: &counters)
    return counters
  }

  /// Adds what is neither in snmp nor in sockstat, for who has read these two.
  mutating func readRest(into counters: inout HostCounters) throws(SystemError) {
    if let netstat = try procfs.openNet("netstat") {
      try file.read(netstat, name: procfs.path("net/netstat")) { counters.apply(netstat: $0) }
    }
    // /proc/sys is hidden where /proc is mounted with `subset=pid`: a limit not known, no failure.
    counters.timeWaitLimit = try? file.read(
      procfs.path("sys/net/ipv4/tcp_max_tw_buckets")
    ) { bytes in
      var fields = ByteScanner(end: bytes.count)
      return fields.unsigned(bytes)
    }
  }
}

extension HostCounters {
  /// Takes what is known from the content of /proc/net/snmp or /proc/net/netstat: pairs of lines
  /// with one prefix, the first with names, the second with values (net/ipv4/proc.c).
  package mutating func apply(netstat bytes: Span<UInt8>) {
    var lines = ByteScanner(end: bytes.count)
    while let nameLine = lines.line(bytes), let valueLine = lines.line(bytes) {
      var names = ByteScanner(position: nameLine.lowerBound, end: nameLine.upperBound)
      var values = ByteScanner(position: valueLine.lowerBound, end: valueLine.upperBound)
      guard let prefix = names.field(bytes), let again = values.field(bytes),
        bytes.equal(prefix, again)
      else { continue }
      let isTCP = bytes.holds("Tcp:", in: prefix)
      guard isTCP || bytes.holds("TcpExt:", in: prefix) else { continue }
      while let name = names.field(bytes), let value = values.field(bytes) {
        guard let field = isTCP ? Self.tcpField(bytes, name) : Self.extendedField(bytes, name)
        else { continue }
        self[keyPath: field] = UInt64(decimal: bytes, in: value)
      }
    }
  }

  /// Takes what is known from the content of /proc/net/sockstat: `TCP: inuse 5 orphan 0 tw 1 …`.
  package mutating func apply(sockstat bytes: Span<UInt8>) {
    bytes.forEachSockstatField { prefix, name, value in
      guard bytes.holds("TCP:", in: prefix) else { return }
      if bytes.holds("orphan", in: name) { orphanedSockets = value }
      if bytes.holds("tw", in: name) { timeWaitSockets = value }
    }
  }

  private typealias Field = WritableKeyPath<HostCounters, UInt64?>

  private static func tcpField(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Field? {
    if bytes.holds("OutSegs", in: name) { return \.segmentsSent }
    if bytes.holds("RetransSegs", in: name) { return \.segmentsRetransmitted }
    if bytes.holds("AttemptFails", in: name) { return \.connectFailures }
    if bytes.holds("EstabResets", in: name) { return \.establishedResets }
    if bytes.holds("OutRsts", in: name) { return \.resetsSent }
    return nil
  }

  private static func extendedField(_ bytes: Span<UInt8>, _ name: Range<Int>) -> Field? {
    if bytes.holds("TCPSynRetrans", in: name) { return \.synRetransmitted }
    if bytes.holds("ListenOverflows", in: name) { return \.listenOverflows }
    if bytes.holds("ListenDrops", in: name) { return \.listenDrops }
    if bytes.holds("TCPTimeouts", in: name) { return \.retransmissionTimeouts }
    if bytes.holds("TCPAbortOnData", in: name) { return \.aborts[.data] }
    if bytes.holds("TCPAbortOnClose", in: name) { return \.aborts[.close] }
    if bytes.holds("TCPAbortOnMemory", in: name) { return \.aborts[.memory] }
    if bytes.holds("TCPAbortOnTimeout", in: name) { return \.aborts[.timeout] }
    if bytes.holds("TCPAbortOnLinger", in: name) { return \.aborts[.linger] }
    if bytes.holds("TCPAbortFailed", in: name) { return \.aborts[.failed] }
    return nil
  }
}

extension Span<UInt8> {
  /// The fields of sockstat or sockstat6, `TCP: inuse 5 orphan 0 …`: what the line begins with, the name,
  /// the value; nil where that is no number.
  func forEachSockstatField(
    _ body: (_ prefix: Range<Int>, _ name: Range<Int>, _ value: UInt64?) -> Void
  ) {
    var lines = ByteScanner(end: count)
    while let line = lines.line(self) {
      var fields = ByteScanner(position: line.lowerBound, end: line.upperBound)
      guard let prefix = fields.field(self) else { continue }
      while let name = fields.field(self), let value = fields.field(self) {
        body(prefix, name, UInt64(decimal: self, in: value))
      }
    }
  }

  fileprivate func equal(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
    left.count == right.count
      && left.indices.allSatisfy { self[$0] == self[right.lowerBound + ($0 - left.lowerBound)] }
  }
}
