internal import SocketStates

/// Which connections are asked for, those that live and those that have ended; nil asks for all.
package struct ConnectionFilter: Sendable, Equatable {
  /// Of connections that live, as ``how``.
  package static let open = "open"

  package var local: String?
  package var remote: String?
  /// The label `process`.
  package var process: String?
  /// The label `port`: a number, or `other`.
  package var port: String?
  /// The label `how`, or ``open``.
  package var how: String?

  package init() {}

  /// Whether it can be answered only to those who may see who is connected.
  package var namesAddresses: Bool { local != nil || remote != nil }

  /// Which value is wrong, and what is allowed; nil if none is.
  package var complaint: String? {
    for (name, value) in [("local", local), ("remote", remote)] {
      guard let value else { continue }
      guard let endpoint = WrittenEndpoint(value) else {
        return "\(name): not an address with a port; allowed: 192.0.2.1:443, [2001:db8::1]:443"
      }
      if let complaint = endpoint.complaint { return complaint }
    }
    let ways = ConnectionEnd.allCases.filter { $0 != .moved }.map(\.label) + [Self.open]
    if let how, !ways.contains(how) {
      return "how: no such end; allowed: \(ways.joined(separator: ", "))"
    }
    return SocketFilter(port: port).complaint
  }

  /// What of a report is asked for.
  func connections(in report: Report) -> (living: [SocketReport], ended: [EndedConnection]) {
    let ends = (local.flatMap { WrittenEndpoint($0) }, remote.flatMap { WrittenEndpoint($0) })
    let labels = SocketFilter(process: process, port: port)
    func admits(
      _ local: Endpoint, _ remote: Endpoint, on device: String, _ group: GroupLabels
    ) -> Bool {
      ends.0?.means(local, on: device) != false && ends.1?.means(remote, on: device) != false
        && labels.admits(group)
    }
    let living =
      how ?? Self.open != Self.open
      ? []
      : (report.sockets ?? []).filter {
        $0.isConnection && admits($0.local, $0.remote, on: $0.device, $0.labels)
      }
    let ended =
      how == Self.open
      ? []
      : report.ended?.all {
        $0.how.label == how ?? $0.how.label && admits($0.local, $0.remote, on: $0.device, $0.labels)
      }
    return (living, ended ?? [])
  }
}

extension SocketReport {
  /// Whether it has two ends, and did not end yet.
  var isConnection: Bool { state != .listen && state != .close && remote.port != 0 }
}
