package import SocketStates

/// Reports as JSON. Times are Unix seconds, durations seconds, sizes bytes.
///
/// As in the metrics, a state is there once it was seen, queues of bytes once there was a
/// connection, the accept queue once there was a listener, and counters where the source has them.
package enum ReportJSON {
  /// `/api/v1/groups`: every group with what is known of it, one object and a newline.
  package static func groups(_ report: Report) -> [UInt8] {
    document(report) { writeGroups(report, to: &$0) }
  }

  static func writeGroups(_ report: Report, to json: inout JSONWriter) {
    json.array("groups") { json in
      for group in report.groups { write(group, to: &json) }
    }
    json.key("unattributed")
    write(report.unattributed, seen: report.unattributedSeen, to: &json)
  }

  /// `/api/v1/leaks`: the groups that have sockets in CLOSE-WAIT, or in CLOSE after their connection has ended, the
  /// oldest of these one by one, and how near their processes are to the end of their descriptors.
  /// - Parameter showsAddresses: whether the client may see who is connected.
  package static func leaks(_ report: Report, showsAddresses: Bool) -> [UInt8] {
    let ended = report.waitingSockets.filter { $0.reason == .release }.map(\.socket)
    let stuckSockets = Dictionary(grouping: report.stuckSockets + ended, by: \.labels)
    return document(report) { json in
      json.array("leaks") { json in
        for group in report.groups where group.gauges.unclosed > 0 {
          write(
            leak: group, of: report, stuckSockets[group.labels] ?? [], showsAddresses, to: &json)
        }
      }
    }
  }

  /// `/api/v1/findings`: what was found on the host, and nothing else.
  /// - Parameter showsAddresses: whether the client may see who is connected.
  package static func findings(_ report: Report, showsAddresses: Bool) -> [UInt8] {
    document(report) { json in
      if !showsAddresses { json.member("addresses_hidden", true) }
      json.array("findings") { json in
        for finding in report.findings where finding.severity > .normal {
          FindingJSON.write(finding, showsAddresses: showsAddresses, to: &json)
        }
      }
    }
  }

  /// ``SocketListJSON`` in one.
  package static func sockets(_ report: Report, _ filter: SocketFilter, showsAddresses: Bool)
    -> [UInt8]
  {
    SocketListJSON(report, filter, showsAddresses: showsAddresses).reduce(into: []) { $0 += $1 }
  }

  static func document(_ report: Report, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("time", report.time)
      json.member("source", report.source.rawValue)
      if report.fullPollAge > 0 {
        json.member("full_poll_age_seconds", Double(report.fullPollAge) / 1000)
      }
      if report.isBeforeOwners { json.member("before_owners", true) }
      write(report.containers, to: &json)
      body(&json)
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  /// What the containers in the labels are called, by the label's text.
  static func write(_ containers: ContainerNames, to json: inout JSONWriter) {
    let all = containers.sorted
    guard !all.isEmpty else { return }
    json.object("containers") { json in
      for (label, name) in all {
        json.object(label) { json in
          json.member("runtime", name.runtime)
          let parts = [
            ("container", name.container), ("pod", name.pod), ("namespace", name.namespace),
            ("service", name.service), ("image", name.image),
          ]
          for (key, value) in parts where !value.isEmpty { json.member(key, value) }
        }
      }
    }
  }

  static func write(_ labels: GroupLabels, to json: inout JSONWriter) {
    json.member("process", labels.process)
    json.member("unit", labels.unit)
    json.member("direction", labels.direction.label)
    if let port = labels.port {
      json.member("port", port)
    } else {
      json.member("port", GroupLabels.otherPort)
    }
    if let pid = labels.pid { json.member("pid", pid) }
    if !labels.netns.isEmpty { json.member("netns", labels.netns) }
  }

  static func write(_ group: GroupReport, to json: inout JSONWriter) {
    let gauges = group.gauges
    json.object { json in
      write(group.labels, to: &json)
      if !group.isExposed { json.member("in_other", true) }
      json.key("sockets")
      write(gauges.sockets, seen: group.statesSeen, to: &json)
      if group.statesSeen.hasConnections {
        json.member("receive_queue_bytes", gauges.receiveQueue)
        json.member("send_queue_bytes", gauges.sendQueue)
        json.object("stalled") { json in
          for stall in Stall.allCases { json.member(stall.label, gauges.stalled[stall]) }
        }
      }
      if group.statesSeen.contains(.listen) {
        json.member("accept_queue_length", gauges.acceptQueueLength)
        if let limit = gauges.acceptQueueLimit { json.member("accept_queue_limit", limit) }
      }
      if gauges.deferredHandshakes > 0 {
        json.member("deferred_accept_sockets", gauges.deferredHandshakes)
      }
      if let age = gauges.closeWaitOldest {
        json.member("close_wait_oldest_age_seconds", Double(age) / 1e3)
      }
      if group.statesSeen.contains(.closeWait) {
        json.key("stuck")
        writeStuck(gauges, to: &json)
      }
      if let age = gauges.synSentOldest {
        json.member("syn_sent_oldest_age_seconds", Double(age) / 1e3)
      }
      if let counters = group.counters { write(counters, group.labels.direction, to: &json) }
    }
  }

  private static func write(
    _ counters: GroupCounters, _ direction: Direction, to json: inout JSONWriter
  ) {
    json.member("sent_segments", counters.sentSegments)
    json.member("retransmitted_segments", counters.retransmittedSegments)
    json.member("spurious_retransmissions", counters.spuriousRetransmissions)
    json.member("sent_bytes", counters.sentBytes)
    json.member("received_bytes", counters.receivedBytes)
    json.member("retransmitted_bytes", counters.retransmittedBytes)
    json.member("send_busy_seconds", Double(counters.sendBusy) / 1e3)
    json.object("send_limited_seconds") { json in
      json.member("receive_window", Double(counters.receiveWindowLimited) / 1e3)
      json.member("send_buffer", Double(counters.sendBufferLimited) / 1e3)
      json.member("network", Double(counters.networkLimited) / 1e3)
    }
    json.member("connections_opened", counters.opened)
    json.object("connections_ended") { json in
      for how in ConnectionEnd.allCases { json.member(how.label, counters.ended[how]) }
    }
    guard direction == .outbound else { return }
    json.object("connect_failures") { json in
      for failure in ConnectFailure.allCases where counters.tells(of: failure) {
        json.member(failure.label, counters.connectFailures[failure])
      }
    }
  }

  private static func writeStuck(_ gauges: GroupGauges, to json: inout JSONWriter) {
    json.object { json in
      for cause in CloseWaitCause.allCases { json.member(cause.label, gauges.stuck[cause]) }
    }
  }

  private static func write(
    leak group: GroupReport, of report: Report, _ oldest: [SocketReport], _ showsAddresses: Bool,
    to json: inout JSONWriter
  ) {
    json.object { json in
      write(group.labels, to: &json)
      json.member("close_wait", group.gauges.sockets[.closeWait])
      json.member("close", group.gauges.closedHeld)
      let oldestAge = max(group.gauges.closeWaitOldest ?? 0, group.gauges.closedOldest ?? 0)
      json.member("oldest_age_seconds", Double(oldestAge) / 1e3)
      json.key("stuck")
      writeStuck(group.gauges, to: &json)
      let owner = report.descriptors.first {
        $0.process == group.labels.process && $0.unit == group.labels.unit
      }
      if let owner {
        json.member("open_fds", owner.open)
        json.member("max_fds", owner.limit)
      }
      json.array("oldest") { json in
        for socket in oldest {
          json.object { write(socket, showsAddresses, to: &$0) }
        }
      }
    }
  }

  static func write(
    _ socket: SocketReport, _ showsAddresses: Bool, to json: inout JSONWriter
  ) {
    write(socket.labels, to: &json)
    if socket.labels.pid != nil {
      json.member("pid_is_label", true)
    } else if socket.pid != 0 {
      json.member("pid", socket.pid)
    }
    if let descriptor = socket.descriptor { json.member("fd", descriptor) }
    if socket.holders.count > 1 {
      json.array("holders") { json in
        for holder in socket.holders {
          json.object { json in
            json.member("process", holder.process)
            json.member("pid", holder.pid)
            if let descriptor = holder.descriptor { json.member("fd", descriptor) }
          }
        }
      }
    }
    json.member("state", socket.state.label)
    // Of one that is in no table they may not be known.
    if showsAddresses, socket.local.port != 0 || socket.remote.port != 0 {
      json.member("local", socket.localText)
      json.member("remote", socket.remoteText)
    }
    json.member("age_seconds", Double(socket.age) / 1e3)
    if socket.isAgeAtLeast { json.member("age_is_lower_bound", true) }
    if let stall = socket.stall { json.member("stall_reason", stall.label) }
    if let stalledFor = socket.stalledFor {
      json.member("stalled_seconds", Double(stalledFor) / 1e3)
      if socket.isStalledAtLeast { json.member("stalled_is_lower_bound", true) }
    }
    if let rate = socket.rate { json.member("bytes_per_second", rate) }
    if socket.hasWaitingPeer { json.member("peer_waits", true) }
    if let cause = socket.cause { json.member("cause", cause.label) }
    json.member("receive_queue", socket.receiveQueue)
    json.member("send_queue", socket.sendQueue)
    if let sent = socket.sentBytes { json.member("sent_bytes", sent) }
    if let received = socket.receivedBytes { json.member("received_bytes", received) }
  }

  private static func write(
    _ counts: StateCounts, seen: TCPStateSet, to json: inout JSONWriter
  ) {
    json.object { json in
      for state in TCPState.allCases where seen.contains(state) {
        json.member(state.label, counts[state])
      }
    }
  }
}
