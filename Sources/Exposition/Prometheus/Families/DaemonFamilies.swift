internal import SocketStates

extension MetricSection {
  static let daemon = MetricSection(
    title: "The daemon",
    introduction: "What it did and how well it sees. All come from the daemon itself.",
    families: [
      .daemon(
        "build_info", .info, "What was built, with the value 1.",
        labels: ["version": "version", "revision": "commit", "swift_version": "compiler"]
      ) { _, build, writer in
        writer.sample(
          [
            ("version", build.version), ("revision", build.revision),
            ("swift_version", build.swiftVersion),
          ], 1)
      },
      .daemon(
        "source_info", .gauge, "1 for the source of the last published poll, 0 for the other.",
        labels: ["source": MetricFamily.values(of: SourceName.self, \.rawValue)]
      ) { report, _, writer in
        for source in SourceName.allCases {
          writer.sample("source", source.rawValue, report.source == source ? 1 : 0)
        }
      },
      .daemon(
        "poll_duration_seconds", .histogram, "How long the published polls took."
      ) { report, _, writer in writer.histogram(report.daemon.pollDuration) },
      .daemon(
        "poll_cpu_seconds_total", .counter, "CPU time of polls, user and system."
      ) { report, _, writer in writer.sample(report.daemon.pollCPUSeconds) },
      .daemon(
        "poll_interval_seconds", .gauge,
        "Time from one poll to the next: poll.interval, or longer to keep within poll.max_cpu."
      ) { report, _, writer in
        if let interval = report.daemon.pollInterval { writer.sample(interval) }
      },
      .daemon(
        "polls_total", .counter,
        "Polls: success, fallback (procfs stood in for sock_diag) or failure (nothing published).",
        labels: ["result": MetricFamily.values(of: PollResult.self, \.rawValue)]
      ) { report, _, writer in
        for result in PollResult.allCases {
          writer.sample("result", result.rawValue, report.daemon.polls[result] ?? 0)
        }
      },
      .daemon(
        "last_poll_timestamp_seconds", .gauge, "Unix time of the end of the last published poll."
      ) { report, _, writer in writer.sample(report.time) },
      .daemon(
        "full_poll_age_seconds", .gauge,
        "Time from the last poll that read every socket to the last poll. If it is not 0, queues, stalls and counters of established connections and ephemeral ports are of then, and without the kernel's counters also how many connections are established."
      ) { report, _, writer in writer.sample(Double(report.fullPollAge) / 1000) },
      .daemon(
        "full_poll_correction_sockets", .gauge,
        "Established connections, summed over groups, by which the last poll that read every socket differed from what was reported before it; 0 until one followed on others."
      ) { report, _, writer in writer.sample(report.fullPollCorrection) },
      .daemon("tracked_sockets", .gauge, "TCP sockets of the last poll.") { report, _, writer in
        writer.sample(report.trackedSockets)
      },
      .daemon(
        "unattributed_sockets", .gauge, "Sockets whose process is not known.",
        labels: ["state": MetricFamily.values(of: TCPState.self, \.label)],
        absent: "there never was one in that state"
      ) { report, _, writer in
        for state in TCPState.allCases where report.unattributedSeen.contains(state) {
          writer.sample("state", state.label, report.unattributed[state])
        }
      },
      .daemon(
        "destroy_events_total", .counter, "Messages received about sockets that the kernel freed.",
        from: "netlink groups `SKNLGRP_INET_TCP_DESTROY` and `SKNLGRP_INET6_TCP_DESTROY`",
        absent: "`destroy_events` is off, or the kernel never let the daemon subscribe"
      ) { report, _, writer in
        if let value = report.daemon.destroyEvents { writer.sample(value) }
      },
      .daemon(
        "destroy_events_lost_total", .counter,
        "Times that the kernel dropped such messages because the socket's buffer was full, or that the socket failed.",
        from: "ENOBUFS of recv(2), netlink(7)", absent: "as `sockstate_destroy_events_total`"
      ) { report, _, writer in
        if let value = report.daemon.destroyEventsLost { writer.sample(value) }
      },
      .daemon(
        "event_source_info", .gauge,
        "1 for where connections and failed attempts are counted from, 0 for the others.",
        labels: ["source": MetricFamily.values(of: EventSource.self, \.rawValue)]
      ) { report, _, writer in
        for source in EventSource.allCases {
          writer.sample("source", source.rawValue, report.daemon.eventSource == source ? 1 : 0)
        }
      },
      .daemon(
        "events_missed_total", .counter,
        "Events that the kernel's counters lack: no memory for the socket or a counter, or a counter replaced before it was read.",
        labels: ["where": MetricFamily.values(of: MissedEvents.self, \.rawValue)],
        from: "the pinned files (docs/kernel-counters.md)",
        absent: "the kernel's counters never were there"
      ) { report, _, writer in
        guard let missed = report.daemon.eventsMissed else { return }
        for each in MissedEvents.allCases {
          writer.sample("where", each.rawValue, missed[each] ?? 0)
        }
      },
      .daemon(
        "procfs_lines_skipped_total", .counter,
        "Lines of /proc/net/tcp and tcp6 that could not be parsed."
      ) { report, _, writer in writer.sample(report.daemon.procfsLinesSkipped) },
      .daemon(
        "namespaces", .gauge, "Network namespaces that are watched, the daemon's own included."
      ) { report, _, writer in writer.sample(report.daemon.namespaces) },
      .daemon("groups", .gauge, "Groups exposed.") { report, _, writer in
        writer.sample(report.exposedGroups.count)
      },
      .daemon(
        "groups_refused_total", .counter,
        "Sockets counted in the group other because limits.groups was reached, each when it came to that group."
      ) { report, _, writer in writer.sample(report.groupsRefused) },
      .daemon(
        "config_last_reload_successful", .gauge,
        "Whether the last reload of the configuration succeeded; 1 before the first."
      ) { report, _, writer in writer.sample(report.daemon.configReloadSuccessful ? 1 : 0) },
    ])

  static let http = MetricSection(
    title: "The daemon's HTTP server",
    introduction: "All come from the daemon itself, and are there whenever it serves.",
    families: [
      .http(
        "requests_total", .counter, "Requests answered, by status code.",
        labels: ["code": "HTTP status code"]
      ) { http, writer in
        for (code, count) in http.requests.sorted(by: { $0.key < $1.key }) {
          writer.sample("code", String(code), count)
        }
      },
      .http("requests_in_flight", .gauge, "Requests being answered now.") {
        $1.sample($0.requestsInFlight)
      },
      .http(
        "requests_rejected_total", .counter,
        "Requests answered with 503 because no place of web.max_requests was free."
      ) { $1.sample($0.requestsRejected) },
      .http("connections", .gauge, "Connections open now.") { $1.sample($0.connections) },
      .http("connections_accepted_total", .counter, "Connections accepted.") {
        $1.sample($0.connectionsAccepted)
      },
      .http(
        "connections_dropped_total", .counter,
        "Connections closed by the server: evicted to make room, refused for lack of room, or timed out.",
        labels: ["reason": MetricFamily.values(["evicted", "refused", "timeout"])]
      ) {
        $1.sample("reason", "evicted", $0.connectionsEvicted)
        $1.sample("reason", "refused", $0.connectionsRefused)
        $1.sample("reason", "timeout", $0.connectionsTimedOut)
      },
      .http(
        "accept_failures_total", .counter, "Failures of accept(2), such as EMFILE."
      ) { $1.sample($0.acceptFailures) },
    ])

  static let process = MetricSection(
    title: "The daemon's process",
    introduction: """
      Named and defined as in client_golang's process collector. They cannot be left out by `metrics.disable`.
      """,
    families: [
      .process(
        "cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds.",
        from: "`utime` and `stime` of /proc/self/stat"
      ) { $1.sample($0.cpuSeconds) },
      .process(
        "open_fds", .gauge, "Number of open file descriptors.", from: "the entries of /proc/self/fd"
      ) { $1.sample($0.openFDs) },
      .process(
        "max_fds", .gauge, "Maximum number of open file descriptors.",
        from: "soft `RLIMIT_NOFILE` of getrlimit(2)"
      ) { $1.sample($0.maxFDs) },
      .process(
        "virtual_memory_bytes", .gauge, "Virtual memory size in bytes.",
        from: "`vsize` of /proc/self/stat"
      ) { $1.sample($0.virtualMemoryBytes) },
      .process(
        "virtual_memory_max_bytes", .gauge, "Maximum amount of virtual memory available in bytes.",
        from: "soft `RLIMIT_AS` of getrlimit(2)"
      ) {
        // RLIM_INFINITY, as client_golang shows it.
        $1.sample($0.virtualMemoryMaxBytes ?? .max)
      },
      .process(
        "resident_memory_bytes", .gauge, "Resident memory size in bytes.",
        from: "`rss` of /proc/self/stat"
      ) { $1.sample($0.residentMemoryBytes) },
      .process(
        "start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds.",
        from: "`starttime` of /proc/self/stat, `btime` of /proc/stat"
      ) { $1.sample($0.startTime) },
    ])
}
