package import SocketStates

extension TCPStateSet {
  /// The words of ss(8) for more than one state.
  private static let families: KeyValuePairs<String, TCPStateSet> = [
    "all": all, "connected": connected,
    "synchronized": connected.subtracting(TCPStateSet(.synSent)), "bucket": small,
    "big": all.subtracting(small),
  ]
  private static let all = TCPStateSet(TCPState.allCases.map { TCPStateSet($0) })
  private static let connected = all.subtracting([TCPStateSet(.listen), TCPStateSet(.close)])
  /// What the kernel holds in less than a whole socket.
  private static let small: TCPStateSet = [TCPStateSet(.synRecv), TCPStateSet(.timeWait)]

  /// What ``init(named:)`` reads, for an error message.
  package static let names =
    (TCPState.allCases.map(\.label) + families.map(\.key)).joined(separator: ", ")

  /// Reads a state as the label `state`, the tables, or ss(8) write it, or one of the words of ss(8) for
  /// several states; in upper or lower case, with `-` or `_`. nil if it is none.
  package init?(named text: String) {
    let word = Self.bare(text)
    let one = TCPState.allCases.first { state in
      ([state.label, state.title] + Self.otherNames(of: state)).contains { Self.bare($0) == word }
    }
    guard
      let states = one.map({ TCPStateSet($0) })
        ?? Self.families.first(where: { $0.key == word })?.value
    else { return nil }
    self = states
  }

  private static func bare(_ text: String) -> String {
    text.lowercased().filter { $0 != "-" && $0 != "_" }
  }

  /// What ss(8) takes or prints besides.
  private static func otherNames(of state: TCPState) -> [String] {
    switch state {
    case .synRecv: ["syn-rcv"]
    case .close: ["unconnected", "unconn"]
    case .listen: ["listening"]
    default: []
    }
  }
}
