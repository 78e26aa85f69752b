@testable import SocketStates

/// When a finding stands, why then, and how the alerts on the same differ.
///
/// All of them together are the one table of thresholds: docs/findings.md is made from it, and a test
/// fails if config/prometheus/alerts.yaml has a threshold, a metric or a patience that is not in it.
struct FindingRule: Sendable {
  /// The kinds with one label; each may have another responsible party.
  var kinds: [Finding.Kind]
  /// When it is a notice, and when a fault; nil if it never is. Of a normal finding: when it stands.
  var notice: String?
  var fault: String?
  var normal: String?
  /// Why the numbers are these.
  var reason: String
  /// What shows it.
  var evidence: String
  /// What it does not see; empty if that is nothing.
  var blindness = ""
  var alerts: [AlertRule] = []
  /// Why there is no alert; empty if there is one.
  var noAlert = ""

  /// The value of the label `kind`.
  var label: String { kinds[0].label }
}

/// An alert of config/prometheus/alerts.yaml, as a finding's counterpart.
struct AlertRule: Sendable {
  var name: String
  /// How long its condition must hold (`for`).
  var patience: String
  /// The metrics that it reads, without `sockstate_`.
  var metrics: Set<String>
  /// The numbers that it compares with, in the order of the expression.
  var thresholds: [Threshold]
  /// Why it is there without a finding; empty if it has one.
  var withoutFinding = ""

  /// One number of an alert beside the finding's.
  struct Threshold: Sendable {
    /// Operator and number, as in the expression: `> 0.05`.
    var alert: String
    /// The same of the finding; nil if it compares no such thing.
    var finding: String?
    /// Why they differ; may be empty only if they do not.
    var difference: String

    init(_ alert: String, finding: String? = nil, _ difference: String = "") {
      self.alert = alert
      self.finding = finding
      self.difference = difference
    }
  }
}

extension FindingRule {
  /// A rule for every kind of finding.
  static let all = closing + moving + opening

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
  private static func seconds(_ milliseconds: Int64) -> String { "\(milliseconds / 1000) s" }
  private static let sinceBaseline = "in the last one to two minutes"

  private static let oftenFailed =
    "\(Thresholds.failedAttempts.least) or more, and more than \(percent(Thresholds.failedAttempts.share)) of the attempts that are over (of all processes, if nobody saw whose they were)"

  private static let closing: [FindingRule] = [
    FindingRule(
      kinds: CloseWaitCause.allCases.map { .closeWait($0) },
      fault:
        "a socket has been in CLOSE-WAIT for `close_wait.stuck_after` (60 s), and is not likely half closed on purpose (half_closed)",
      reason:
        "Closing takes milliseconds; no timeout of TCP ends the state. One is enough: who asks wants to know of the first.",
      evidence:
        "the number and the oldest age by cause, the process's descriptors, the five oldest sockets of the group",
      blindness:
        "A CLOSE-WAIT that still sends, or reads what had come before the end, begins its age anew: it is half closed on purpose, or slow. The age of one that was there before the daemon is a lower bound if keep-alive probes are sent, and its peer is not on this host.",
      alerts: [
        AlertRule(
          name: "CloseWaitLeak", patience: "15m", metrics: ["close_wait_stuck_sockets"],
          thresholds: [
            .init(
              ">= 5", finding: "> 0",
              "An alert is for a leak that grows: never below the most of 15 minutes before, and five."
            )
          ]),
        AlertRule(
          name: "CloseWaitStuck", patience: "5m",
          metrics: ["close_wait_stuck_sockets", "close_wait_oldest_age_seconds"],
          thresholds: [
            .init("> 0", finding: "> 0"),
            .init(
              "> 900", finding: "> 60",
              "It does no harm today: the alert waits a quarter of an hour, a finding `close_wait.stuck_after`."
            ),
          ]),
      ]),
    FindingRule(
      kinds: [.halfClosed],
      notice:
        "a socket is in CLOSE-WAIT, younger than `close_wait.stuck_after`; or older, with nothing but the end unread, and its peer is on this host and waits in FIN-WAIT-2 with a descriptor, or (likely a relay) its process holds at least as many FIN-WAIT-2 of other ports as it has of these",
      reason:
        "It is gone in milliseconds if the process closes at once; seen in a poll, it is work that is not finished or the beginning of a leak. A peer that waits has ended only its own half. \(Thresholds.leakGrowth.sockets) or more that became more in each of \(Thresholds.leakGrowth.steps) minutes are a leak (close_wait), whoever waits.",
      evidence:
        "the number, the peers that wait or that the process waits for; without a leaked one the oldest age",
      blindness: "A peer on another host, or in another network namespace, is not known to wait.",
      noAlert: "It comes and goes on a healthy host."),
    FindingRule(
      kinds: [.closedHeld],
      notice: "a connection has ended, and a process still holds its descriptor",
      fault:
        "that has been so for `close_wait.stuck_after` (60 s), and the daemon has seen the connection",
      reason:
        "A connection that is reset or times out leaves the kernel's tables at once; its descriptor stays until close(). A process that looks at its sockets learns of the end within milliseconds.",
      evidence: "the number, the oldest age, the process's descriptors, the five oldest sockets",
      blindness:
        "Of sockets that ended before the daemon saw them it knows neither side nor port (`port` is `other`), nor whether they ever had a connection, so they are no fault by themselves. Those of processes in other network namespaces, and of threads with descriptors of their own, are not looked for. Of the addresses only the group's port is known.",
      noAlert:
        "Like CLOSE-WAIT it does harm when descriptors run out: DescriptorsExhausting looks at that. `sockstate_findings` has it."
    ),
    FindingRule(
      kinds: [.descriptors],
      notice:
        "a process uses \(percent(Thresholds.descriptors.notice)) of its descriptors",
      fault: "it uses \(percent(Thresholds.descriptors.fault))",
      reason:
        "accept(), socket() and open() fail at the limit; a fifth is time enough to plan a restart, a twentieth is not.",
      evidence:
        "open descriptors and their limit, the sockets in CLOSE-WAIT and CLOSE of the group that has most of them",
      blindness:
        "Of several processes of one name, the one closest to its limit is seen. Processes without sockets are not; those with sockets, but none in CLOSE-WAIT or CLOSE, are read in turn, 50 in a poll, until they are past half of their limit.",
      alerts: [
        AlertRule(
          name: "DescriptorsExhausting", patience: "10m",
          metrics: ["process_open_fds", "process_max_fds"],
          thresholds: [
            .init(
              ">= 0.9", finding: ">= \(Thresholds.descriptors.fault)",
              "The alert waits ten minutes; a tenth that is left may be gone by then.")
          ]),
        AlertRule(
          name: "CloseWaitDescriptorsExhausting", patience: "10m",
          metrics: ["close_wait_stuck_sockets", "process_open_fds", "process_max_fds"],
          thresholds: [
            .init("> 0", finding: "> 0"),
            .init(
              "> 0.5",
              "The alert looks 4 hours ahead, and only at growth that is half CLOSE-WAIT: a finding has no past to extend."
            ),
            .init(">= 0.95", finding: ">= \(Thresholds.descriptors.fault)"),
            .init(
              ">= 0.1",
              "The alert asks whether the leak is to blame; the finding names the number as evidence."
            ),
          ]),
      ]),
    FindingRule(
      kinds: [.peerNotClosing],
      notice:
        "a socket has been in FIN-WAIT-2 for \(seconds(Thresholds.finTimeout)) (1 s in `explain` and `watch` without a daemon)",
      reason:
        "`net.ipv4.tcp_fin_timeout`: the kernel ends it by then, unless a process holds the socket. A single command has not watched for that long.",
      evidence: "the number, the oldest age, the five oldest sockets",
      blindness:
        "Ages begin when the daemon first saw the state: at the start they are lower bounds.",
      noAlert:
        "It costs this side a descriptor at most; the peer's daemon has CloseWaitLeak for the same connections."
    ),
    FindingRule(
      kinds: [.endUnconfirmed],
      notice:
        "a socket has been in FIN-WAIT-1, LAST-ACK or CLOSING for \(seconds(Thresholds.unconfirmedEnd))",
      reason:
        "An acknowledgement takes a round trip; after a second at least one retransmission is lost too.",
      evidence: "the number by state, the oldest age, the five oldest sockets",
      blindness: "Ages begin when the daemon first saw the state: it must be there in two polls.",
      noAlert: "The process has closed already; loss that lasts is RetransmissionHigh."),
    FindingRule(
      kinds: [.timeWait], normal: "there are TIME-WAIT sockets, and ports are left",
      reason: "It is healthy, and said because it looks like a fault.", evidence: "the number",
      noAlert: "It is healthy. Not in `sockstate_findings` either."),
  ]

  private static let moving: [FindingRule] = [
    FindingRule(
      kinds: [.unreadData],
      notice: "a connection has unread bytes, of which none were read between two polls",
      fault:
        "that has been so for `stalls.fault_after` (\(seconds(Thresholds.stall))) with \(percent(Thresholds.unreadShare)) of the group's connections that were accepted",
      reason:
        "One connection may wait on purpose; a quarter of them is a process that hangs. Who reads is slow, and no fault: each byte begins the time anew, and who paused for longer and read again has twice as long. Who has read much at once (curl --limit-rate does so for a minute or two in advance) has a second for each \(Thresholds.leastReadingRate / 1000) kB, three minutes at most.",
      evidence: "the number, since when, their bytes, the five oldest sockets with their rates",
      blindness:
        "What had begun before the first poll is a lower bound. On procfs only a queue that falls tells that something was read. Connections that nobody has accepted are the accept queue's.",
      alerts: [
        AlertRule(
          name: "LocalReaderStuck", patience: "15m",
          metrics: ["stalled_sockets", "sockets", "accept_queue_length"],
          thresholds: [
            .init("> 0", finding: "> 0"),
            .init(
              ">= 0.25", finding: ">= \(Thresholds.unreadShare)",
              "The alert counts ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2 and CLOSE-WAIT; the finding LAST-ACK and CLOSING too."
            ),
          ])
      ]),
    FindingRule(
      kinds: [.peerNotReading],
      notice:
        "a connection's zero-window probe timer runs and the peer's window has no room for the next segment, or the peer's receive window held up more than \(percent(Thresholds.limitedShare.receiveWindow)) of the time with data to send \(sinceBaseline) (of \(Thresholds.leastSendBusy) ms or more) and the group has connections",
      reason:
        "A slow reader is no fault by itself, and a paused download is none however long; what holds up half of the time is the bottleneck. A reader on this host has a finding of its own.",
      evidence:
        "the number, since when, the bytes to be sent, the share of the time, the five oldest sockets",
      blindness: "The share of the time needs tcp_info (`sock_diag`).",
      alerts: [
        AlertRule(
          name: "PeerNotReading", patience: "15m", metrics: ["stalled_sockets", "sockets"],
          thresholds: [
            .init("> 0", finding: "> 0"),
            .init(
              ">= 0.25",
              "The alert wants a quarter of the connections, always; the finding is a notice from the first."
            ),
          ])
      ]),
    FindingRule(
      kinds: [.deadPath],
      notice:
        "the retransmission timer of a connection has backed off, or two probes in a row, of a closed window or of keep-alive, were not answered",
      fault: "nothing was acknowledged for `stalls.fault_after` (\(seconds(Thresholds.stall)))",
      reason:
        "The timer is set anew by each acknowledgement, as is the count of probes: a retransmission was lost too. That happens; a minute of it does not end by itself.",
      evidence: "the number, since when, the bytes to be sent, the five oldest sockets",
      blindness:
        "What had begun before the first poll is a lower bound, from how far the timer has backed off.",
      alerts: [
        AlertRule(
          name: "DeadPath", patience: "5m", metrics: ["stalled_sockets", "sockets"],
          thresholds: [
            .init("> 0", finding: "> 0"),
            .init(
              ">= 0.25",
              "Peers that vanish are daily life on the internet: the alert wants a quarter of the connections, always."
            ),
          ])
      ]),
    FindingRule(
      kinds: [.loss],
      notice:
        "the same as for a fault, segments of these connections overtake each other, and the peer had more than half of those retransmitted already",
      fault:
        "more than \(percent(Thresholds.lossShare)) of at least \(Thresholds.leastSegments.sent) segments, and at least \(Thresholds.leastSegments.lost), were retransmitted \(sinceBaseline), not counting those that the peer had already, as its duplicate SACKs tell",
      reason:
        "TCP's throughput falls with the root of the loss; below a percent nobody notices. A few segments prove nothing. More duplicate SACKs than retransmissions on a connection show that its path duplicates segments: from then on none of its retransmissions is taken for one that the peer had.",
      evidence:
        "segments retransmitted (how many of them the peer had already, and how many went over connections that saw one reordering for ten retransmissions or more) and sent",
      blindness:
        "Needs tcp_info (`sock_diag`). TCP cannot tell a segment that is lost from one that others overtake. The kernel does not say which side of the path lost them.",
      alerts: [
        AlertRule(
          name: "RetransmissionHigh", patience: "10m",
          metrics: [
            "retransmitted_segments_total", "spurious_retransmissions_total", "sent_segments_total",
          ],
          thresholds: [
            .init("> 0.05", finding: "> \(Thresholds.lossShare)"),
            .init(
              "> 1",
              "Segments a second over ten minutes: the finding has one to two minutes, and takes \(Thresholds.leastSegments.sent)."
            ),
          ])
      ]),
    FindingRule(
      kinds: [.smallSendBuffer],
      notice:
        "the send buffer held up more than \(percent(Thresholds.limitedShare.sendBuffer)) of the time with data to send \(sinceBaseline) (of \(Thresholds.leastSendBusy) ms or more)",
      reason:
        "The kernel notes a full buffer only with the next segment that comes or goes (`tcp_cwnd_validate()`): of a sender that always waits for its buffer it counts less than half, of one whose buffer grows with the path a quarter at most (measured).",
      evidence: "the share of the time",
      blindness: "Needs tcp_info (`sock_diag`).",
      noAlert: "It is slow and not broken."),
  ]

  private static let opening: [FindingRule] = [
    FindingRule(
      kinds: [.connectsUnanswered(.nobody), .connectsUnanswered(.listenerFull)],
      notice:
        "a connection attempt has waited for \(seconds(Thresholds.synTimeout)), or one ended without an answer \(sinceBaseline)",
      fault:
        "one has waited for \(seconds(Thresholds.unansweredConnect)), or \(oftenFailed) ended so",
      reason:
        "`TCP_TIMEOUT_INIT`: the first SYN was lost or dropped, and was sent again. That happens; after \(seconds(Thresholds.unansweredConnect)) it was sent five times or more.",
      evidence:
        "the number and the longest wait, the destinations; if the destination is on this host and its accept queue is full, that listener, and the cause `listener_full`; likewise if no attempt waits now, and nothing is known of its port but that listener",
      blindness:
        "Destinations of the port may be shared with other processes unless the sockets are listed (`explain`); only the `limits.destinations` fullest are known. The kernel wipes the evidence of a blocking connect() that failed and of one that shutdown() ended: these count if a poll has seen the SYN sent again.",
      alerts: [
        AlertRule(
          name: "ConnectsUnanswered", patience: "10m",
          metrics: ["connect_failures_total", "syn_sent_oldest_age_seconds"],
          thresholds: [
            .init(
              ">= 5", finding: ">= \(Thresholds.failedAttempts.least)",
              "The alert counts ten minutes; the finding wants more failures than connections too."),
            .init(
              "> 20", finding: ">= \(Thresholds.unansweredConnect / 1000)",
              "The same, but for the operator."),
          ])
      ]),
    FindingRule(
      kinds: [.connectsRefused],
      notice: "a connection attempt was answered by a reset \(sinceBaseline)",
      fault: oftenFailed,
      reason:
        "It is over in a round trip, and leaves no socket that could be found later. Single ones happen: a peer restarts, or a client tries ::1 before 127.0.0.1.",
      evidence:
        "the number; the attempts that failed, of all that are over, if there are connections that ended",
      blindness:
        "Needs tcp_info and destroy events. Most are over before their owner could be found: then the process is `unknown`.",
      alerts: [
        AlertRule(
          name: "ConnectsRefused", patience: "10m", metrics: ["connect_failures_total"],
          thresholds: [
            .init(
              "> 0.1", finding: ">= \(Thresholds.failedAttempts.least)",
              "A second: one in ten seconds. A restart of the peer refuses a few.")
          ])
      ]),
    FindingRule(
      kinds: [.connectsAbandoned],
      notice:
        "a process closed a connection attempt before the first retransmission \(sinceBaseline)",
      reason: "Its patience is shorter than TCP's; it may be meant so (happy eyeballs).",
      evidence: "the number",
      blindness: "Needs tcp_info and destroy events. An ICMP reject looks the same.",
      noAlert: "Clients that race several addresses do it all the time."),
    FindingRule(
      kinds: [.acceptQueue],
      notice: "more than \(percent(Thresholds.acceptQueueShare)) of the accept queue is used",
      fault: "the queue of the group, or of one of its listeners, is longer than its limit",
      reason:
        "`sk_acceptq_is_full()` is `sk_ack_backlog > sk_max_ack_backlog`: at the limit one more is taken, past it the kernel drops.",
      evidence:
        "length and limit, connections in SYN-RECV, drops that it explains; every process that may be the one to accept, if several hold the listener and none is known to have accepted from it",
      blindness:
        "Which worker accepts from which listener, if each holds those of all, as those of nginx with `reuseport`: then no pid is told, but any of them that is stopped.",
      alerts: [
        AlertRule(
          name: "AcceptQueueFilling", patience: "2m",
          metrics: ["accept_queue_length", "accept_queue_limit"],
          thresholds: [
            .init("> 0.5", finding: "> \(Thresholds.acceptQueueShare)"),
            .init(
              ">= 1", finding: "> 0",
              "An average of five minutes, since bursts are no fault; the finding has one poll."),
          ])
      ]),
    FindingRule(
      kinds: [.synFlood],
      notice:
        "\(Thresholds.leastHandshakes) or more handshakes are unfinished (SYN-RECV, without those that TCP_DEFER_ACCEPT keeps), more than \(percent(Thresholds.handshakes.notice)) of what the group's listeners may have, and no accept queue is full; or cookies were sent and the listener dropped SYNs \(sinceBaseline), and no accept queue was full meanwhile",
      fault:
        "more than \(percent(Thresholds.handshakes.fault)) of it, \(Thresholds.leastHandshakes) or more",
      reason:
        "A listener may have as many of them as connections in its accept queue; past that the kernel sends cookies or drops SYNs. A handshake takes a round trip; many at once are a flood, or SYN-ACKs that get lost.",
      evidence:
        "unfinished handshakes and their limit; SYN cookies that the host sent and connections that the listener dropped, \(sinceBaseline)",
      blindness:
        "Whether TCP_DEFER_ACCEPT keeps a handshake that is complete shows after a second, when no SYN-ACK is sent again; before, only that the host has counted as many (TCPDeferAcceptDrop), and what nothing has told yet is none of a flood unless cookies were sent or SYNs dropped; on `procfs` never. The kernel does not say for which listener a cookie was sent. Senders that answer SYN-ACKs with a reset leave no SYN-RECV.",
      alerts: [
        AlertRule(
          name: "SynFlood", patience: "2m",
          metrics: [
            "sockets", "deferred_accept_sockets", "accept_queue_limit", "accept_queue_length",
            "host_syn_cookies_total",
          ],
          thresholds: [
            .init(">= 16", finding: ">= \(Thresholds.leastHandshakes)"),
            .init("> 0.8", finding: "> \(Thresholds.handshakes.fault)"),
            .init(
              "> 1",
              "Cookies a second of the host: the finding has them as evidence only, as they are no group's."
            ),
          ])
      ]),
    FindingRule(
      kinds: [.connectionsReset(.sent), .connectionsReset(.received)],
      notice:
        "\(Thresholds.leastCutOff) or more connections, and more than \(percent(Thresholds.cutOffShare.notice)) of those of the group that ended, were cut off by a reset \(sinceBaseline)",
      fault:
        "\(Thresholds.leastCutOff) or more, and more than \(percent(Thresholds.cutOffShare.fault)), and of each of them it is known that something was lost",
      reason:
        "A reset cut off a connection if bytes were not sent, not read or not acknowledged in time, or a request got no answer. Health checks, and clients that go after their answer, end by a reset too and lose nothing: what the server's side had sent within 200 ms (`TCP_DELACK_MAX`) and the round-trip time before the reset may have arrived, if the other end is not known to have left it unread.",
      evidence:
        "connections cut off, of all that ended, those that had been silent, and those with data that may have arrived; if this side sends the resets, what the kernel counts of them (TCPAbortOnClose, TCPAbortOnData); if its process is unknown, the only process of this host that is known to connect to the port",
      blindness:
        "Needs tcp_info and destroy events. A reset acknowledges nothing, and a peer that closes by SO_LINGER 0 leaves no counters. A socket does not say which side sent the reset: it is taken for this one if most ended with unread data and the kernel counts as many such closes of this host; of two ends on one host, for the server's.",
      alerts: [
        AlertRule(
          name: "ConnectionsReset", patience: "10m",
          metrics: ["connections_cut_off_total", "connections_ended_total"],
          thresholds: [
            .init(
              "> 0.05", finding: ">= \(Thresholds.leastCutOff)",
              "A second: one in 20 seconds, about five in the finding's one to two minutes."),
            .init("> 0.5", finding: "> \(Thresholds.cutOffShare.fault)"),
          ])
      ]),
    FindingRule(
      kinds: [.idleTimeout],
      notice:
        "\(Thresholds.leastIdleEndings) or more connections, and at least half of those of the group that broke (were reset by the peer, aborted or timed out) after a second of silence or more, broke after the same silence in the last 30 minutes: the longest is at most \(percent(Thresholds.idleSpread - 1)) longer than the shortest. Of each group the last 64 count",
      fault: "\(Thresholds.leastCutOff) or more of them had a request in flight",
      reason:
        "Silences of independent causes are spread out; ten that are alike are a timeout. The silence counts to the end or, if a request was sent last and not answered, up to that request, whichever is longer. Those that waited for an answer and ended within two seconds count as one, and what this side's keep-alive has ended not at all. If connections of the group have lately been silent for three quarters as long and went on, the silences may only tell how seldom they are used, and a restart of the peer explains them: then \(Thresholds.leastIdleMoments) of them at least must not overlap, so that as many events have ended them.",
      evidence:
        "how many, of how many, after which silence, how many with a request in flight; the peers of the group's connections that broke",
      blindness:
        "Needs tcp_info and destroy events. The silence of a connection without a request in flight counts to close(): a pool that notices late spreads it. A timeout of less than a second is not told from a slow answer. A restart or failover of the peer between two requests looks like a timeout if the connections were never seen to go on after such a silence: four connections of a group are watched at a time, at the polls that read all sockets.",
      alerts: [
        AlertRule(
          name: "IdleTimeoutRace", patience: "1m", metrics: ["findings"],
          thresholds: [.init("== 1", "The alert asks whether the finding stands as a fault.")])
      ]),
    FindingRule(
      kinds: [.listenDrops],
      fault:
        "a listener dropped a connection \(sinceBaseline), its accept queue is not full now, and it is not flooded",
      reason: "A client waits a second or more for each.",
      evidence: "drops; length and limit of the accept queue",
      blindness:
        "Needs sock_diag. The kernel does not say by listener whether its queue was full or memory was short.",
      alerts: [
        AlertRule(
          name: "ListenDrops", patience: "5m", metrics: ["listen_drops_total"],
          thresholds: [
            .init(
              "> 0.1", finding: "> 0",
              "Single ones happen under a burst: the alert wants one in ten seconds.")
          ])
      ]),
    FindingRule(
      kinds: [.ephemeralPorts],
      notice:
        "more than \(percent(Thresholds.ephemeralPorts.notice)) of the ephemeral ports cannot be used towards a destination, or towards any because bind() has taken them",
      fault:
        "more than \(percent(Thresholds.ephemeralPorts.fault)), on loopback without those in TIME-WAIT, if the kernel takes these again (tcp_tw_reuse is not 0, tcp_timestamps is not 0)",
      reason:
        "connect() fails with EADDRNOTAVAIL when all are; from four fifths on the search for a free one is slow too. If ports in TIME-WAIT are taken again, half of them stay free; so with tcp_tw_reuse=1 too, this many mean that they are not: the peer uses no TCP timestamps.",
      evidence:
        "ports used and their number, the group's sockets by state, sockets to the port whose process was not seen",
      blindness:
        "Of several processes seen to connect there, every one that has sockets to the port is named. TIME-WAIT that nobody was seen to hold is likely that of the only process seen. Whether a connected socket was bound before is known only if a poll saw it so, or if more ports are taken than connect() takes and no two connections share one. Up to a sixty-fourth of the ports may be bound for a minute before they are counted. Only the `limits.destinations` fullest are known.",
      alerts: [
        AlertRule(
          name: "EphemeralPortsExhausting", patience: "5m",
          metrics: ["ephemeral_ports_used", "ephemeral_ports_limit", "destination_sockets"],
          thresholds: [
            .init(
              "> 0.8", finding: "> \(Thresholds.ephemeralPorts.fault)",
              "Ports that bind() has taken are told alone, not for each destination too."),
            .init(
              "> 0.8", finding: "> \(Thresholds.ephemeralPorts.fault)",
              "The alert never counts TIME-WAIT on loopback: it does not know tcp_tw_reuse and tcp_timestamps."
            ),
          ])
      ]),
  ]
}

extension AlertRule {
  /// Alerts on the daemon itself, which nobody can find by looking at what it says, and on what is over.
  static let withoutFindings = [
    AlertRule(
      name: "ConnectionsTimedOut", patience: "5m", metrics: ["connections_ended_total"],
      thresholds: [
        .init("> 0.05", "A second: one in 20 seconds."),
        .init("> 0.1", "Single clients vanish from every host."),
      ],
      withoutFinding:
        "While it lasts it is `dead_path`; the alert is of those that have ended, and `explain` tells their stories."
    ),
    AlertRule(
      name: "SockstatedPollStale", patience: "1m", metrics: ["last_poll_timestamp_seconds"],
      thresholds: [.init("> 300", "Clocks differ, and polls may be a minute apart.")],
      withoutFinding: "A daemon that does not poll finds nothing; `/-/healthy` says so."),
    AlertRule(
      name: "SockstatedUnattributed", patience: "15m",
      metrics: ["unattributed_sockets", "sockets"],
      thresholds: [
        .init(">= 10", "The kernel has a few sockets of its own."),
        .init("> 0.1", "A tenth of the sockets is enough to make other alerts miss their process."),
      ],
      withoutFinding:
        "It is about the daemon's rights, and not about sockets; commands list it as not visible."),
  ]
}
