import Configuration
import NIOCore
import NIOSSL

/// How the client makes sure that it talks to the daemon that was meant (`--ca-file`, `--insecure`).
struct ClientTLS: Sendable {
  private let context: NIOSSLContext
  /// The name that the certificate must have, also sent as SNI (RFC 6066, 3); nil for an IP address,
  /// which NIOSSL compares with the address that it is connected to, and for a unix socket.
  private let serverName: String?

  /// Certificates and keys, as files (PEM).
  struct Files: Equatable {
    /// Certificates of the authorities that are trusted; nil trusts the system's.
    var authorities: String?
    /// The client's own certificate and its key; nil shows none.
    var certificate: String?
    var key: String?
  }

  /// TLS towards an address.
  /// - Parameters:
  ///   - caFile: as ``Files/authorities``.
  ///   - isInsecure: trusts whoever answers.
  init(to address: DaemonAddress, caFile: String?, isInsecure: Bool) throws(Failure) {
    var verification = CertificateVerification.fullVerification
    if case .unix = address.place { verification = .noHostnameVerification }
    self.init(
      try Self.context(
        Files(authorities: caFile), isInsecure ? .none : verification, named: "--ca-file"),
      to: address)
  }

  /// - Parameter serverName: the name that the certificate must have in place of the address's own.
  init(_ context: NIOSSLContext, to address: DaemonAddress, serverName: String? = nil) {
    self.context = context
    if case .tcp(let host, _) = address.place,
      (try? SocketAddress(ipAddress: host, port: 0)) == nil
    {
      self.serverName = serverName ?? host
    } else {
      self.serverName = serverName
    }
  }

  /// What is trusted and shown, for any number of connections.
  /// - Parameter name: what errors call the setting.
  static func context(
    _ files: Files, _ verification: CertificateVerification, named name: String
  ) throws(Failure) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.applicationProtocols = ["http/1.1"]
    configuration.certificateVerification = verification
    var file = files.authorities
    do {
      if let path = files.authorities {
        let bytes = try ConfigurationFile.read(path, limit: 1 << 20)
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(bytes))
      }
      if let certificate = files.certificate, let key = files.key {
        file = certificate
        let chain = try NIOSSLCertificate.fromPEMBytes(
          ConfigurationFile.read(certificate, limit: 1 << 20))
        configuration.certificateChain = chain.map { .certificate($0) }
        file = key
        configuration.privateKey = .privateKey(
          try NIOSSLPrivateKey(bytes: ConfigurationFile.read(key, limit: 1 << 20), format: .pem))
      }
      return try NIOSSLContext(configuration: configuration)
    } catch {
      let file = file.map { " \($0): cannot read certificates" } ?? ""
      throw Failure(message: "\(name)\(file): \(error)", status: Failure.usage)
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
