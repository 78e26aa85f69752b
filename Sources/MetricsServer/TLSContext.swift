internal import NIOCore
internal import NIOSSL

/// A policy with its files read.
struct TLSContext: Sendable {
  /// One line that names the file.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// How long a client may take to end TLS when we close.
  private static let shutdownTimeout = TimeAmount.milliseconds(500)

  private let context: NIOSSLContext
  private let clientCertificate: TLSPolicy.ClientCertificate

  init(_ policy: TLSPolicy) throws(Failure) {
    clientCertificate = policy.clientCertificate
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try Self.certificates(in: policy.certFile).map { .certificate($0) },
      privateKey: .privateKey(try Self.key(in: policy.keyFile)))
    configuration.minimumTLSVersion = NIOSSL.TLSVersion(policy.minVersion)
    configuration.maximumTLSVersion = NIOSSL.TLSVersion(policy.maxVersion)
    configuration.shutdownTimeout = Self.shutdownTimeout
    configuration.applicationProtocols = ["http/1.1"]
    if !policy.cipherSuites.isEmpty {
      let chosen = policy.cipherSuites.filter { $0 >> 8 != 0x13 }
      if chosen.isEmpty {
        configuration.minimumTLSVersion = .tlsv13
      } else {
        configuration.cipherSuiteValues = chosen.map(NIOTLSCipher.init(rawValue:))
      }
    }
    if !policy.curves.isEmpty {
      configuration.curves = policy.curves.map(NIOTLSCurve.init(rawValue:))
    }
    if let file = policy.clientCAFile {
      configuration.trustRoots = .certificates(try Self.certificates(in: file))
      configuration.sendCANameList = true
    }
    configuration.certificateVerification =
      switch policy.clientCertificate {
      case .none: .none
      case .requested, .verifiedIfGiven: .optionalVerification
      case .required, .verified: .noHostnameVerification
      }
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw Failure(
        description: "\(policy.certFile), \(policy.keyFile): no certificate with its key: \(error)")
    }
  }

  /// Whether a client that has shown a certificate is known by it.
  var verifiesClients: Bool {
    clientCertificate == .verified || clientCertificate == .verifiedIfGiven
  }

  /// A handler for one connection.
  func makeHandler() -> NIOSSLServerHandler {
    switch clientCertificate {
    case .requested, .required:
      NIOSSLServerHandler(
        context: context,
        customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
    case .none, .verifiedIfGiven, .verified:
      NIOSSLServerHandler(context: context)
    }
  }

  private static func certificates(in file: String) throws(Failure) -> [NIOSSLCertificate] {
    do {
      let certificates = try NIOSSLCertificate.fromPEMFile(file)
      guard !certificates.isEmpty else { throw Failure(description: "no certificate in it") }
      return certificates
    } catch {
      throw Failure(description: "\(file): cannot read certificates: \(error)")
    }
  }

  private static func key(in file: String) throws(Failure) -> NIOSSLPrivateKey {
    do {
      return try NIOSSLPrivateKey(file: file, format: .pem)
    } catch {
      throw Failure(description: "\(file): cannot read a private key: \(error)")
    }
  }
}

extension NIOSSL.TLSVersion {
  fileprivate init(_ version: TLSPolicy.Version) {
    switch version {
    case .tls10: self = .tlsv1
    case .tls11: self = .tlsv11
    case .tls12: self = .tlsv12
    case .tls13: self = .tlsv13
    }
  }
}
