internal import SocketStates

extension MetricSection {
  static let destinations = MetricSection(
    title: "Destinations and ephemeral ports",
    introduction: """
      Only for the `limits.destinations` (default 50) destinations with the most SYN-SENT and TIME-WAIT sockets, and \
      for as many pairs of source and destination with the fewest ephemeral ports left. The destination `any` is what \
      bind(2) has taken, which connect(2) does not use for any destination; its source is the address with most of \
      it. `netns` as in groups.
      """,
    families: [
      .daemon(
        "destination_sockets", .gauge,
        "SYN-SENT and TIME-WAIT sockets of the destinations that have the most of them.",
        labels: [
          "destination": "address:port, `[fe80::1%eth0]:port`",
          "state": MetricFamily.values([TCPState.synSent.label, TCPState.timeWait.label]),
        ],
        from: "`idiag_state`, `idiag_dst`, `idiag_dport`", absent: "no destination has any"
      ) { report, _, writer in
        for destination in report.destinations {
          let text = destination.destinationText
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
        "Ephemeral ports that cannot be used to a destination: of connections to it, and taken by bind(2).",
        labels: flowLabels,
        from:
          "`idiag_src`, `idiag_sport`, `idiag_dst`, `idiag_dport`, `idiag_if` of link-local ones; sockets that are only bound by TCP_BOUND_INACTIVE (Linux 6.8)",
        absent: "none is in use, or ip_local_port_range cannot be read"
      ) { report, _, writer in
        for flow in report.ephemeralPorts { writer.sample(flow.sampleLabels, flow.used) }
      },
      .daemon(
        "ephemeral_ports_limit", .gauge,
        "Ephemeral ports that ip_local_port_range and ip_local_reserved_ports leave.",
        labels: flowLabels,
        from:
          "/proc/sys/net/ipv4/ip_local_port_range and ip_local_reserved_ports, of the network namespace that the sockets are in",
        absent: "as `sockstate_ephemeral_ports_used`"
      ) { report, _, writer in
        for flow in report.ephemeralPorts { writer.sample(flow.sampleLabels, flow.limit) }
      },
    ])

  private static let flowLabels: MetricFamily.Labels = [
    "source": "address", "destination": "address:port, `[fe80::1%eth0]:port`, `any`",
  ]

  static let containers = MetricSection(
    title: "Containers",
    introduction: """
      The label `unit` of a container is its identifier, which does not change. What people call it is here: \
      `sum without (unit) (sockstate_sockets * on (instance, unit) group_left (name) sockstate_container_info)`. \
      [containers.md](containers.md) has the files that it comes from.
      """,
    families: [
      .daemon(
        "container_info", .info, "What a container with sockets is called, with the value 1.",
        labels: [
          "unit": "as in groups",
          "runtime": "`docker`, `cri`, `libpod`, `containerd`, `nspawn`, `lxc`",
          "container": "its name", "pod": "its Kubernetes pod",
          "namespace": "the Kubernetes namespace; with Compose, the project",
          "image": "the image, if it is known",
          "name": "`namespace/pod/container` of Kubernetes, else the container's name",
        ],
        from: "files of the container runtimes and the kubelet",
        absent: "the name is not known, or `containers.names` is off"
      ) { report, _, writer in
        for unit in Set(report.exposedGroups.map(\.labels.unit)).sorted() {
          guard let name = report.containers[unit] else { continue }
          writer.sample(
            [
              ("unit", unit), ("runtime", name.runtime), ("container", name.container),
              ("pod", name.pod), ("namespace", name.namespace), ("image", name.image),
              ("name", name.text),
            ], 1)
        }
      }
    ])

  static let descriptors = MetricSection(
    title: "File descriptors of processes",
    introduction: """
      How near a process is to its limit, past which accept(2), open(2) and connect(2) fail with EMFILE: of processes \
      with sockets in CLOSE-WAIT or CLOSE, and of those with sockets that are past half of their limit. Of several \
      processes with one name and unit, the one closest to its limit.
      """,
    families: [
      .daemon(
        "process_open_fds", .gauge,
        "Open file descriptors of the same-named process closest to its limit.",
        labels: processLabels, from: "the entries of /proc/PID/fd",
        absent:
          "no process of that name has a CLOSE-WAIT or CLOSE or is past half of its limit, or its directory cannot be read"
      ) { report, _, writer in
        for process in report.descriptors { writer.sample(process.sampleLabels, process.open) }
      },
      .daemon(
        "process_max_fds", .gauge, "The soft limit of open file descriptors of that process.",
        labels: processLabels, from: "`Max open files` of /proc/PID/limits",
        absent: "as `sockstate_process_open_fds`"
      ) { report, _, writer in
        for process in report.descriptors { writer.sample(process.sampleLabels, process.limit) }
      },
    ])

  private static let processLabels: MetricFamily.Labels = [
    "process": "as in groups", "unit": "as in groups",
  ]

  static let namespaces = MetricSection(
    title: "The network namespace as a whole",
    introduction: """
      The kernel's own counters, since the network namespace was made, and its MPTCP sockets. With `namespaces.watch: \
      all` there are samples for each namespace, with the label `netns`; those of the daemon's own have no such label. \
      All are absent if the file cannot be read.
      """,
    families: [
      .daemon(
        "mptcp_sockets", .gauge,
        "MPTCP sockets now in this state; their subflows are in sockstate_sockets.",
        labels: ["state": MetricFamily.values(of: TCPState.self, \.label)],
        from: "`idiag_state` of a sock_diag dump with `INET_DIAG_REQ_PROTOCOL` = `IPPROTO_MPTCP`",
        absent:
          "the kernel has no MPTCP (before Linux 6.3: has not used any), none was ever in that state, or `source` is set to procfs"
      ) { report, _, writer in
        for namespace in report.namespaces {
          guard let counts = namespace.mptcp else { continue }
          for state in TCPState.allCases where namespace.mptcpSeen.contains(state) {
            writer.sample(
              [("state", state.label)] + namespace.netns.asNamespaceLabel, counts[state])
          }
        }
      },
      .host(
        "segments_sent_total", .counter, "Segments sent, retransmissions not included.",
        from: "`Tcp` `OutSegs` of /proc/net/snmp"
      ) { $0.segmentsSent },
      .host(
        "segments_retransmitted_total", .counter, "Segments retransmitted.",
        from: "`Tcp` `RetransSegs` of /proc/net/snmp"
      ) { $0.segmentsRetransmitted },
      .host(
        "syn_retransmitted_total", .counter, "SYN and SYN-ACK segments retransmitted.",
        from: "`TcpExt` `TCPSynRetrans` of /proc/net/netstat"
      ) { $0.synRetransmitted },
      .host(
        "connect_failures_total", .counter,
        "Connection attempts that failed, outbound and inbound: from SYN-SENT or SYN-RECV to CLOSED.",
        from: "`Tcp` `AttemptFails` of /proc/net/snmp"
      ) { $0.connectFailures },
      .host(
        "established_resets_total", .counter,
        "Connections that ended without a FIN of ours: by a reset, received or sent, or by a time-out.",
        from: "`Tcp` `EstabResets` of /proc/net/snmp"
      ) { $0.establishedResets },
      .host(
        "resets_sent_total", .counter, "Resets sent.", from: "`Tcp` `OutRsts` of /proc/net/snmp"
      ) { $0.resetsSent },
      .host(
        "listen_overflows_total", .counter,
        "Connections dropped because an accept queue was full.",
        from: "`TcpExt` `ListenOverflows` of /proc/net/netstat"
      ) { $0.listenOverflows },
      .host(
        "listen_drops_total", .counter, "Connections dropped by listeners for any reason.",
        from: "`TcpExt` `ListenDrops` of /proc/net/netstat"
      ) { $0.listenDrops },
      .host(
        "retransmission_timeouts_total", .counter, "Retransmission timers that fired.",
        from: "`TcpExt` `TCPTimeouts` of /proc/net/netstat"
      ) { $0.retransmissionTimeouts },
      .host(
        "aborts_total", .counter, "Connections that this host aborted, by reason.",
        label: "reason", AbortReason.self,
        from:
          "`TcpExt` `TCPAbortOnData`, `TCPAbortOnClose`, `TCPAbortOnMemory`, `TCPAbortOnTimeout`, `TCPAbortOnLinger`, `TCPAbortFailed` of /proc/net/netstat"
      ) { $0.aborts },
      .host(
        "syn_cookies_total", .counter,
        "SYN cookies sent because a queue of handshakes was full, received back, or failed to verify.",
        label: "event", SynCookieEvent.self,
        from:
          "`TcpExt` `SyncookiesSent`, `SyncookiesRecv`, `SyncookiesFailed` of /proc/net/netstat"
      ) { $0.synCookies },
      .host(
        "conntrack_entries", .gauge, "Connections in the table of connection tracking.",
        from: "/proc/sys/net/netfilter/nf_conntrack_count",
        absent: "the kernel does not track connections"
      ) { $0.conntrackEntries },
      .host(
        "conntrack_limit", .gauge, "Connections that the table of connection tracking may hold.",
        from: "/proc/sys/net/netfilter/nf_conntrack_max",
        absent: "the kernel does not track connections"
      ) { $0.conntrackLimit },
      .host(
        "orphaned_sockets", .gauge, "Sockets that no process holds, TIME-WAIT not included.",
        from: "`TCP` `orphan` of /proc/net/sockstat"
      ) { $0.orphanedSockets },
      .host(
        "time_wait_sockets", .gauge, "Sockets in TIME-WAIT.",
        from: "`TCP` `tw` of /proc/net/sockstat"
      ) { $0.timeWaitSockets },
      .host(
        "time_wait_limit", .gauge, "Sockets that may be in TIME-WAIT.",
        from: "/proc/sys/net/ipv4/tcp_max_tw_buckets"
      ) { $0.timeWaitLimit },
    ])
}
