package import SocketStates

/// A finding as JSON: its values for programs, its words for people.
package enum FindingJSON {
  /// Writes one finding as an object.
  /// - Parameters:
  ///   - showsAddresses: whether the reader may see who is connected.
  ///   - look: the flags of the reader's own command, for the commands in its words.
  package static func write(
    _ finding: Finding, showsAddresses: Bool, look: InvocationFlags = InvocationFlags(),
    to json: inout JSONWriter
  ) {
    let words = FindingWords(finding, showsAddresses: showsAddresses, look: look)
    json.object { json in
      json.member("kind", finding.kind.label)
      if case .closeWait(let cause) = finding.kind { json.member("cause", cause.label) }
      if case .connectsUnanswered(.listenerFull) = finding.kind {
        json.member("cause", Finding.UnansweredReason.listenerFull.rawValue)
      }
      if case .connectionsReset(let side) = finding.kind { json.member("cause", side.rawValue) }
      json.member("severity", finding.severity.label)
      json.member("responsible", finding.responsible.rawValue)
      ReportJSON.write(finding.labels, to: &json)
      if finding.labels.pid == nil, let pid = finding.pid { json.member("pid", pid) }
      if let cause = finding.follows {
        json.object("follows") { json in
          json.member("kind", cause.kind.label)
          ReportJSON.write(cause.labels, to: &json)
        }
      }
      json.array("evidence") { json in
        for evidence in finding.evidence { write(evidence, showsAddresses, to: &json) }
      }
      json.object("words") { json in
        json.member("headline", words.headline)
        json.member("meaning", words.meaning)
        json.member("responsible", words.responsible)
        json.member("cause", words.cause)
        json.member("symptoms", words.symptoms)
        write(words.steps, to: &json)
        json.member("runbook", words.runbook)
      }
    }
  }

  static func write(_ steps: [FindingWords.Step], to json: inout JSONWriter) {
    json.array("steps") { json in
      for step in steps {
        json.object { json in
          json.member("text", step.text)
          if let command = step.command { json.member("command", command) }
        }
      }
    }
  }

  static func write(
    _ evidence: Evidence, _ showsAddresses: Bool, to json: inout JSONWriter
  ) {
    json.object { json in
      switch evidence {
      case .sockets(let state, let count):
        json.member("state", state.label)
        json.member("sockets", count)
      case .oldest(let age, let isAtLeast):
        json.member("oldest_age_seconds", Double(age) / 1e3)
        if isAtLeast { json.member("is_lower_bound", true) }
      case .receiveQueue(let bytes): json.member("receive_queue_bytes", bytes)
      case .sendQueue(let bytes): json.member("send_queue_bytes", bytes)
      case .stalled(let stall, let count, let all):
        json.member("stall_reason", stall.label)
        json.member("sockets", count)
        json.member("of_connections", all)
      case .acceptQueue(let length, let limit):
        json.member("accept_queue_length", length)
        json.member("accept_queue_limit", limit)
      case .retransmitted(let again, let sent, let spurious, let reordered, let span):
        json.member("retransmitted_segments", again)
        json.member("spurious_retransmissions", spurious)
        json.member("reordered_retransmissions", reordered)
        json.member("sent_segments", sent)
        write(span, to: &json)
      case .connectFailures(let failure, let count, let span):
        json.member("connect_failures", count)
        json.member("reason", failure.label)
        write(span, to: &json)
      case .attemptsOver(let failed, let all, let span):
        json.member("attempts_failed", failed)
        json.member("attempts_over", all)
        write(span, to: &json)
      case .sendLimited(let limit, let share, let span):
        json.member("send_limit", limit.rawValue)
        json.member("share", share)
        write(span, to: &json)
      case .ephemeralPorts(let ports):
        json.member("ephemeral_ports_used", ports.used)
        json.member("ephemeral_ports_limit", ports.limit)
        if showsAddresses {
          json.member("source", ports.source.description)
          json.member("destination", ports.destinationText)
        }
        if ports.bound > 0 { json.member("ephemeral_ports_bound", ports.bound) }
      case .ownerless(let count, let isLikelyOwn):
        json.member("ownerless_sockets", count)
        json.member("likely_own", isLikelyOwn)
      case .descriptors(let open, let limit):
        json.member("open_fds", open)
        json.member("max_fds", limit)
      case .destination(let report):
        json.member("syn_sent", report.synSent)
        json.member("time_wait", report.timeWait)
        if showsAddresses { json.member("destination", report.destinationText) }
      case .fullListener(let socket):
        json.object("listener") { json in
          json.member("process", socket.labels.process)
          if socket.pid != 0 { json.member("pid", socket.pid) }
          json.member("accept_queue_length", socket.receiveQueue)
          json.member("accept_queue_limit", socket.sendQueue)
        }
      case .socket(let socket):
        json.object("socket") { ReportJSON.write(socket, showsAddresses, to: &$0) }
      case .peersWaiting(let count): json.member("waiting_peers", count)
      case .waitsItself(let count): json.member("waits_itself_for_peers", count)
      case .listenDrops(let drops, let span):
        json.member("listen_drops", drops)
        write(span, to: &json)
      case .handshakes(let count, let limit):
        json.member("unfinished_handshakes", count)
        json.member("unfinished_handshakes_limit", limit)
      case .deferredHandshakes(let count, let limit):
        json.member("deferred_handshakes", count)
        json.member("unfinished_handshakes_limit", limit)
      case .synCookies(let count, let span):
        json.member("host_syn_cookies_sent", count)
        write(span, to: &json)
      case .cutOff(let cutOff, let span):
        json.member("connections_cut_off", cutOff.count)
        json.member("cut_off_under_way", cutOff.underWay)
        json.member("cut_off_after_silence", cutOff.silent)
        json.member("connections_ended", cutOff.ended)
        write(span, to: &json)
      case .likelyClient(let process): json.member("likely_process", process)
      case .idleCluster(let cluster):
        json.member("connections_after_silence", cluster.count)
        json.member("connections_broken", cluster.all)
        json.member("silence_seconds", Double(cluster.idle) / 1e3)
        json.member("shortest_seconds", Double(cluster.shortest) / 1e3)
        json.member("longest_seconds", Double(cluster.longest) / 1e3)
        json.member("requests_in_flight", cluster.inFlight)
      case .peers(let worst):
        json.member("trouble", worst.trouble.label)
        json.member("total", worst.total)
        if showsAddresses {
          json.array("peers") { json in
            for peer in worst.peers {
              json.object { json in
                json.member("address", peer.address.description)
                json.member("count", peer.count)
              }
            }
          }
        }
      case .hostAborts(let reason, let count, let span):
        json.member("host_aborts", count)
        json.member("reason", reason.rawValue)
        write(span, to: &json)
      case .condition(let condition, let process, let pid):
        json.member("process", process)
        json.member("pid", pid)
        json.member("condition", condition.label)
        if case .frozen(let cgroup) = condition { json.member("cgroup", cgroup) }
      }
      if let words = evidence.words(showsAddresses: showsAddresses) { json.member("words", words) }
    }
  }

  private static func write(_ span: Evidence.Span, to json: inout JSONWriter) {
    switch span {
    case .last(let milliseconds): json.member("within_seconds", Double(milliseconds) / 1e3)
    case .allTime: break
    }
  }
}
