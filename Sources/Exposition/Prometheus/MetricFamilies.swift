internal import SocketStates

extension MetricFamily {
  /// Every metric, in the order in which they are written.
  package static let all = groups + counters + ports + host + about + http + process

  /// The names that `metrics.disable` may hold.
  package static let knownNames = Set(all.compactMap(\.shortName))

  private static let groups: [MetricFamily] = [
    .group(
      "sockets", .gauge, "TCP sockets now in this state.", [GroupLine]("state", \TCPState.label)
    ) { groups, index, samples in
      for state in TCPState.allCases where groups[index].statesSeen.contains(state) {
        samples.add(UInt64(groups[index].gauges.sockets[state]), line: Int(state.rawValue))
      }
    },
    .group(
      "receive_queue_bytes", .gauge, "Bytes received and not yet read by the process."
    ) { groups, index, samples in
      if groups[index].statesSeen.hasConnections { samples.add(groups[index].gauges.receiveQueue) }
    },
    .group(
      "send_queue_bytes", .gauge, "Bytes written by the process and unsent or unacknowledged."
    ) { groups, index, samples in
      if groups[index].statesSeen.hasConnections { samples.add(groups[index].gauges.sendQueue) }
    },
    .group(
      "accept_queue_length", .gauge, "Connections waiting for accept()."
    ) { groups, index, samples in
      if groups[index].statesSeen.contains(.listen) {
        samples.add(groups[index].gauges.acceptQueueLength)
      }
    },
    .group(
      "accept_queue_limit", .gauge, "Connections that may wait for accept()."
    ) { groups, index, samples in
      if groups[index].statesSeen.contains(.listen) {
        samples.add(groups[index].gauges.acceptQueueLimit)
      }
    },
    .group(
      "close_wait_oldest_age_seconds", .gauge,
      "How long the oldest CLOSE-WAIT has been waiting for its own process to close it.",
      [GroupLine(unit: .milliseconds)]
    ) { groups, index, samples in
      if groups[index].statesSeen.contains(.closeWait) {
        samples.add(UInt64(clamping: groups[index].gauges.closeWaitOldest ?? 0))
      }
    },
    .group(
      "close_wait_stuck_sockets", .gauge,
      "CLOSE-WAIT sockets older than close_wait.stuck_after, by why they stay.",
      [GroupLine]("cause", \CloseWaitCause.label)
    ) { groups, index, samples in
      for cause in CloseWaitCause.allCases where groups[index].causesSeen.contains(cause) {
        samples.add(groups[index].gauges.stuck[cause], line: cause.rawValue)
      }
    },
    .group(
      "stalled_sockets", .gauge,
      "Connected sockets that make no progress now, by what they wait for.",
      [GroupLine]("reason", \Stall.label)
    ) { groups, index, samples in
      for stall in Stall.allCases where groups[index].stallsSeen.contains(stall) {
        samples.add(groups[index].gauges.stalled[stall], line: stall.rawValue)
      }
    },
    .group(
      "syn_sent_oldest_age_seconds", .gauge,
      "How long the longest-waiting connect has been waiting.", [GroupLine(unit: .milliseconds)]
    ) { groups, index, samples in
      if groups[index].statesSeen.contains(.synSent) {
        samples.add(UInt64(clamping: groups[index].gauges.synSentOldest ?? 0))
      }
    },
  ]

  private static let counters: [MetricFamily] = [
    .counter("sent_segments_total", "Segments with payload sent, retransmissions included.") {
      $0[$1].counters?.sentSegments
    },
    .counter(
      "retransmitted_segments_total",
      "Segments retransmitted; what no socket accounts for is in the group unknown."
    ) { $0[$1].counters?.retransmittedSegments },
    .counter("sent_bytes_total", "Payload bytes sent, retransmissions included.") {
      $0[$1].counters?.sentBytes
    },
    .counter("received_bytes_total", "Payload bytes received, a FIN counting as one.") {
      $0[$1].counters?.receivedBytes
    },
    .counter("retransmitted_bytes_total", "Payload bytes retransmitted.") {
      $0[$1].counters?.retransmittedBytes
    },
    .counter(
      "send_busy_seconds_total", "Time that sockets had data to send.", in: .milliseconds
    ) { $0[$1].counters?.sendBusy },
    .group(
      "send_limited_seconds_total", .counter,
      "Of the busy time: held up by the peer that does not read (receive_window), by a small send buffer (send_buffer), by path and congestion (network).",
      ["receive_window", "send_buffer", "network"].map {
        GroupLine(label: ("limit", $0), unit: .milliseconds)
      }
    ) { groups, index, samples in
      guard let counters = groups[index].counters else { return }
      samples.add(counters.receiveWindowLimited, line: 0)
      samples.add(counters.sendBufferLimited, line: 1)
      samples.add(counters.networkLimited, line: 2)
    },
    .group(
      "connect_failures_total", .counter,
      "Outbound connects that never got through: refused, unanswered, or abandoned by the process.",
      [GroupLine]("reason", \ConnectFailure.label)
    ) { groups, index, samples in
      guard let counters = groups[index].counters, groups[index].labels.direction == .outbound
      else { return }
      for failure in ConnectFailure.allCases {
        samples.add(counters.connectFailures[failure], line: failure.rawValue)
      }
    },
    .group(
      "rtt_seconds", .histogram,
      "Smoothed round-trip time of sockets that moved data since the previous poll.", .rtt
    ) { groups, index, samples in
      if let rtt = groups[index].counters?.rtt, rtt.count > 0 { samples.add(rtt) }
    },
  ]

  private static let ports: [MetricFamily] = [
    .daemon(
      "mptcp_sockets", .gauge,
      "MPTCP sockets now in this state; their subflows are in sockstate_sockets."
    ) { report, _, writer in
      for space in report.namespaces {
        guard let counts = space.mptcp else { continue }
        for state in TCPState.allCases where space.mptcpSeen.contains(state) {
          writer.sample([("state", state.label)] + space.netns.asNamespaceLabel, counts[state])
        }
      }
    },
    .daemon(
      "findings", .gauge,
      "1 while the daemon finds this in the group, then 0 for limits.linger: docs/findings.md."
    ) { report, _, writer in
      for series in report.findingSeries {
        writer.sample(series.metricLabels, series.stands ? 1 : 0)
      }
    },
    .daemon(
      "destination_sockets", .gauge,
      "SYN-SENT and TIME-WAIT sockets of the destinations that have the most of them."
    ) { report, _, writer in
      for destination in report.destinations {
        let text = destination.destination.description
        let counts = [(TCPState.synSent, destination.synSent), (.timeWait, destination.timeWait)]
        for (state, count) in counts {
          writer.sample(
            [("destination", text), ("state", state.label)] + destination.netns.asNamespaceLabel,
            count)
        }
      }
    },
    .daemon(
      "ephemeral_ports_used", .gauge,
      "Ephemeral ports in use from a source address to a destination, TIME-WAIT included."
    ) { report, _, writer in
      for tuple in report.ephemeralPorts { writer.sample(tuple.labels, tuple.used) }
    },
    .daemon(
      "ephemeral_ports_limit", .gauge,
      "Ephemeral ports that ip_local_port_range and ip_local_reserved_ports leave."
    ) { report, _, writer in
      for tuple in report.ephemeralPorts { writer.sample(tuple.labels, tuple.limit) }
    },
    .daemon(
      "process_open_fds", .gauge,
      "Open file descriptors of the same-named process closest to its limit."
    ) { report, _, writer in
      for process in report.descriptors { writer.sample(process.labels, process.open) }
    },
    .daemon(
      "process_max_fds", .gauge, "The soft limit of open descriptors of the same process."
    ) { report, _, writer in
      for process in report.descriptors { writer.sample(process.labels, process.limit) }
    },
  ]

  private static let host: [MetricFamily] = [
    .host("segments_sent_total", .counter, "Segments sent (Tcp OutSegs).") { $0.segmentsSent },
    .host(
      "segments_retransmitted_total", .counter, "Segments retransmitted (Tcp RetransSegs)."
    ) { $0.segmentsRetransmitted },
    .host(
      "syn_retransmitted_total", .counter,
      "SYN and SYN-ACK segments retransmitted (TcpExt TCPSynRetrans)."
    ) { $0.synRetransmitted },
    .host(
      "connect_failures_total", .counter, "Failed connection attempts (Tcp AttemptFails)."
    ) { $0.connectFailures },
    .host(
      "established_resets_total", .counter,
      "Connections that ended by a reset, received or sent, or by a time-out (Tcp EstabResets)."
    ) { $0.establishedResets },
    .host("resets_sent_total", .counter, "Resets sent (Tcp OutRsts).") { $0.resetsSent },
    .host(
      "listen_overflows_total", .counter,
      "Connections dropped because an accept queue was full (TcpExt ListenOverflows)."
    ) { $0.listenOverflows },
    .host(
      "listen_drops_total", .counter,
      "Connections dropped by listeners for any reason (TcpExt ListenDrops)."
    ) { $0.listenDrops },
    .host(
      "retransmission_timeouts_total", .counter,
      "Retransmission timers that fired (TcpExt TCPTimeouts)."
    ) { $0.retransmissionTimeouts },
    .daemon(
      "host_aborts_total", .counter,
      "Connections that this host aborted, by reason (TcpExt TCPAbortOnData, …OnClose, …OnMemory, …OnTimeout, …OnLinger, TCPAbortFailed)."
    ) { report, _, writer in
      for space in report.namespaces {
        for reason in AbortReason.allCases {
          guard let value = space.host?.aborts[reason] else { continue }
          writer.sample([("reason", reason.rawValue)] + space.netns.asNamespaceLabel, value)
        }
      }
    },
    .host(
      "orphaned_sockets", .gauge, "Sockets that no process holds, TIME-WAIT not included."
    ) { $0.orphanedSockets },
    .host("time_wait_sockets", .gauge, "Sockets in TIME-WAIT.") { $0.timeWaitSockets },
    .host(
      "time_wait_limit", .gauge, "Sockets that may be in TIME-WAIT (net.ipv4.tcp_max_tw_buckets)."
    ) { $0.timeWaitLimit },
  ]

  private static let about: [MetricFamily] = [
    .daemon("build_info", .info, "What was built, with the value 1.") { _, build, writer in
      writer.sample(
        [
          ("version", build.version), ("revision", build.revision),
          ("swift_version", build.swiftVersion),
        ], 1)
    },
    .daemon("source_info", .gauge, "1 for the source in use, else 0.") { report, _, writer in
      for source in SourceName.allCases {
        writer.sample("source", source.rawValue, report.source == source ? 1 : 0)
      }
    },
    .daemon(
      "poll_duration_seconds", .histogram, "How long the polls took that were published."
    ) { report, _, writer in writer.histogram(report.daemon.pollDuration) },
    .daemon(
      "poll_cpu_seconds_total", .counter, "CPU time of the poll thread, user and system."
    ) { report, _, writer in writer.sample(report.daemon.pollCPUSeconds) },
    .daemon(
      "poll_interval_seconds", .gauge,
      "Time from one poll to the next: poll.interval, or longer to keep within poll.max_cpu."
    ) { report, _, writer in
      if let interval = report.daemon.pollInterval { writer.sample(interval) }
    },
    .daemon(
      "polls_total", .counter,
      "Polls: success, fallback (procfs stood in for sock_diag) or failure (nothing published)."
    ) { report, _, writer in
      for result in PollResult.allCases {
        writer.sample("result", result.rawValue, report.daemon.polls[result] ?? 0)
      }
    },
    .daemon(
      "last_poll_timestamp_seconds", .gauge, "Unix time of the end of the last published poll."
    ) { report, _, writer in writer.sample(report.time) },
    .daemon("tracked_sockets", .gauge, "Sockets of the last poll.") { report, _, writer in
      writer.sample(report.trackedSockets)
    },
    .daemon(
      "unattributed_sockets", .gauge, "Sockets whose owner is not known."
    ) { report, _, writer in
      for state in TCPState.allCases where report.unattributedSeen.contains(state) {
        writer.sample("state", state.label, report.unattributed[state])
      }
    },
    .daemon(
      "destroy_events_total", .counter, "Events received of sockets that the kernel freed."
    ) { report, _, writer in
      if let value = report.daemon.destroyEvents { writer.sample(value) }
    },
    .daemon(
      "destroy_events_lost_total", .counter,
      "Times that the kernel dropped such events because the buffer was full."
    ) { report, _, writer in
      if let value = report.daemon.destroyEventsLost { writer.sample(value) }
    },
    .daemon(
      "procfs_lines_skipped_total", .counter,
      "Lines of /proc/net/tcp and tcp6 that could not be read."
    ) { report, _, writer in writer.sample(report.daemon.procfsLinesSkipped) },
    .daemon(
      "namespaces", .gauge, "Network namespaces that are watched, the daemon's own included."
    ) { report, _, writer in writer.sample(report.daemon.namespaces) },
    .daemon("groups", .gauge, "Groups exposed.") { report, _, writer in
      writer.sample(report.groups.count)
    },
    .daemon(
      "groups_refused_total", .counter,
      "How often a new group was counted in the group other because the budget was spent."
    ) { report, _, writer in writer.sample(report.groupsRefused) },
    .daemon(
      "config_last_reload_successful", .gauge, "Whether the last reload of the config succeeded."
    ) { report, _, writer in writer.sample(report.daemon.configReloadSuccessful ? 1 : 0) },
  ]

  private static let http: [MetricFamily] = [
    .http("requests_total", .counter, "Requests answered, by status code.") { http, writer in
      for (code, count) in http.requests.sorted(by: { $0.key < $1.key }) {
        writer.sample("code", String(code), count)
      }
    },
    .http("requests_in_flight", .gauge, "Requests that are being answered.") {
      $1.sample($0.requestsInFlight)
    },
    .http(
      "requests_rejected_total", .counter, "Requests answered with 503: too many were in flight."
    ) { $1.sample($0.requestsRejected) },
    .http("connections", .gauge, "Open connections of scrapers.") { $1.sample($0.connections) },
    .http("connections_accepted_total", .counter, "Connections taken in.") {
      $1.sample($0.connectionsAccepted)
    },
    .http(
      "connections_dropped_total", .counter,
      "Connections closed on a client: evicted to make room, refused for lack of it, or timeout."
    ) {
      $1.sample("reason", "evicted", $0.connectionsEvicted)
      $1.sample("reason", "refused", $0.connectionsRefused)
      $1.sample("reason", "timeout", $0.connectionsTimedOut)
    },
    .http("accept_failures_total", .counter, "Failures of accept(2), for want of descriptors.") {
      $1.sample($0.acceptFailures)
    },
  ]

  private static let process: [MetricFamily] = [
    .process("cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.") {
      $1.sample($0.cpuSeconds)
    },
    .process("open_fds", .gauge, "Number of open file descriptors.") { $1.sample($0.openFDs) },
    .process("max_fds", .gauge, "Maximum number of open file descriptors.") {
      $1.sample($0.maxFDs)
    },
    .process("virtual_memory_bytes", .gauge, "Virtual memory size in bytes.") {
      $1.sample($0.virtualMemoryBytes)
    },
    .process(
      "virtual_memory_max_bytes", .gauge, "Maximum amount of virtual memory available in bytes."
    ) {
      // RLIM_INFINITY, as client_golang shows it.
      $1.sample($0.virtualMemoryMaxBytes ?? .max)
    },
    .process("resident_memory_bytes", .gauge, "Resident memory size in bytes.") {
      $1.sample($0.residentMemoryBytes)
    },
    .process(
      "start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds."
    ) { $1.sample($0.startTime) },
  ]
}
