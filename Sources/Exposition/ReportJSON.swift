package import SocketStates

/// A report as JSON.
package enum ReportJSON {
  /// One JSON object and a newline.
  ///
  /// Times in Unix seconds. As in the metrics, a state is there once it was seen, queues of bytes
  /// once there was a connection, and the accept queue once there was a listener.
  package static func render(_ report: Report) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("time", report.time)
      json.member("source", report.source.rawValue)
      json.key("groups")
      json.array { json in
        for group in report.groups { write(group, to: &json) }
      }
      json.key("unattributed")
      write(report.unattributed, seen: report.unattributedSeen, to: &json)
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  private static func write(_ group: GroupReport, to json: inout JSONWriter) {
    json.object { json in
      json.member("process", group.labels.process)
      json.member("unit", group.labels.unit)
      json.member("direction", group.labels.direction.label)
      if let port = group.labels.port {
        json.member("port", port)
      } else {
        json.member("port", "other")
      }
      if let pid = group.labels.pid { json.member("pid", pid) }
      json.key("sockets")
      write(group.gauges.sockets, seen: group.statesSeen, to: &json)
      if group.hasConnections {
        json.member("receive_queue_bytes", group.gauges.receiveQueue)
        json.member("send_queue_bytes", group.gauges.sendQueue)
      }
      if group.hasListener {
        json.member("accept_queue_length", group.gauges.acceptQueueLength)
        json.member("accept_queue_limit", group.gauges.acceptQueueLimit)
      }
    }
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
