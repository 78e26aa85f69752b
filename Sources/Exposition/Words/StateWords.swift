package import SocketStates

extension TCPState {
  /// What the state is in the life of a connection, and who moves on from it (RFC 9293, 3.3.2).
  package var words: String {
    switch self {
    case .established: "both sides may send"
    case .synSent:
      "asked to connect, not answered yet: the remote side or the network is responsible"
    case .synRecv:
      "asked by a client, the last step of opening is missing: the client is responsible"
    case .finWait1: "ended here, not confirmed yet: the network is responsible"
    case .finWait2: "ended here, not by the peer: the peer is responsible"
    case .timeWait: "closed; the kernel keeps the ports for 60 seconds"
    case .close: "not connected"
    case .closeWait: "ended by the peer, not here: this process is responsible"
    case .lastAck: "ended by both, our end is not confirmed yet: the network is responsible"
    case .listen: "waits for clients"
    case .closing: "ended by both at once, not confirmed yet: the network is responsible"
    }
  }
}

extension Finding.ResponsibleParty {
  /// Who it is, in two words.
  package var words: String {
    switch self {
    case .process: "the process"
    case .peer: "the peer"
    case .network: "the network"
    case .kernel: "the kernel"
    }
  }
}
