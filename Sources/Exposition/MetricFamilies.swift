internal import SocketStates

extension MetricFamily {
  /// Every metric, in the order in which they are written.
  package static let all = groups + host + about + process

  /// The names that `metrics.disable` may hold.
  package static let knownNames = Set(all.compactMap(\.shortName))

  private static let groups: [MetricFamily] = [
    .group("sockets", .gauge, "TCP sockets now in this state.") { group, writer in
      for state in TCPState.allCases where group.statesSeen.contains(state) {
        writer.sample("state", state.label, group.sockets[state])
      }
    },
    .group(
      "receive_queue_bytes", .gauge, "Bytes received and not yet read by the process."
    ) { group, writer in
      if group.hasConnections { writer.sample(group.receiveQueue) }
    },
    .group(
      "send_queue_bytes", .gauge, "Bytes written by the process and unsent or unacknowledged."
    ) { group, writer in
      if group.hasConnections { writer.sample(group.sendQueue) }
    },
    .group(
      "accept_queue_length", .gauge, "Connections waiting for accept()."
    ) { group, writer in
      if group.hasListener { writer.sample(group.acceptQueueLength) }
    },
    .group(
      "accept_queue_limit", .gauge, "Connections that may wait for accept()."
    ) { group, writer in
      if group.hasListener { writer.sample(group.acceptQueueLimit) }
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
      "connect_failures_total", .counter, "Connects that came to nothing (Tcp AttemptFails)."
    ) { $0.connectFailures },
    .host(
      "resets_received_total", .counter, "Connections that were reset (Tcp EstabResets)."
    ) { $0.resetsReceived },
    .host("resets_sent_total", .counter, "Resets sent (Tcp OutRsts).") { $0.resetsSent },
    .host(
      "listen_overflows_total", .counter,
      "Connections dropped because an accept queue was full (TcpExt ListenOverflows)."
    ) { $0.listenOverflows },
    .host(
      "listen_drops_total", .counter,
      "Connections dropped by listeners for any reason (TcpExt ListenDrops)."
    ) { $0.listenDrops },
    .daemon(
      "host_timeouts_total", .counter,
      "Retransmission timers that fired (TcpExt TCPTimeouts), and connections given up after that (TcpExt TCPAbortOnTimeout)."
    ) { report, _, writer in
      if let value = report.host?.retransmissionTimeouts {
        writer.sample("stage", "retransmission", value)
      }
      if let value = report.host?.abortedOnTimeout { writer.sample("stage", "abort", value) }
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
