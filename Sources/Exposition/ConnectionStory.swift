package import SocketStates

/// The story of one connection, whose two addresses somebody has found in a log.
package struct ConnectionStory: Sendable {
  /// Connections of the same addresses that are told, at most: ports are used again.
  private static let limit = 6

  /// Unix time of the report, seconds.
  let time: Double
  let source: SourceName
  /// What the containers of the report are called.
  let containers: ContainerNames
  /// Ends of it that are over, the last first.
  let ended: [EndedConnection]

  /// - Parameter report: with its endings.
  package init(of first: WrittenEndpoint, and second: WrittenEndpoint, in report: Report) {
    time = report.time
    source = report.source
    containers = report.containers
    let found = report.ended?.all { connection in
      let (local, remote) = (connection.local, connection.remote)
      if remote.port != 0 {
        return [(first, second), (second, first)].contains {
          $0.means(local, on: connection.device) && $1.means(remote, on: connection.device)
        }
      }
      // The kernel keeps no remote address of what was reset here. A client's port says enough.
      return connection.isInbound != true && (first.mayMean(local) || second.mayMean(local))
    }
    ended = Array((found ?? []).prefix(Self.limit))
  }

  /// Whether nothing is known of its end.
  package var isEmpty: Bool { ended.isEmpty }

  /// The story for people.
  package func text(_ view: TextView) -> String {
    var style = view.style
    style.width = min(style.width ?? ExplanationText.defaultWidth, ExplanationText.maximumWidth)
    var result = ""
    for connection in ended {
      if !result.isEmpty { result += "\n" }
      result += style.wrap(connection.title.visible)
      for line in connection.story(at: time, containers) {
        result += style.wrap(line.visible, indent: 2)
      }
    }
    return result
  }

  /// The story as one object and a newline.
  package func json() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("time", time)
      json.member("source", source.rawValue)
      json.array("ends") { json in
        for connection in ended {
          json.object { ReportJSON.write(connection, true, to: &$0) }
        }
      }
      json.array("story") { json in
        for connection in ended {
          json.value(
            ([connection.title + "."] + connection.story(at: time, containers)).joined(
              separator: " "))
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  /// Why the end of a connection may not be known, in one line without a full stop; nil if it would be.
  package static func whyUnknown(in report: Report) -> String? {
    if report.ended?.limit == 0 {
      return "ended.keep is 0: connections that have ended are not remembered"
    }
    guard let events = report.daemon.destroyEvents else {
      return "without the kernel's destroy events no end of a connection is remembered"
    }
    let kept = report.ended.map { $0.count == $0.limit ? $0.limit : nil } ?? nil
    let limit = kept.map { "; the last \($0) are remembered, a higher ended.keep keeps more" } ?? ""
    let lost = report.daemon.destroyEventsLost ?? 0 > 0 ? "; the kernel has dropped some" : ""
    return
      "\(events) ends of connections were told since this process began to watch\(limit)\(lost)"
  }
}
