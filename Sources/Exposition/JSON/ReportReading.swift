package import SocketStates

/// Why an answer is no report of ours.
package struct ReportReadingError: Error, CustomStringConvertible {
  package var description: String
}

/// Reads back what ``ReportJSON`` has written: how a command learns what a daemon knows. Names that it
/// does not know are passed over, so that a newer daemon can be asked.
package enum ReportReading {
  /// A report from the answer of `/api/v1/report`, and whether it says who is connected.
  /// - Parameter list: the answer of `/api/v1/sockets`, if it was asked for.
  package static func report(_ bytes: [UInt8], sockets list: [UInt8]? = nil)
    throws(ReportReadingError) -> (report: Report, showsAddresses: Bool)
  {
    let json = try value(bytes)
    guard let time = json["time"]?.double,
      let source = json["source"]?.text.flatMap(SourceName.init)
    else { throw ReportReadingError(description: "no report: time or source is missing") }
    var own = NamespaceReport(netns: "", host: json["host"].map(host))
    own.trackedSockets = json["tracked_sockets"]?.integer() ?? 0
    own.groupsRefused = json["groups_refused"]?.integer() ?? 0
    read(json["unattributed"], into: &own.unattributed, seen: &own.unattributedSeen)
    for group in json["groups"]?.elements ?? [] { own.groups.append(try self.group(group)) }
    for stuckSocket in json["stuckSockets"]?.elements ?? [] {
      let socket = try socket(stuckSocket)
      guard let cause = socket.cause else { continue }
      own.stuckSockets.append(StuckSocket(socket: socket, cause: cause))
    }
    for listener in json["full_listeners"]?.elements ?? [] {
      own.fullListeners.append(try socket(listener))
    }
    own.destinations = (json["destinations"]?.elements ?? []).compactMap(destination)
    own.ephemeralPorts = (json["ephemeral_ports"]?.elements ?? []).compactMap(ephemeralPorts)
    own.sockets = try list.map { list throws(ReportReadingError) in try sockets(list) }
    let others = (json["namespaces"]?.elements ?? []).map { space in
      NamespaceReport(netns: space["netns"]?.text ?? "", host: host(space))
    }
    let report = Report(
      sequence: json["sequence"]?.integer() ?? 0, time: time, source: source,
      namespaces: [own] + others,
      descriptors: (json["descriptors"]?.elements ?? []).compactMap(descriptors))
    return (report, json["destinations"] != nil)
  }

  /// The sockets of the answer of `/api/v1/sockets`.
  package static func sockets(_ bytes: [UInt8]) throws(ReportReadingError) -> [SocketReport] {
    var sockets: [SocketReport] = []
    for socket in try value(bytes)["sockets"]?.elements ?? [] {
      sockets.append(try self.socket(socket))
    }
    return sockets
  }

  private static func value(_ bytes: [UInt8]) throws(ReportReadingError) -> JSONValue {
    do throws(JSONError) {
      return try JSONReader.read(bytes)
    } catch {
      throw ReportReadingError(description: "no JSON: \(error)")
    }
  }

  private static func labels(_ json: JSONValue) throws(ReportReadingError) -> GroupLabels {
    guard let process = json["process"]?.text, let unit = json["unit"]?.text,
      let direction = Direction.allCases.first(where: { $0.label == json["direction"]?.text })
    else { throw ReportReadingError(description: "a group without process, unit or direction") }
    return GroupLabels(
      process: process, unit: unit, direction: direction, port: json["port"]?.integer(),
      pid: json["pid"]?.integer(), netns: json["netns"]?.text ?? "")
  }

  private static func read(
    _ json: JSONValue?, into counts: inout StateCounts, seen: inout TCPStateSet
  ) {
    for state in TCPState.allCases {
      guard let count: UInt32 = json?[state.label]?.integer() else { continue }
      counts[state] = count
      seen.formUnion(TCPStateSet(state))
    }
  }

  private static func group(_ json: JSONValue) throws(ReportReadingError) -> GroupReport {
    var group = GroupReport(labels: try labels(json), statesSeen: [])
    read(json["sockets"], into: &group.gauges.sockets, seen: &group.statesSeen)
    group.gauges.receiveQueue = json["receive_queue_bytes"]?.integer() ?? 0
    group.gauges.sendQueue = json["send_queue_bytes"]?.integer() ?? 0
    group.gauges.acceptQueueLength = json["accept_queue_length"]?.integer() ?? 0
    group.gauges.acceptQueueLimit = json["accept_queue_limit"]?.integer() ?? 0
    group.gauges.closeWaitOldest = json["close_wait_oldest_age_seconds"]?.milliseconds
    group.gauges.synSentOldest = json["syn_sent_oldest_age_seconds"]?.milliseconds
    for stall in Stall.allCases {
      group.gauges.stalled[stall] = json["stalled"]?[stall.label]?.integer() ?? 0
    }
    for cause in CloseWaitCause.allCases {
      group.gauges.stuck[cause] = json["stuck"]?[cause.label]?.integer() ?? 0
    }
    group.counters = counters(json)
    return group
  }

  private static func counters(_ json: JSONValue) -> GroupCounters? {
    guard let sent: UInt64 = json["sent_segments"]?.integer() else { return nil }
    var counters = GroupCounters()
    counters.sentSegments = sent
    counters.retransmittedSegments = json["retransmitted_segments"]?.integer() ?? 0
    counters.sentBytes = json["sent_bytes"]?.integer() ?? 0
    counters.receivedBytes = json["received_bytes"]?.integer() ?? 0
    counters.retransmittedBytes = json["retransmitted_bytes"]?.integer() ?? 0
    counters.sendBusy = json["send_busy_seconds"]?.counted ?? 0
    let limited = json["send_limited_seconds"]
    counters.receiveWindowLimited = limited?["receive_window"]?.counted ?? 0
    counters.sendBufferLimited = limited?["send_buffer"]?.counted ?? 0
    for failure in ConnectFailure.allCases {
      counters.connectFailures[failure] = json["connect_failures"]?[failure.label]?.integer() ?? 0
    }
    return counters
  }

  private static func socket(_ json: JSONValue) throws(ReportReadingError) -> SocketReport {
    guard let state = TCPState.allCases.first(where: { $0.label == json["state"]?.text }) else {
      throw ReportReadingError(description: "a socket without state")
    }
    let nowhere = Endpoint(address: .anyIPv6, port: 0)
    var labels = try labels(json)
    let pid: Int32? = labels.pid
    if json["pid_is_label"] != .bool(true) { labels.pid = nil }
    var socket = SocketReport(
      labels: labels, pid: pid ?? 0, descriptor: json["fd"]?.integer(), state: state,
      local: json["local"]?.text.flatMap(Endpoint.init) ?? nowhere,
      remote: json["remote"]?.text.flatMap(Endpoint.init) ?? nowhere,
      age: json["age_seconds"]?.milliseconds ?? 0,
      stall: Stall.allCases.first { $0.label == json["stall_reason"]?.text },
      receiveQueue: json["receive_queue"]?.integer() ?? 0,
      sendQueue: json["send_queue"]?.integer() ?? 0, inode: 0)
    socket.cause = CloseWaitCause.allCases.first { $0.label == json["cause"]?.text }
    return socket
  }

  private static func host(_ json: JSONValue) -> HostCounters {
    var counters = HostCounters()
    counters.listenDrops = json["listen_drops"]?.integer()
    counters.listenOverflows = json["listen_overflows"]?.integer()
    counters.establishedResets = json["established_resets"]?.integer()
    counters.resetsSent = json["resets_sent"]?.integer()
    return counters
  }

  private static func destination(_ json: JSONValue) -> DestinationReport? {
    guard let destination = json["destination"]?.text.flatMap(Endpoint.init) else { return nil }
    var report = DestinationReport(
      destination: destination, synSent: json["syn_sent"]?.integer() ?? 0,
      timeWait: json["time_wait"]?.integer() ?? 0)
    report.netns = json["netns"]?.text ?? ""
    return report
  }

  private static func ephemeralPorts(_ json: JSONValue) -> EphemeralPortsReport? {
    guard let source = json["source"]?.text.flatMap(Address.init),
      let destination = json["destination"]?.text.flatMap(Endpoint.init),
      let used: Int = json["used"]?.integer(), let limit: Int = json["limit"]?.integer()
    else { return nil }
    var report = EphemeralPortsReport(
      source: source, destination: destination, used: used, limit: limit)
    report.netns = json["netns"]?.text ?? ""
    return report
  }

  private static func descriptors(_ json: JSONValue) -> DescriptorReport? {
    guard let process = json["process"]?.text, let unit = json["unit"]?.text,
      let open: Int = json["open"]?.integer(), let limit: UInt64 = json["limit"]?.integer()
    else { return nil }
    return DescriptorReport(process: process, unit: unit, open: open, limit: limit)
  }
}

extension JSONValue {
  /// Seconds as ms; nil where it is no number that can be.
  fileprivate var milliseconds: Int64? {
    guard let seconds = double, seconds >= 0, seconds < 1e15 else { return nil }
    return Int64((seconds * 1000).rounded())
  }

  fileprivate var counted: UInt64? { milliseconds.map(UInt64.init) }
}
