package import SocketStates

/// Which sockets are asked for; nil asks for all.
package struct SocketFilter: Sendable, Equatable {
  /// A state, or several, by a name that ``TCPStateSet`` knows.
  package var state: String? { didSet { states = Self.states(state) } }
  /// The label `process`.
  package var process: String?
  /// The label `port`: a number, or `other`.
  package var port: String?
  /// The process id, a number.
  package var pid: String?
  /// What ``state`` names; nothing if that is no name.
  private var states: TCPStateSet?

  package init(
    state: String? = nil, process: String? = nil, port: String? = nil, pid: String? = nil
  ) {
    self.state = state
    self.process = process
    self.port = port
    self.pid = pid
    states = Self.states(state)
  }

  private static func states(_ name: String?) -> TCPStateSet? {
    name.map { TCPStateSet(named: $0) ?? [] }
  }

  /// Whether all are asked for.
  package var isEmpty: Bool { state == nil && process == nil && port == nil && pid == nil }

  /// Which value is wrong, and what is allowed; nil if none is.
  package var complaint: String? {
    if states == [] { return "state: no such state; allowed: \(TCPStateSet.names)" }
    if let port, port != GroupLabels.otherPort, UInt16(port) == nil {
      return "port: not a port; allowed: 0 to 65535, \(GroupLabels.otherPort)"
    }
    if let pid, Int32(pid) ?? 0 <= 0 { return "pid: not a process id; allowed: 1 to \(Int32.max)" }
    return nil
  }

  /// Whether the socket is one of those.
  package func admits(_ socket: SocketReport) -> Bool {
    if let pid, String(socket.pid) != pid,
      !socket.holders.contains(where: { String($0.pid) == pid })
    {
      return false
    }
    if let states, !states.contains(socket.state) { return false }
    if let process, socket.labels.process != process { return false }
    if let port, socket.labels.portText != port { return false }
    return true
  }

  /// Whether the group has, or may have, one of those.
  package func admits(_ group: GroupReport) -> Bool {
    if let states,
      !TCPState.allCases.contains(where: { states.contains($0) && group.gauges.sockets[$0] > 0 })
    {
      return false
    }
    return admits(group.labels)
  }

  /// Whether a group of these labels may have one of those.
  package func admits(_ labels: GroupLabels) -> Bool {
    if let process, labels.process != process { return false }
    if let port, labels.portText != port { return false }
    if let pid, let own = labels.pid, String(own) != pid { return false }
    return true
  }
}
