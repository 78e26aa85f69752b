import Configuration
import NIOCore
import NIOSSL

/// How the client makes sure that it talks to the daemon that was meant (`--ca-file`, `--insecure`).
struct ClientTLS: Sendable {
  private let context: NIOSSLContext
  /// The name that the certificate must have, also sent as SNI (RFC 6066, 3); nil for an IP address,
  /// which NIOSSL compares with the address that it is connected to, and for a unix socket.
  private let serverName: String?

  /// TLS towards an address.
  /// - Parameters:
  ///   - caFile: certificates (PEM) of the authorities that are trusted; nil trusts the system's.
  ///   - isInsecure: trusts whoever answers.
  init(to address: DaemonAddress, caFile: String?, isInsecure: Bool) throws(Failure) {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.applicationProtocols = ["http/1.1"]
    do {
      if let caFile {
        let bytes = try ConfigurationFile.read(caFile, limit: 1 << 20)
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(bytes))
      }
      switch address.place {
      case .unix:
        serverName = nil
        configuration.certificateVerification = .noHostnameVerification
      case .tcp(let host, _):
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        serverName = isAddress ? nil : host
      }
      if isInsecure { configuration.certificateVerification = .none }
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      let file = caFile.map { " \($0): cannot read certificates" } ?? ""
      throw Failure(message: "--ca-file\(file): \(error)", status: Failure.usage)
    }
  }

  /// The handler of one connection.
  func makeHandler() throws -> NIOSSLClientHandler {
    try NIOSSLClientHandler(context: context, serverHostname: serverName)
  }

  /// Why no connection came to be, for people.
  static func reason(of error: any Error) -> String? {
    if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
      return "the certificate is for another host name"
    }
    guard let error = error as? NIOSSLError else { return nil }
    if case .uncleanShutdown = error { return nil }
    let text = String(describing: error)
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return "the certificate is not signed by a trusted authority; use --ca-file"
    }
    if text.contains("WRONG_VERSION_NUMBER") { return "the other side does not speak TLS" }
    return "TLS handshake failed: \(text)"
  }
}
