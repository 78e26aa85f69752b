import SocketStates

/// Which sockets are asked for; nil asks for all.
package struct SocketFilter: Sendable {
  /// The label `state`.
  package var state: String?
  /// The label `process`.
  package var process: String?
  /// The label `port`: a number, or `other`.
  package var port: String?

  package init(state: String? = nil, process: String? = nil, port: String? = nil) {
    self.state = state
    self.process = process
    self.port = port
  }

  /// What is wrong with the question; nil where nothing is.
  package var complaint: String? {
    if let state, !TCPState.allCases.contains(where: { $0.label == state }) {
      let allowed = TCPState.allCases.map(\.label).joined(separator: ", ")
      return "state: no such state; allowed: \(allowed)"
    }
    if let port, port != GroupLabels.otherPort, UInt16(port) == nil {
      return "port: not a port; allowed: 0 to 65535, \(GroupLabels.otherPort)"
    }
    return nil
  }

  func admits(_ socket: SocketReport) -> Bool {
    if let state, socket.state.label != state { return false }
    if let process, socket.labels.process != process { return false }
    if let port, socket.labels.portText != port { return false }
    return true
  }
}
