import SocketStates

/// Something that the operator should know: a log line with named details.
package struct PollLogEvent: Sendable {
  package var message: String
  package var isWarning: Bool
  package var details: [(name: String, value: String)]
  /// Whether it says that something cannot be seen.
  package var limitsSight = false

  init(_ message: String, isWarning: Bool = false, _ details: [(name: String, value: String)] = [])
  {
    self.message = message
    self.isWarning = isWarning
    self.details = details
  }
}

extension PollLogEvent {
  /// The log line of a group that starts to have stuck CLOSE-WAIT sockets, or descriptors of ended
  /// connections, has twice as many, or is rid of them.
  init(stuck event: FindingLog.Event, _ containers: ContainerNames) {
    let labels = event.labels
    var details = [(name: "process", value: labels.process)]
    if let pid = event.oldest.first?.pid, pid != 0 {
      details.append(("pid", "\(pid)"))
    }
    details += labels.placeDetails(containers)
    details.append(("direction", labels.direction.label))
    details.append(("port", labels.portText))
    guard let age = event.oldestAge else {
      details.append(("peak", "\(event.peak)"))
      if event.isClosed {
        self.init("no descriptors of ended connections are held any more", details)
      } else if event.closed > 0 {
        details.append(("held", "\(event.closed)"))
        self.init(
          "CLOSE-WAIT sockets have ended without being closed: the process still holds their descriptors",
          isWarning: true, details)
      } else {
        self.init("no CLOSE-WAIT sockets are stuck any more", details)
      }
      return
    }
    details.append(("count", "\(event.count)"))
    details.append(("oldest_age", "\(age / 1000)s"))
    if event.isClosed {
      self.init("connections have ended, and their descriptors are held", isWarning: true, details)
      return
    }
    details.append(("cause", event.causeText))
    details.append(
      ("peers", event.oldest.map(\.remote.description).joined(separator: ",")))
    self.init("CLOSE-WAIT sockets are stuck", isWarning: true, details)
  }
}

extension GroupLabels {
  /// Where the process is, as details of a log line.
  func placeDetails(_ containers: ContainerNames) -> [(name: String, value: String)] {
    let details: [(name: String, value: String)] = [
      ("unit", unit), ("netns", netns), ("container", containers[unit]?.text ?? ""),
    ]
    return details.filter { !$0.value.isEmpty }
  }
}
