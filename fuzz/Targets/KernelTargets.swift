import Exposition
import LinuxSockets
import SocketStates

/// What the kernel says, and what other users have it say.
enum KernelTargets {
  private static let build = BuildInfo(version: "0", revision: "", swiftVersion: "")
  /// `SOCK_DIAG_BY_FAMILY` (`include/uapi/linux/sock_diag.h`).
  private static let sockDiagByFamily: UInt16 = 20

  static func netlink(_ bytes: [UInt8]) throws {
    let rows = dumped(bytes)
    var tracker = SocketTracker()
    tracker.ephemeralPorts = EphemeralPorts(ports: 32_768...60_999)
    // A socket that comes in the second poll, ends before the third, or changes its source.
    try poll(&tracker, rows.span.extracting(first: rows.count / 2), 1, .sockDiag)
    try poll(&tracker, rows.span, 2, .sockDiag)
    _ = DestroyEvents.decode(bytes.span.bytes) { tracker.absorb(destroyed: $0) }
    try poll(&tracker, rows.span.extracting(last: rows.count / 2), 3, .sockDiag)
    try poll(&tracker, rows.span, 4, .procfs)
    try write(try poll(&tracker, rows.span, 5, .sockDiag))
  }

  static func procNetTCP(_ bytes: [UInt8]) throws {
    let whole = parsed(bytes, by: max(bytes.count, 1))
    let pieces = parsed(bytes, by: Int(bytes.first ?? 0) + 1)
    try Finding.unless(
      whole.rows.count == pieces.rows.count && whole.skipped == pieces.skipped,
      "\(whole.rows.count) rows at once, \(pieces.rows.count) in pieces")
    var tracker = SocketTracker()
    for number in 1...2 as ClosedRange<Int64> {
      try write(try poll(&tracker, whole.rows.span, number, .procfs))
    }
  }

  static func procHost(_ bytes: [UInt8]) throws {
    var counters = HostCounters()
    counters.apply(snmp: bytes.span)
    counters.apply(netstat: bytes.span)
    counters.apply(sockstat: bytes.span)
    _ = ProcStat.bootTime(bytes.span)
    _ = ProcNetProtocols.mptcpSockets(bytes.span)
    _ = MountInfo.mountPoint(of: "cgroup2", bytes.span)
    _ = MountInfo.mountPoint(of: "cgroup", option: "freezer", bytes.span)
    _ = ProcessDescriptorsReader.softLimit(bytes.span)
    _ = ProcPidFd.socketInode(bytes.span)
    let files = parts(bytes, 2)
    let (range, reserved) = (files[0], files[1])
    if let ports = EphemeralPorts(range: range.span, reserved: reserved.span) {
      try Finding.unless(
        (0...ports.ports.count).contains(ports.available), "\(ports)")
    }
  }

  static func conntrack(_ bytes: [UInt8]) throws {
    let remote = Endpoint(address: Address(ipv4: 0x0a60_000a), port: 80)
    if let found = ProcNetNfConntrack.destination(of: nil, remote, in: bytes.span) {
      try Finding.unless(!found.isSame(as: remote), "\(found) is no translation")
    }
  }

  static func cgroup(_ bytes: [UInt8]) throws {
    _ = CgroupUnit.unit(cgroupFile: bytes.span)
    _ = CgroupPath.path(in: "", cgroupFile: bytes.span)
    _ = CgroupPath.path(in: "freezer", cgroupFile: bytes.span)
    _ = CgroupUnit.unit(path: String(decoding: bytes, as: UTF8.self))
  }

  static func process(_ bytes: [UInt8]) throws {
    _ = ProcessStat(bytes.span)
    let files = parts(bytes, 3)
    let commandLine = files[2]
    let facts = ProcessFacts(
      identity: ProcessIdentity(pid: 1, startTime: 1),
      executable: String(decoding: files[0], as: UTF8.self),
      command: String(decoding: files[1], as: UTF8.self),
      arguments: ProcessFacts.arguments(cmdline: commandLine.span))
    try Finding.unless(
      (1...ProcessFacts.longestName).contains(facts.name.unicodeScalars.count),
      "a name “\(facts.name)”")
  }

  static func kernelCounters(_ bytes: [UInt8]) throws {
    if let file = try? KernelCounterFile(.counters, bytes) {
      var tracker = SocketTracker()
      let none: [SocketRow] = []
      try poll(&tracker, none.span, 1, .sockDiag)
      for counter in file.counters {
        guard let event = counter.key.event else { continue }
        let owner = counter.key.process.identity.map { Owner(identity: $0, name: "p", unit: "") }
        tracker.count(
          SocketTracker.KernelCount(
            event, counter.count, owner: owner, counter.key.side, port: counter.key.port))
      }
      try write(try poll(&tracker, none.span, 2, .sockDiag))
    }
    if let file = try? KernelCounterFile(.groups, bytes) {
      var tracker = SocketTracker()
      let none: [SocketRow] = []
      for number in 1...3 as ClosedRange<Int64> {
        for group in file.groups {
          tracker.count(
            SocketTracker.KernelCount(
              .connections(group.connections), 1, owner: nil, group.key.side, port: group.key.port))
          _ = group.connections.subtracting(KernelConnections())
        }
        try write(try poll(&tracker, none.span, number, .sockDiag))
      }
    }
    if let file = try? KernelCounterFile(.endings, bytes) {
      let endings = Dictionary(
        file.endings.map { ($0.cookie, $0.socket) }, uniquingKeysWith: { $1 })
      var tracker = SocketTracker()
      tracker.kernelCountsConnections = true
      tracker.recorder = FlightRecorder(keep: 8, log: .none)
      let none: [SocketRow] = []
      try poll(&tracker, none.span, 1, .sockDiag)
      for cookie in endings.keys {
        var row = SocketRow()
        row.cookie = cookie
        row.state = .close
        row.hasInfo = true
        tracker.absorb(destroyed: row)
      }
      try write(try poll(&tracker, none.span, 2, .sockDiag) { cookie, _ in endings[cookie] })
    }
    if let file = try? KernelCounterFile(.orphans, bytes) { try orphans(file) }
    if let file = try? KernelCounterFile(.descriptors, bytes) {
      for number in KernelDescriptors.tables(of: file, search: 1).known.keys {
        try Finding.unless(number > 0, "a table of number \(number)")
      }
    }
    guard let file = try? KernelCounterFile(.processes, bytes) else { return }
    for process in file.processes {
      let identity = ProcessIdentity(pid: 1, startTime: 1)
      let name = process.facts(process.key.identity ?? identity, unit: "").name
      try Finding.unless(
        (1...ProcessFacts.longestName).contains(name.unicodeScalars.count), "a name “\(name)”")
    }
  }

  /// Sockets that are there and that nobody holds: the file says whose each is, which is not asked of one that has ended.
  private static func orphans(_ file: KernelCounterFile) throws {
    var orphans: [UInt64: EndedSocket] = [:]
    for orphan in file.endings where orphan.cookie != 0 {
      var socket = orphan.socket
      socket.owner = orphan.process.identity.map { Owner(identity: $0, name: "p", unit: "") }
      orphans[orphan.cookie] = socket
    }
    var rows: [SocketRow] = []
    for cookie in orphans.keys {
      var row = SocketRow()
      row.cookie = cookie
      row.local = Endpoint(address: Address(ipv4: 0x7f00_0001), port: 40_000)
      row.remote = Endpoint(address: Address(ipv4: 0x7f00_0001), port: 80)
      row.state = .finWait2
      row.hasInfo = true
      rows.append(row)
    }
    var tracker = SocketTracker()
    tracker.kernelCountsConnections = true
    let none: [SocketRow] = []
    try poll(&tracker, none.span, 1, .sockDiag)
    var asked: Set<UInt64> = []
    try write(
      try poll(&tracker, rows.span, 2, .sockDiag) { cookie, isThere in
        if isThere { asked.insert(cookie) }
        return isThere ? orphans[cookie] : nil
      })
    try Finding.unless(
      asked == Set(orphans.keys), "\(asked.count) of \(orphans.count) sockets that nobody holds")
    for row in rows { tracker.absorb(destroyed: row) }
    try write(try poll(&tracker, none.span, 3, .sockDiag))
  }

  static func containers(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    let names: [ContainerName?] =
      [
        KubeletLogs.container(fileName: text)?.name, KubeletLogs.pod(directory: text)?.name,
        KubeletLogs.container(runtimeName: text), DockerContainerFile.name(bytes),
        ContainerBundle.name(bytes),
      ] + StoredContainer.all(bytes).map(\.name)
    _ = ContainerLabel(text)
    _ = DockerDaemonFile.dataRoot(bytes)
    for case let name? in names {
      try Finding.unless(
        name.text.utf8.count <= 3 * 120 + 2 && name.text.unicodeScalars.allSatisfy(\.isVisible),
        "a name “\(name.text)”")
    }
  }

  /// The rows of a stream of messages, each taken for the dump's own; and of the datagram as a whole.
  private static func dumped(_ bytes: [UInt8]) -> ContiguousArray<SocketRow> {
    var rows = ContiguousArray<SocketRow>()
    var messages = NetlinkMessages()
    var isFirst = true
    while let (header, payload) = try? messages.next(in: bytes.span.bytes) {
      var dump = SockDiagDump(
        sequence: header.sequence, port: header.port, messageType: sockDiagByFamily)
      if isFirst {
        var ignored = ContiguousArray<SocketRow>()
        var whole = dump
        _ = try? whole.decode(bytes.span.bytes, into: &ignored)
        isFirst = false
      }
      let message = payload.lowerBound - 16..<payload.upperBound
      _ = try? dump.decode(bytes.span.bytes.extracting(message), into: &rows)
    }
    return rows
  }

  private static func parsed(_ bytes: [UInt8], by size: Int) -> (
    rows: ContiguousArray<SocketRow>, skipped: UInt64
  ) {
    var parser = ProcNetTCP()
    var rows = ContiguousArray<SocketRow>()
    for start in stride(from: 0, to: bytes.count, by: size) {
      parser.consume(
        bytes.span.extracting(start..<min(start + size, bytes.count)), into: &rows)
    }
    parser.finish(into: &rows)
    return (rows, parser.linesSkipped)
  }

  /// One poll, a minute after the one before: every other socket with an owner.
  @discardableResult
  private static func poll(
    _ tracker: inout SocketTracker, _ rows: Span<SocketRow>, _ number: Int64, _ source: SourceName,
    ended: (UInt64, Bool) -> EndedSocket? = { _, _ in nil }
  ) throws -> Report {
    let pending = tracker.update(
      from: source, at: 1_000_000 + number * 60_000, listsSockets: true
    ) { $0(rows) }
    var holders = HolderTable()
    for inode in Set(tracker.request(for: pending)?.inodes ?? [])
    where !inode.isMultiple(of: 2) {
      let identity = ProcessIdentity(pid: Int32(inode % 7), startTime: 1)
      let owner = holders.add(Owner(identity: identity, name: "p\(inode % 5)", unit: ""))
      holders.add(inode, heldBy: owner)
    }
    var host = HostCounters()
    host.segmentsRetransmitted = UInt64(number) * 1000
    let namespace = tracker.attribute(pending, to: holders, host: host, ended: ended)
    let report = Report(
      sequence: UInt64(number), time: 1_700_000_000, source: source, namespaces: [namespace])
    let counted = report.groups.reduce(UInt64(0)) { $0 + $1.gauges.sockets.total }
    try Finding.unless(
      counted == UInt64(report.trackedSockets),
      "\(counted) sockets in groups, \(report.trackedSockets) tracked")
    return report
  }

  /// Writes the report in every form there is.
  private static func write(_ report: Report) throws {
    var exposition = TextExposition(build: build)
    var text: [UInt8] = []
    for format in ExpositionFormat.allCases {
      exposition.render(report, as: format, into: &text)
      try Finding.unless(
        text.last == UInt8(ascii: "\n") && String(validating: text, as: UTF8.self) != nil,
        "the text is none")
    }
    _ = SnapshotTable.render(report)
    _ = ReportJSON.groups(report)
    _ = ReportJSON.leaks(report, showsAddresses: true)
    _ = ReportJSON.sockets(report, SocketFilter(), showsAddresses: true)
  }
}
