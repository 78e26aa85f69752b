import Configuration
import Exposition
import NIOCore
import NIOSSL
import SocketStates

/// Asks daemons of other hosts. Whoever answers is not trusted: an answer is bounded in size and time.
struct PeerClient: Sendable {
  /// The longest body that is read, in bytes.
  static let maximumBody = 2 << 20

  let settings: Settings.Peers
  private let context: NIOSSLContext?
  private let authorization: String?

  init(_ settings: Settings.Peers) throws(Failure) {
    if let complaint = settings.complaint {
      throw Failure(message: "peers: \(complaint)", status: Failure.usage)
    }
    self.settings = settings
    context =
      settings.scheme == .http
      ? nil
      : try ClientTLS.context(
        ClientTLS.Files(
          authorities: settings.caFile, certificate: settings.certFile, key: settings.keyFile),
        .fullVerification, named: "peers")
    authorization =
      if let user = settings.user {
        try Authorization.basic(user: user, passwordFile: settings.passwordFile)
      } else { nil }
  }

  /// What came of a question.
  enum Outcome: Sendable {
    case answer(PeerAnswer)
    /// It knows nothing of that.
    case nothing
    /// It shows connections only to those who show who they are.
    case hidden
    /// No answer, and why.
    case failed(String)
  }

  /// Asks the daemon at a host.
  /// - Parameters:
  ///   - host: a name or an address, without brackets.
  ///   - port: nil is that of the settings.
  func ask(
    _ host: String, port: UInt16? = nil, _ path: String,
    _ query: [(name: String, value: String)] = []
  ) -> EventLoopFuture<(outcome: Outcome, address: Address?)> {
    let client = client(of: host, port: port)
    return client.response(path, query, accept: "application/json")
      .map { response in
        let address = response.address.flatMap { Address($0) }
        return (Self.outcome(of: response, path), address)
      }
      .flatMapErrorThrowing { (.failed(DaemonClient.reason(of: $0).visible), nil) }
  }

  private func client(of host: String, port: UInt16?) -> DaemonClient {
    let address = DaemonAddress(
      host: host, port: port ?? UInt16(clamping: settings.port),
      isSecure: settings.scheme == .https)
    var client = DaemonClient(address: address)
    client.authorization = authorization
    client.tls = context.map { ClientTLS($0, to: address, serverName: settings.serverName) }
    client.maximumBody = Self.maximumBody
    client.deadline = .milliseconds(settings.timeout.milliseconds)
    return client
  }

  private static func outcome(of response: ResponseCollector.Response, _ path: String) -> Outcome {
    if response.status == 403 { return .hidden }
    guard let complaint = DaemonClient.complaint(about: response, path, "application/json") else {
      return PeerAnswer(response.body).map { .answer($0) }
        ?? .failed("the response is not that of a sockstated")
    }
    let isOfRoute =
      response.status == 404 && response.contentType.hasPrefix("text/plain")
      && !response.body.starts(with: "Not found.".utf8)
    return isOfRoute ? .nothing : .failed(complaint.visible)
  }
}
