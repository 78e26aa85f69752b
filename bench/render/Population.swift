import SocketStates

/// A host of many services, each a group of its own: a listener, and one connection for each further
/// state. What it reports comes through the tracker, as in the daemon.
struct Population: ~Copyable {
  private static let firstPort = 1000
  private static let address = Address(ipv4: 0x7f00_0001)

  private let groups: Int
  private let states: [TCPState]
  private var tracker: SocketTracker
  private var sequence: UInt64 = 0
  /// Whether the reports list their sockets one by one.
  var listsSockets = false

  /// - Parameter states: those of the connections; every group has a listener too.
  init(groups: Int, states: [TCPState]) {
    self.groups = groups
    self.states = states
    var settings = SocketTracker.Settings()
    settings.groups = groups
    tracker = SocketTracker(settings: settings)
  }

  /// One poll, five seconds after the last: every connection has moved data in between.
  mutating func poll() -> Report {
    sequence += 1
    var rows = ContiguousArray<SocketRow>()
    for group in 0..<groups { rows += self.rows(of: group) }
    let pending = tracker.update(
      from: .sockDiag, at: Int64(sequence) * 5_000, listsSockets: listsSockets
    ) { $0(rows.span) }
    var holders = HolderTable()
    for inode in tracker.request(for: pending)?.inodes ?? [] {
      let group = Int32(inode) / 16
      let owner = Owner(
        identity: ProcessIdentity(pid: group + 1, startTime: 1), name: "service-\(group)",
        unit: "service-\(group).service")
      holders.add(inode, heldBy: holders.add(owner))
    }
    var host = HostCounters()
    host.segmentsRetransmitted = sequence
    let report = tracker.attribute(pending, to: holders, host: host)
    return Report(
      sequence: sequence, time: Double(sequence) * 5, source: .sockDiag, namespaces: [report])
  }

  private func rows(of group: Int) -> ContiguousArray<SocketRow> {
    let local = Endpoint(address: Self.address, port: UInt16(Self.firstPort + group))
    var rows = ContiguousArray<SocketRow>()
    for (index, state) in ([.listen] + states).enumerated() {
      var row = SocketRow()
      row.cookie = UInt64(group * 16 + index + 1)
      row.inode = UInt32(group * 16 + index + 1)
      row.state = state
      row.local = local
      if state != .listen {
        row.remote = Endpoint(address: Self.address, port: UInt16(40_000 + index))
        row.hasInfo = true
        row.info = traffic
      }
      rows.append(row)
    }
    return rows
  }

  /// Odd numbers, so that the text has as many digits as on a host that has been up for some time.
  private var traffic: TCPInfo {
    var info = TCPInfo()
    info.rtt = 1_234
    info.lastAckReceived = 90_000
    info.totalRetransmits = UInt32(sequence) * 17
    info.segmentsOut = UInt32(sequence) * 12_345
    info.segmentsIn = UInt32(sequence) * 12_347
    info.dataSegmentsOut = UInt32(sequence) * 12_343
    info.bytesAcked = sequence * 12_345_677
    info.bytesSent = sequence * 12_345_679
    info.bytesReceived = sequence * 12_345_671
    info.bytesRetransmitted = sequence * 1_237
    info.busyTime = sequence * 1_234_567
    info.receiveWindowLimited = sequence * 123_457
    info.sendBufferLimited = sequence * 12_347
    return info
  }
}
