internal import SocketStates

/// Connections that have ended, as JSON.
extension ReportJSON {
  static func write(
    _ connection: EndedConnection, _ showsAddresses: Bool, to json: inout JSONWriter
  ) {
    write(connection.labels, to: &json)
    if connection.labels.pid == nil, connection.pid != 0 { json.member("pid", connection.pid) }
    json.member("how", connection.how.label)
    json.member("ended", Double(connection.ended) / 1e3)
    if let openBy = connection.openBy { json.member("open_by", Double(openBy) / 1e3) }
    if let state = connection.lastState { json.member("last_state", state.label) }
    if showsAddresses {
      json.member("local", connection.localText)
      if connection.remote.port != 0 { json.member("remote", connection.remoteText) }
    }
    json.member("sent_bytes", connection.sentBytes)
    json.member("received_bytes", connection.receivedBytes)
    json.member("unacknowledged_bytes", connection.unacknowledgedBytes)
    json.member("unread_bytes", connection.unreadBytes)
    json.member("retransmits", connection.retransmits)
    if connection.rtt > 0 { json.member("rtt_seconds", Double(connection.rtt) / 1e6) }
    if let idle = connection.idle { json.member("idle_seconds", Double(idle) / 1e3) }
    if let silence = connection.silence {
      json.member("silence_seconds", Double(silence) / 1e3)
    }
    json.member("unanswered", connection.isUnanswered)
  }
}
