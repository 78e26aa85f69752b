internal import SocketStates

/// What a reader of a text asks for, and may see: the flags of a command, or the parameters of a route.
package struct TextView: Sendable, Equatable {
  package var style: TerminalStyle
  package var filter: SocketFilter
  package var order: GroupOrder
  /// How the reader has asked, for the commands that are printed.
  package var invocation = InvocationFlags()
  /// Whether the reader may see who is connected.
  package var showsAddresses = true
  /// What could not be seen, and why.
  package var notVisible: [String] = []

  package init(
    style: TerminalStyle = TerminalStyle(), filter: SocketFilter = SocketFilter(),
    order: GroupOrder = .severity
  ) {
    self.style = style
    self.filter = filter
    self.order = order
  }

  /// An endpoint of a socket; `-` if it is not to be seen, or is none.
  func text(of endpoint: Endpoint, _ socket: SocketReport) -> String {
    showsAddresses && endpoint.port != 0 ? endpoint.text(device: socket.device) : "-"
  }

  /// A line for each thing that could not be seen.
  var notVisibleLines: String {
    notVisible.map { style.wrap("Not visible: \($0).".visible) }.joined()
  }
}
