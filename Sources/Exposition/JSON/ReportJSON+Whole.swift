internal import SocketStates

extension ReportJSON {
  /// All that a report holds but its sockets one by one.
  /// - Parameter showsAddresses: whether the client may see who is connected.
  static func writeWhole(_ report: Report, showsAddresses: Bool, to json: inout JSONWriter) {
    json.member("sequence", report.sequence)
    json.member("tracked_sockets", report.trackedSockets)
    json.member("groups_refused", report.groupsRefused)
    writeGroups(report, to: &json)
    json.key("stuckSockets")
    json.array { json in
      for stuckSocket in report.stuckSockets {
        json.object { write(stuckSocket.socket, showsAddresses, to: &$0) }
      }
    }
    if !report.fullListeners.isEmpty {
      json.key("full_listeners")
      json.array { json in
        for listener in report.fullListeners {
          json.object { write(listener, showsAddresses, to: &$0) }
        }
      }
    }
    if showsAddresses { writePaths(report, to: &json) }
    json.key("descriptors")
    json.array { json in
      for descriptors in report.descriptors {
        json.object { json in
          json.member("process", descriptors.process)
          json.member("unit", descriptors.unit)
          json.member("open", descriptors.open)
          json.member("limit", descriptors.limit)
        }
      }
    }
    if let host = report.namespaces.first?.host {
      json.key("host")
      json.object { write(host, to: &$0) }
    }
    guard report.namespaces.count > 1 else { return }
    json.key("namespaces")
    json.array { json in
      for space in report.namespaces.dropFirst() {
        json.object { json in
          json.member("netns", space.netns)
          if let host = space.host { write(host, to: &json) }
        }
      }
    }
  }

  private static func writePaths(_ report: Report, to json: inout JSONWriter) {
    json.key("destinations")
    json.array { json in
      for destination in report.destinations {
        json.object { json in
          json.member("destination", destination.destination.description)
          if !destination.netns.isEmpty { json.member("netns", destination.netns) }
          json.member("syn_sent", destination.synSent)
          json.member("time_wait", destination.timeWait)
        }
      }
    }
    json.key("ephemeral_ports")
    json.array { json in
      for ports in report.ephemeralPorts {
        json.object { json in
          json.member("source", ports.source.description)
          json.member("destination", ports.destination.description)
          if !ports.netns.isEmpty { json.member("netns", ports.netns) }
          json.member("used", ports.used)
          json.member("limit", ports.limit)
        }
      }
    }
  }

  private static func write(_ host: HostCounters, to json: inout JSONWriter) {
    let counters = [
      ("listen_drops", host.listenDrops), ("listen_overflows", host.listenOverflows),
      ("established_resets", host.establishedResets), ("resets_sent", host.resetsSent),
    ]
    for (name, value) in counters {
      if let value { json.member(name, value) }
    }
  }
}
