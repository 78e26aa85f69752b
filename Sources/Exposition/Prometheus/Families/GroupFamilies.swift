internal import SocketStates

extension MetricSection {
  static let groupGauges = MetricSection(
    title: "Sockets of a group, now",
    introduction: """
      Every socket is counted in one group, whose labels come first in each sample: `process` and `unit` (whose \
      socket it is; see the README), `direction` (`inbound`: the local port is or was listened on; `outbound`: \
      this host connected), `port` (the service's port: the local one if inbound, the remote one if outbound; \
      `other` if neither is known to be one: a socket that is only bound is `outbound` of port `other`), `pid` if `labels.pid` is set, and `netns` (container or name of the network namespace) except for the \
      daemon's own. A state, cause or reason is exposed from the first time that the group has it, and then stays, \
      also at 0, until the group has been empty for `limits.linger`. If programs of several names or units listen on \
      one endpoint (SO_REUSEPORT), what no poll has seen with an owner is in `process="unknown"`, unless the lengths of \
      their accept queues show for whom it waits.
      """,
    families: [
      .group(
        "sockets", .gauge, "TCP sockets now in this state.",
        labels: ["state": MetricFamily.values(of: TCPState.self, \.label)],
        from: "`idiag_state`; `st` of /proc/net/tcp and tcp6",
        absent: "the group never had a socket in that state"
      ) { groups, index, writer in
        for (state, label) in states where groups[index].statesSeen.contains(state) {
          writer.sample(label, groups[index].gauges.sockets[state])
        }
      },
      .group(
        "receive_queue_bytes", .gauge,
        "Bytes received and not yet read by the process, an unread FIN counting as one.",
        from: "`idiag_rqueue`; `rx_queue` of /proc/net/tcp and tcp6",
        absent: "the group never had a socket that does not listen"
      ) { groups, index, writer in
        if groups[index].statesSeen.hasConnections {
          writer.sample(groups[index].gauges.receiveQueue)
        }
      },
      .group(
        "send_queue_bytes", .gauge,
        "Bytes written by the process that are unsent or not yet acknowledged.",
        from: "`idiag_wqueue`; `tx_queue` of /proc/net/tcp and tcp6",
        absent: "the group never had a socket that does not listen"
      ) { groups, index, writer in
        if groups[index].statesSeen.hasConnections { writer.sample(groups[index].gauges.sendQueue) }
      },
      .group(
        "accept_queue_length", .gauge,
        "Connections waiting for accept(), of the fullest of several listeners.",
        from: "`idiag_rqueue` of a listener; `rx_queue` of /proc/net/tcp and tcp6",
        absent: "the group never listened"
      ) { groups, index, writer in
        if groups[index].statesSeen.contains(.listen) {
          writer.sample(groups[index].gauges.acceptQueue.length)
        }
      },
      .group(
        "accept_queue_limit", .gauge, "Connections that may wait for accept() at that listener.",
        from:
          "`idiag_wqueue` of a listener: the backlog of listen(2), at most net.core.somaxconn",
        absent: "the source is procfs, or the group never listened"
      ) { groups, index, writer in
        if groups[index].statesSeen.contains(.listen),
          let limit = groups[index].gauges.acceptQueue.limit
        {
          writer.sample(limit)
        }
      },
      .group(
        "deferred_accept_sockets", .gauge,
        "Of those in SYN-RECV: connected, and kept so by TCP_DEFER_ACCEPT until the client's first data.",
        from:
          "`idiag_retrans` is 0, and `idiag_expires` or the daemon's clock more than the first timeout: the kernel does not send the SYN-ACK again",
        absent: "the source is procfs, or the group never had a SYN-RECV"
      ) { groups, index, writer in
        if groups[index].statesSeen.contains(.synRecv),
          groups[index].gauges.acceptQueue.limit != nil
        {
          writer.sample(groups[index].gauges.deferredHandshakes)
        }
      },
      .group(
        "close_wait_oldest_age_seconds", .gauge,
        "How long the oldest CLOSE-WAIT has been waiting for its own process to close it.",
        from: "the daemon's clock; `tcpi_last_ack_recv` for one that is older than the daemon",
        absent: "the group never had a CLOSE-WAIT"
      ) { groups, index, writer in
        if groups[index].statesSeen.contains(.closeWait) {
          writer.sample(seconds(groups[index].gauges.closeWaitOldest))
        }
      },
      .group(
        "close_wait_stuck_sockets", .gauge,
        "CLOSE-WAIT sockets older than close_wait.stuck_after, by why they stay.",
        labels: ["cause": MetricFamily.values(of: CloseWaitCause.self, \.label)],
        from: "the age, `idiag_rqueue` (0, 1 or more unread) and `idiag_inode` (0: not accepted)",
        absent: "the group never had one with that cause"
      ) { groups, index, writer in
        for (cause, label) in causes where groups[index].causesSeen.contains(cause) {
          writer.sample(label, groups[index].gauges.stuck[cause])
        }
      },
      .group(
        "stalled_sockets", .gauge,
        "Connected sockets that make no progress now, by what they wait for.",
        labels: ["reason": MetricFamily.values(of: Stall.self, \.label)],
        from:
          "`idiag_timer`, `idiag_retrans`, `tcpi_snd_wnd`, and `idiag_rqueue` of two polls; what nobody has accepted has no reader",
        absent: "the group never had one with that reason"
      ) { groups, index, writer in
        for (stall, label) in stalls where groups[index].stallsSeen.contains(stall) {
          writer.sample(label, groups[index].gauges.stalled[stall])
        }
      },
      .group(
        "syn_sent_oldest_age_seconds", .gauge,
        "How long the longest-waiting connection attempt has been waiting.",
        from: "the daemon's clock", absent: "the group never had a SYN-SENT"
      ) { groups, index, writer in
        if groups[index].statesSeen.contains(.synSent) {
          writer.sample(seconds(groups[index].gauges.synSentOldest))
        }
      },
    ])

  static let groupCounters = MetricSection(
    title: "What the sockets of a group did",
    introduction: """
      With the labels of the group. They count from the daemon's start, also what sockets did between two polls \
      and before they were freed (by the kernel's destroy events), and never go down while the group is there. \
      What a socket had done before the daemon started is not counted. Fields are of `struct tcp_info` \
      (include/uapi/linux/tcp.h); one that an old kernel does not have counts as 0. Bytes are those of segments: what a process \
      has written and the kernel has not sent at the end, since the peer's window was full, is not among them. A FIN \
      that comes in TIME-WAIT is not told. The kernel wipes a socket that its process resets (SO_LINGER 0) or \
      disconnects (connect() to AF_UNSPEC): without the kernel's counters (docs/kernel-counters.md), what it did since \
      the last poll is lost then. Connections opened less those \
      ended is by how much the open ones have become more since the daemon started, in each group and in sum; one \
      that was reset or has timed out is open until its process closes it, since only then the kernel tells how it \
      ended. `how` is `closed` if the peer has acknowledged this side's FIN; `timed_out` if two or more \
      retransmissions or probes in a row were not answered at the end; `reset_sent` if the kernel has wiped the \
      socket (SO_LINGER 0, disconnect, a connection that was never accepted). It also wipes, without a reset, MPTCP at \
      the side that closes second, and with a listener what its client had reset before accept(): if the network \
      namespace had sent no reset then, these are `closed` and `reset_received`, else `reset_sent`, too. It is `reset_received` if the peer \
      had closed before (a poll saw CLOSE-WAIT) and all was read. If both ends are on this host, the two together tell \
      more: one that closed with unread data, before the other had sent a FIN, has `reset_sent`; one that had read \
      all and whose peer did so, was wiped, or had closed before has `reset_received`; so has one that ended while its \
      network namespace had sent no reset and no timer had given up (`OutRsts`, `TCPAbortOnTimeout`). Else it is \
      `aborted`. To find that out, an end that is not in good order may be counted a poll or two later. `unknown` are \
      ends without an event (see `sockstate_destroy_events_lost_total`), and those of which the side is not known that \
      the counters depend on. `moved` have not ended: their owner was found later, or has another name now. With the \
      kernel's counters (docs/kernel-counters.md) the kernel tells each end, and counts a connection for the process \
      that called connect() or that listens, from the load of the counters on.
      """,
    families: [
      .tcpInfo(
        "sent_segments_total", .counter, "Segments with payload sent, retransmissions included.",
        from: "`tcpi_data_segs_out`"
      ) { $1.sample($0.sentSegments) },
      .tcpInfo(
        "retransmitted_segments_total", .counter,
        "Segments retransmitted; those that no socket accounts for are in the group unknown.",
        from: "`tcpi_total_retrans`; `RetransSegs` of /proc/net/snmp for the rest"
      ) { $1.sample($0.retransmittedSegments) },
      .tcpInfo(
        "spurious_retransmissions_total", .counter,
        "Of the retransmitted segments: those that the peer had already, as its duplicate SACKs tell; nothing was lost. None of a connection any more once these are more than its retransmissions: then the path duplicates segments.",
        from: "`tcpi_dsack_dups` (Linux 4.19; before, 0)"
      ) { $1.sample($0.spuriousRetransmissions) },
      .tcpInfo(
        "sent_bytes_total", .counter, "Payload bytes sent, retransmissions included.",
        from: "`tcpi_bytes_sent`; before Linux 4.19 `tcpi_bytes_acked`"
      ) { $1.sample($0.sentBytes) },
      .tcpInfo(
        "received_bytes_total", .counter, "Payload bytes received, a FIN counting as one.",
        from: "`tcpi_bytes_received`"
      ) { $1.sample($0.receivedBytes) },
      .tcpInfo(
        "retransmitted_bytes_total", .counter, "Payload bytes retransmitted.",
        from: "`tcpi_bytes_retrans`"
      ) { $1.sample($0.retransmittedBytes) },
      .tcpInfo(
        "send_busy_seconds_total", .counter, "Time that sockets had data to send.",
        from: "`tcpi_busy_time`"
      ) { $1.sample(seconds($0.sendBusy)) },
      .tcpInfo(
        "send_limited_seconds_total", .counter,
        "Of the busy time: held up by a peer that does not read (receive_window), by a small send buffer (send_buffer), by path and congestion (network).",
        labels: ["limit": MetricFamily.values(["receive_window", "send_buffer", "network"])],
        from:
          "`tcpi_rwnd_limited`, `tcpi_sndbuf_limited`; `network` is the rest of `tcpi_busy_time`"
      ) { counters, writer in
        writer.sample(receiveWindow, seconds(counters.receiveWindowLimited))
        writer.sample(sendBuffer, seconds(counters.sendBufferLimited))
        writer.sample(network, seconds(counters.networkLimited))
      },
      .group(
        "connect_failures_total", .counter,
        "Outbound connection attempts that failed: refused, unanswered, unreachable, or abandoned by the process.",
        labels: ["reason": MetricFamily.values(of: ConnectFailure.self, \.label)],
        from:
          "the kernel's counters (docs/kernel-counters.md); without them the last tcp_info of a freed socket: `tcpi_segs_in`, `tcpi_total_retrans`",
        absent:
          "the group is inbound, or the source is procfs; `unreachable` until there is one"
      ) { groups, index, writer in
        guard let counters = groups[index].counters, groups[index].labels.direction == .outbound
        else { return }
        for (failure, label) in failures where counters.tells(of: failure) {
          writer.sample(label, counters.connectFailures[failure])
        }
      },
      .tcpInfo(
        "connections_opened_total", .counter,
        "Connections that came to be: accepted by the kernel (inbound) or connected (outbound).",
        from:
          "the kernel's counters (docs/kernel-counters.md); without them `idiag_state`, or `tcpi_bytes_acked` and `tcpi_segs_in` of a freed socket that no poll has seen"
      ) { $1.sample($0.opened) },
      .tcpInfo(
        "connections_ended_total", .counter,
        "Connections that ended, by how; moved ones have not, and are opened in another group.",
        labels: ["how": MetricFamily.values(of: ConnectionEnd.self, \.label)],
        from:
          "the kernel's counters; without them the last tcp_info of a freed socket: `tcpi_bytes_acked` less the payload, `tcpi_retransmits`, `tcpi_probes`",
        absent: "of `unknown` and `moved`, the group has none"
      ) { counters, writer in
        for (how, label) in ends
        where counters.ended[how] > 0 || how != .unknown && how != .moved {
          writer.sample(label, counters.ended[how])
        }
      },
      .tcpInfo(
        "connections_cut_off_total", .counter,
        "Of the connections that were reset, those with data not sent, not read or not acknowledged in time, or a request not answered.",
        from: "the same, `idiag_rqueue`, `idiag_wqueue` and `tcpi_last_data_sent`",
        absent: "no connection of the group has ended yet"
      ) { if $0.endedTotal > 0 { $1.sample($0.cutOff) } },
      .tcpInfo(
        "reset_idle_seconds", .histogram,
        "How long no payload had moved before a reset or abort ended the connection.",
        from:
          "`tcpi_last_data_sent`, `tcpi_last_data_recv` of a freed socket: what is later or, if a request was sent last and it is longer, the silence before that",
        absent: "no connection of the group that had moved payload has ended so yet"
      ) { counters, writer in
        if counters.resetSilence.count > 0 {
          writer.histogram(counters.resetSilence, silenceBounds)
        }
      },
      .tcpInfo(
        "connect_seconds", .histogram,
        "How long connect() took until the connection was established.",
        from: "the kernel's counters (docs/kernel-counters.md): tracepoint `inet_sock_set_state`",
        absent: "there are no kernel counters, or no outbound connection of the group was opened"
      ) { counters, writer in
        if counters.connectTime.count > 0 { writer.histogram(counters.connectTime, connectBounds) }
      },
      .tcpInfo(
        "connection_lifetime_seconds", .histogram,
        "How long connections lasted, from established to the end.",
        from: "the kernel's counters: tracepoint `inet_sock_set_state`",
        absent:
          "there are no kernel counters, or no connection of the group has ended that is younger than they are"
      ) { counters, writer in
        if counters.lifetime.count > 0 { writer.histogram(counters.lifetime, lifetimeBounds) }
      },
      .tcpInfo(
        "retransmission_timeout_seconds_total", .counter,
        "Time that sockets spent waiting for a retransmission timer.",
        from: "`tcpi_total_rto_time`",
        absent: "no socket of the group has waited for one yet, or Linux is older than 6.7"
      ) { counters, writer in
        if counters.retransmissionTimeout > 0 {
          writer.sample(seconds(counters.retransmissionTimeout))
        }
      },
      .tcpInfo(
        "resets_received_total", .counter, "Resets received, by the state that the socket was in.",
        labels: ["state": MetricFamily.values(of: TCPState.self, \.label)],
        from: "the kernel's counters (docs/kernel-counters.md): tracepoint `tcp_receive_reset`",
        absent: "there are no kernel counters, or the group never had one in that state"
      ) { counters, writer in
        for (state, label) in states where counters.resets[.received(state)] > 0 {
          writer.sample(label, counters.resets[.received(state)])
        }
      },
      .tcpInfo(
        "resets_sent_total", .counter,
        "Resets sent, by the state that the socket was in, none without a socket, and the kernel's reason.",
        labels: [
          "state": MetricFamily.values(TCPState.allCases.map(\.label) + [noState]),
          "reason": MetricFamily.values(
            ResetReason.allCases.map(\.label) + [ResetReason.unknownLabel]),
        ],
        from:
          "the kernel's counters: tracepoint `tcp_send_reset`; its reason since Linux 6.10, which is also the first to tell of resets without a socket",
        absent: "as `sockstate_resets_received_total`"
      ) { counters, writer in
        for (state, reason) in counters.resets.sent {
          writer.sample(
            [
              ("state", state?.label ?? noState),
              ("reason", reason?.label ?? ResetReason.unknownLabel),
            ], counters.resets[.sent(state, reason)])
        }
      },
      .group(
        "listen_drops_total", .counter, "Connections that the group's listeners dropped.",
        from:
          "`SK_MEMINFO_DROPS` of a listener (`sk_drops`, Linux 4.7), as far as `ListenDrops` confirms it",
        absent: "the group never listened, or the source is procfs"
      ) { groups, index, writer in
        if groups[index].statesSeen.contains(.listen), let counters = groups[index].counters {
          writer.sample(counters.listenDrops)
        }
      },
      .tcpInfo(
        "rtt_seconds", .histogram,
        "Smoothed round-trip time of sockets that moved data since the previous poll.",
        from: "`tcpi_rtt`, one observation a socket a poll",
        absent: "no socket of the group has moved data yet"
      ) { counters, writer in
        if counters.rtt.count > 0 { writer.histogram(counters.rtt, rttBounds) }
      },
    ])
}

private let states = SampleLabel.each("state", \TCPState.label)
private let causes = SampleLabel.each("cause", \CloseWaitCause.label)
private let stalls = SampleLabel.each("reason", \Stall.label)
private let failures = SampleLabel.each("reason", \ConnectFailure.label)
private let ends = SampleLabel.each("how", \ConnectionEnd.label)
private let rttBounds = SampleLabel.bounds(of: RTTScale.self)
private let connectBounds = SampleLabel.bounds(of: ConnectScale.self)
private let lifetimeBounds = SampleLabel.bounds(of: LifetimeScale.self)
private let silenceBounds = SampleLabel.bounds(of: SilenceScale.self)
/// The value of the label `state` where there was no socket.
private let noState = "none"
private let receiveWindow = SampleLabel("limit", "receive_window")
private let sendBuffer = SampleLabel("limit", "send_buffer")
private let network = SampleLabel("limit", "network")

/// Milliseconds in seconds.
private func seconds(_ milliseconds: UInt64) -> Double { Double(milliseconds) / 1e3 }

/// Milliseconds in seconds; 0 if there is nothing that waits.
private func seconds(_ milliseconds: Int64?) -> Double { Double(max(0, milliseconds ?? 0)) / 1e3 }
