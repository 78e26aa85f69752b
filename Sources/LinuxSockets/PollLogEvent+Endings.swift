import SocketStates

extension FlightRecorder {
  /// The log lines of the endings that are to be logged since the last call.
  func takeLogEvents(_ containers: ContainerNames) -> [PollLogEvent] {
    let (connections, omitted) = takeLogged()
    var events = connections.map { PollLogEvent(ended: $0, containers) }
    if omitted > 0 {
      events.append(
        PollLogEvent(
          "more connections ended than are logged at once", isWarning: true,
          [("omitted", "\(omitted)")]))
    }
    return events
  }
}

extension PollLogEvent {
  /// The log line of a connection that has ended.
  fileprivate init(ended connection: EndedConnection, _ containers: ContainerNames) {
    let labels = connection.labels
    var details = [
      (name: "how", value: connection.how.label), ("process", labels.process),
      ("direction", labels.direction.label), ("port", labels.portText),
      ("local", connection.localText),
      ("remote", connection.remote.port == 0 ? "unknown" : connection.remoteText),
      ("sent_bytes", "\(connection.sentBytes)"), ("received_bytes", "\(connection.receivedBytes)"),
      ("unacknowledged_bytes", "\(connection.unacknowledgedBytes)"),
      ("unread_bytes", "\(connection.unreadBytes)"), ("retransmits", "\(connection.retransmits)"),
    ]
    if connection.pid != 0 { details.append(("pid", "\(connection.pid)")) }
    details += labels.placeDetails(containers)
    if let state = connection.lastState { details.append(("last_state", state.label)) }
    if let idle = connection.idle { details.append(("idle", "\(Double(idle) / 1000)s")) }
    self.init("connection ended", details)
  }
}
