package import SocketStates

extension TCPState {
  /// What the state is in the life of a connection, and who has to act next (RFC 9293, 3.3.2).
  package var words: String {
    switch self {
    case .established: "both sides may send"
    case .synSent:
      "connection requested, not answered yet: the remote side or the network is responsible"
    case .synRecv:
      "requested by a client, the last step of the handshake is missing: the network or the client is responsible"
    case .finWait1:
      "closed here, not acknowledged yet: the network is responsible, or a peer that reads nothing"
    case .finWait2: "closed here, not by the peer: the peer is responsible"
    case .timeWait: "closed; the kernel keeps the ports for 60 seconds"
    case .close: "only bound to a port, or ended and not closed here"
    case .closeWait: "closed by the peer, not here: this process is responsible"
    case .lastAck:
      "closed by both, our FIN is not acknowledged yet: the network is responsible, or a peer that reads nothing"
    case .listen: "waiting for clients"
    case .closing: "closed by both at once, not acknowledged yet: the network is responsible"
    }
  }
}

extension Finding.ResponsibleParty {
  /// Who has to act, in two words.
  package var words: String {
    switch self {
    case .process: "the process"
    case .peer: "the peer"
    case .network: "the network"
    case .kernel: "the kernel"
    }
  }
}
