internal import SocketStates

extension TCPStateSet {
  /// Whether there is a state but LISTEN: then there are queues of bytes.
  var hasConnections: Bool { !subtracting(TCPStateSet(.listen)).isEmpty }
}
