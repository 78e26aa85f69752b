/// Whose sockets, and which side: the labels of everything that is counted by group.
package struct GroupLabels: Hashable, Sendable {
  /// The owner's name; bytes that were not UTF-8 are already replaced.
  package var process: String
  /// systemd unit or container; empty if there is none.
  package var unit: String
  package var direction: Direction
  /// The service port; nil is `other`: the groups past the budget.
  package var port: UInt16?
  /// Only where the config asks for it.
  package var pid: Int32?
  /// The network namespace: a container, or one bound by a name; empty for the daemon's own.
  package var netns: String

  package init(
    process: String, unit: String, direction: Direction, port: UInt16?, pid: Int32? = nil,
    netns: String = ""
  ) {
    self.process = process
    self.unit = unit
    self.direction = direction
    self.port = port
    self.pid = pid
    self.netns = netns
  }
}

extension GroupLabels {
  /// The process name of the groups past the budget.
  package static let otherProcess = "other"
  /// What the owner's processes cannot choose of the unit: `user@1000` of `user@1000/x.service`.
  package var provenUnit: String { String(unit.prefix { $0 != "/" }) }
  /// The same of all processes of the name.
  var ofAnyPid: GroupLabels {
    var labels = self
    labels.pid = nil
    return labels
  }
  /// The value of the label `port`.
  package var portText: String { port.map { "\($0)" } ?? Self.otherPort }
  /// The value of the label `port` where neither port is a service's.
  package static let otherPort = "other"
  /// The labels by which scrapers get it past the budget.
  var other: GroupLabels {
    GroupLabels(
      process: Self.otherProcess, unit: "", direction: direction, port: nil, netns: netns)
  }
  /// Whether the process is not known.
  var isUnknown: Bool { process == Owner.unknownName }
  /// Whether this is the group of what is past the budget.
  package var isOther: Bool { port == nil && process == Self.otherProcess }
}

/// Which side a socket is on.
package enum Direction: UInt8, Sendable, CaseIterable {
  /// The local port is, or was, listened on.
  case inbound
  /// This host connected.
  case outbound

  /// The value of the label `direction`.
  package var label: String {
    switch self {
    case .inbound: "inbound"
    case .outbound: "outbound"
    }
  }
}
