internal import Configuration
internal import NIOCore
internal import NIOSSL

/// How connections speak TLS: `tls_server_config` with its files read.
struct TLSContext: Sendable {
  /// One line that names the file.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Forward secrecy and authenticated encryption: no key exchange by RSA, no CBC. (Those of TLS 1.3 all are so.)
  private static let suites: [NIOTLSCipher] = [
    .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  ]

  /// Bytes of a file of certificates or keys that are read: all authorities of a distribution are a quarter.
  private static let fileLimit = 1 << 20

  /// How long a client may take to end TLS when we close.
  private static let shutdownTimeout = TimeAmount.milliseconds(500)

  let context: NIOSSLContext
  private let clientAuthType: ClientAuthType

  init(_ tls: WebConfig.TLS) throws(Failure) {
    clientAuthType = tls.clientAuthType
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try Self.certificates(in: tls.certFile).map { .certificate($0) },
      privateKey: .privateKey(try Self.key(in: tls.keyFile)))
    configuration.minimumTLSVersion = NIOSSL.TLSVersion(tls.minVersion)
    configuration.maximumTLSVersion = NIOSSL.TLSVersion(tls.maxVersion)
    configuration.shutdownTimeout = Self.shutdownTimeout
    configuration.applicationProtocols = ["http/1.1"]
    if tls.cipherSuites.isEmpty {
      // Older versions, which only who asks for them gets, have no such suites.
      if tls.minVersion >= .tls12 { configuration.cipherSuiteValues = Self.suites }
    } else {
      // Those of TLS 1.3, 0x13 and another byte, cannot be chosen.
      let chosen = tls.cipherSuites.map(\.number).filter { $0 >> 8 != 0x13 }
      if chosen.isEmpty {
        configuration.minimumTLSVersion = .tlsv13
      } else {
        configuration.cipherSuiteValues = chosen.map(NIOTLSCipher.init(rawValue:))
      }
    }
    if !tls.curvePreferences.isEmpty {
      configuration.curves = tls.curvePreferences.map { NIOTLSCurve(rawValue: $0.number) }
    }
    if let file = tls.clientCAFile {
      configuration.trustRoots = .certificates(try Self.certificates(in: file))
      configuration.sendCANameList = true
    }
    configuration.certificateVerification =
      switch tls.clientAuthType {
      case .noClientCert: .none
      case .requestClientCert, .verifyClientCertIfGiven: .optionalVerification
      case .requireClientCert, .requireAnyClientCert, .requireAndVerifyClientCert:
        .noHostnameVerification
      }
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw Failure(
        description: "\(tls.certFile), \(tls.keyFile): no certificate with its key: \(error)")
    }
  }

  /// Whether a client that has shown a certificate is known by it.
  var verifiesClients: Bool {
    clientAuthType == .requireAndVerifyClientCert || clientAuthType == .verifyClientCertIfGiven
  }

  /// Whether what a client may do depends on the certificate that it shows.
  var asksForCertificates: Bool { clientAuthType != .noClientCert }

  /// A handler for one connection.
  func makeHandler() -> NIOSSLServerHandler {
    switch clientAuthType {
    case .requestClientCert, .requireClientCert, .requireAnyClientCert:
      NIOSSLServerHandler(
        context: context,
        customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
    case .noClientCert, .verifyClientCertIfGiven, .requireAndVerifyClientCert:
      NIOSSLServerHandler(context: context)
    }
  }

  private static func certificates(in file: String) throws(Failure) -> [NIOSSLCertificate] {
    do {
      let bytes = try ConfigurationFile.read(file, limit: fileLimit)
      let certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
      guard !certificates.isEmpty else { throw Failure(description: "no certificate in it") }
      return certificates
    } catch {
      throw Failure(description: "\(file): cannot read certificates: \(error)")
    }
  }

  private static func key(in file: String) throws(Failure) -> NIOSSLPrivateKey {
    do {
      let bytes = try ConfigurationFile.read(file, limit: fileLimit)
      return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
    } catch {
      throw Failure(description: "\(file): cannot read a private key: \(error)")
    }
  }
}

extension NIOSSL.TLSVersion {
  fileprivate init(_ version: Configuration.TLSVersion) {
    switch version {
    case .tls10: self = .tlsv1
    case .tls11: self = .tlsv11
    case .tls12: self = .tlsv12
    case .tls13: self = .tlsv13
    }
  }
}
