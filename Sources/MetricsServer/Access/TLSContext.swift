internal import Configuration
internal import NIOCore
internal import NIOSSL

/// How connections speak TLS: `tls_server_config` with its files read.
struct TLSContext: Sendable {
  /// One line that names the file, or the key of the web configuration.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Forward secrecy and authenticated encryption: no key exchange by RSA, no CBC. (Those of TLS 1.3 all are so.)
  private static let suites: [NIOTLSCipher] = [
    .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  ]

  /// How long a client may take to end TLS when we close.
  private static let shutdownTimeout = TimeAmount.milliseconds(500)

  let context: NIOSSLContext
  private let clientAuthType: ClientAuthType
  private let clientAllowedSANs: [String]?

  /// - Parameter file: the web configuration's, for errors.
  init(_ tls: WebConfig.TLS, file: String) throws(Failure) {
    clientAuthType = tls.clientAuthType
    clientAllowedSANs = tls.clientAllowedSANs
    let (cert, key) = (Source(tls.cert, "cert", file), Source(tls.key, "key", file))
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try cert.certificates().map { .certificate($0) },
      privateKey: .privateKey(try key.privateKey()))
    configuration.minimumTLSVersion = NIOSSL.TLSVersion(tls.minVersion)
    configuration.maximumTLSVersion = NIOSSL.TLSVersion(tls.maxVersion)
    configuration.shutdownTimeout = Self.shutdownTimeout
    configuration.applicationProtocols = ["http/1.1"]
    if tls.cipherSuites.isEmpty {
      // Older versions, which only who asks for them gets, have no such suites.
      if tls.minVersion >= .tls12 { configuration.cipherSuiteValues = Self.suites }
    } else {
      // Those of TLS 1.3 cannot be chosen.
      let chosen = tls.cipherSuites.map(\.rawValue).filter { $0.contains("_WITH_") }
      if chosen.isEmpty {
        configuration.minimumTLSVersion = .tlsv13
      } else {
        configuration.cipherSuites = chosen.joined(separator: ":")
      }
    }
    if !tls.curvePreferences.isEmpty {
      configuration.curves = tls.curvePreferences.map { NIOTLSCurve(rawValue: $0.number) }
    }
    if let authorities = tls.clientCA {
      configuration.trustRoots = .certificates(
        try Source(authorities, "client_ca", file).certificates())
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
        description: "\(cert.name), \(key.name): no certificate with its key: \(error)")
    }
  }

  /// Whether a client that has shown a certificate is known by it.
  var verifiesClients: Bool {
    clientAuthType == .requireAndVerifyClientCert || clientAuthType == .verifyClientCertIfGiven
  }

  /// Whether what a client may do depends on the certificate that it shows.
  var asksForCertificates: Bool { clientAuthType != .noClientCert }

  /// Whether a client that shows this certificate, nil for none, may ask anything.
  func admits(_ certificate: NIOSSLCertificate?) -> Bool {
    guard let clientAllowedSANs else { return true }
    return certificate?.subjectAlternativeNames.contains(where: clientAllowedSANs.contains) ?? false
  }

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
}

/// Where certificates or a key come from, and what errors call it.
private struct Source {
  /// Bytes of a file that are read: all authorities of a distribution are a quarter.
  private static let fileLimit = 1 << 20

  let pem: WebConfig.PEM
  let name: String

  init(_ pem: WebConfig.PEM, _ key: String, _ file: String) {
    self.pem = pem
    name = pem.file ?? "\(file): tls_server_config.\(key)"
  }

  func certificates() throws(TLSContext.Failure) -> [NIOSSLCertificate] {
    try parsed(as: "certificates") { bytes in
      let certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
      guard !certificates.isEmpty else {
        throw TLSContext.Failure(description: "no certificate in it")
      }
      return certificates
    }
  }

  func privateKey() throws(TLSContext.Failure) -> NIOSSLPrivateKey {
    try parsed(as: "a private key") { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
  }

  private func parsed<Value>(
    as kind: String, _ parse: ([UInt8]) throws -> Value
  ) throws(TLSContext.Failure) -> Value {
    do {
      switch pem {
      case .file(let path): return try parse(ConfigurationFile.read(path, limit: Self.fileLimit))
      case .inline(let text): return try parse(Array(text.utf8))
      }
    } catch {
      throw TLSContext.Failure(description: "\(name): cannot read \(kind): \(error)")
    }
  }
}

extension NIOSSLCertificate {
  /// DNS names, IP addresses, e-mail addresses and URIs (RFC 5280, 4.2.1.6) as text.
  fileprivate var subjectAlternativeNames: [String] {
    _subjectAlternativeNames().compactMap { name in
      switch name.nameType {
      case .dnsName, .email, .uri: String(decoding: name.contents, as: UTF8.self)
      case .ipAddress:
        try? SocketAddress(packedIPAddress: ByteBuffer(bytes: name.contents), port: 0).ipAddress
      default: nil
      }
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
