package import SocketStates

/// `/api/v1/overview`: what the page at `/` shows, in one answer: the whole report, what was found in it
/// in values and words, and the last half hour of the groups that something was found in.
package enum OverviewJSON {
  /// What the daemon says besides the report.
  package struct Circumstances: Sendable {
    /// ms since the report.
    package var age: Int64
    /// ms from one poll to the next.
    package var interval: Int64
    /// Whether the client may see who is connected.
    package var showsAddresses: Bool

    package init(age: Int64, interval: Int64, showsAddresses: Bool) {
      self.age = age
      self.interval = interval
      self.showsAddresses = showsAddresses
    }
  }

  /// Findings that are told, and connections that are told of each of them; the rest are counted.
  private static let findingLimit = 60

  /// One object and a newline.
  package static func document(
    _ report: Report, _ history: History, _ circumstances: Circumstances
  ) -> [UInt8] {
    let findings = report.findings
    let told = findings.prefix(findingLimit)
    return ReportJSON.document(report) { json in
      json.member("age_seconds", Double(max(circumstances.age, 0)) / 1e3)
      json.member("interval_seconds", Double(circumstances.interval) / 1e3)
      json.member("shows_addresses", circumstances.showsAddresses)
      json.key("findings")
      json.array { json in
        for finding in told {
          FindingJSON.write(finding, showsAddresses: circumstances.showsAddresses, to: &json)
        }
      }
      json.member("findings_left_out", findings.count - told.count)
      json.key("history")
      json.object { json in
        json.member("spacing_seconds", Double(History.spacing) / 1e3)
        json.member("length", History.length)
        json.key("groups")
        json.array { write(history, of: told.map(\.labels), to: &$0) }
      }
      ReportJSON.writeWhole(report, showsAddresses: circumstances.showsAddresses, to: &json)
    }
  }

  private static func write(
    _ history: History, of groups: [GroupLabels], to json: inout JSONWriter
  ) {
    var written = Set<GroupLabels>()
    for labels in groups where written.insert(labels).inserted {
      let points = history.points(of: labels)
      json.object { json in
        ReportJSON.write(labels, to: &json)
        write("sockets", points.map(\.sockets), to: &json)
        write("close_wait", points.map(\.closeWait), to: &json)
        write("waiting", points.map(\.waiting), to: &json)
      }
    }
  }

  private static func write(_ name: String, _ values: [UInt32], to json: inout JSONWriter) {
    json.key(name)
    json.array { json in
      for value in values { json.value(value) }
    }
  }
}
