/// The file of `--web.config.file`, in the format that Prometheus' exporters share
/// (https://github.com/prometheus/exporter-toolkit, docs/web-configuration.md).
///
/// `http2` and `prefer_server_cipher_suites` may be there, and change nothing: the server speaks
/// HTTP/1.1 only, and always takes the cipher suite that it likes best itself.
package struct WebConfig: Sendable, Equatable {
  /// `tls_server_config`
  package struct TLS: Sendable, Equatable {
    /// The server's certificate and those that lead to its authority.
    package var cert: PEM
    /// The certificate's private key.
    package var key: PEM
    package var clientAuthType = ClientAuthType.noClientCert
    /// The authorities of client certificates; without it, the system's.
    package var clientCA: PEM?
    /// Names of which a client's certificate must have one; nil lets every certificate do.
    package var clientAllowedSANs: [String]?
    package var minVersion = TLSVersion.tls12
    package var maxVersion = TLSVersion.tls13
    /// For versions up to TLS 1.2; empty is the server's choice.
    package var cipherSuites: [CipherSuite] = []
    /// The most liked first; empty is the server's choice.
    package var curvePreferences: [Curve] = []

    package init(cert: PEM, key: PEM) {
      self.cert = cert
      self.key = key
    }

    /// Every file that is named.
    package var files: [String] { [cert, key, clientCA].compactMap { $0?.file } }
  }

  /// Certificates or a key (RFC 7468).
  package enum PEM: Sendable, Equatable {
    /// In a file of its own: an absolute path, or one that begins where that of the web configuration does.
    case file(String)
    /// In the web configuration itself. Not to be shown: it may be a private key.
    case inline(String)

    /// nil if it is in no file of its own.
    package var file: String? { if case .file(let path) = self { path } else { nil } }
  }

  /// `rate_limit`: a token bucket for all requests together.
  package struct RateLimit: Sendable, Equatable {
    /// ms until there is another token; 0 is no limit.
    package var interval: Int64 = 0
    /// The most tokens that there can be.
    package var burst = 0

    package init(interval: Int64 = 0, burst: Int = 0) {
      self.interval = interval
      self.burst = burst
    }
  }

  /// A header that is added to every response.
  package struct Header: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// nil is HTTP without TLS.
  package var tls: TLS?
  /// `http_server_config.headers`
  package var headers: [Header] = []
  /// `basic_auth_users`: bcrypt hashes by name; if there is one, every request needs a password.
  package var users: [String: String] = [:]
  package var rateLimit = RateLimit()

  package init(
    tls: TLS? = nil, headers: [Header] = [], users: [String: String] = [:],
    rateLimit: RateLimit = RateLimit()
  ) {
    self.tls = tls
    self.headers = headers
    self.users = users
    self.rateLimit = rateLimit
  }
}

/// What is asked of a client about its certificate, in the words of Go's crypto/tls.
package enum ClientAuthType: String, Sendable, CaseIterable {
  case noClientCert = "NoClientCert"
  /// Any, not verified.
  case requestClientCert = "RequestClientCert"
  /// The former name of ``requireAnyClientCert``.
  case requireClientCert = "RequireClientCert"
  /// There must be one, of any authority.
  case requireAnyClientCert = "RequireAnyClientCert"
  case verifyClientCertIfGiven = "VerifyClientCertIfGiven"
  case requireAndVerifyClientCert = "RequireAndVerifyClientCert"
}

/// A version of TLS; later ones are greater.
package enum TLSVersion: String, Sendable, CaseIterable, Comparable {
  case tls10 = "TLS10"
  case tls11 = "TLS11"
  case tls12 = "TLS12"
  case tls13 = "TLS13"

  package static func < (left: TLSVersion, right: TLSVersion) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A cipher suite that Go's tls.CipherSuites() names; the names are IANA's. Those of TLS 1.3 name no
/// exchange of keys, before a `_WITH_`.
package enum CipherSuite: String, Sendable, CaseIterable {
  case aes128GCM = "TLS_AES_128_GCM_SHA256"
  case aes256GCM = "TLS_AES_256_GCM_SHA384"
  case chacha20 = "TLS_CHACHA20_POLY1305_SHA256"
  case ecdsaAES128CBC = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
  case ecdsaAES256CBC = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
  case rsaAES128CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
  case rsaAES256CBC = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
  case ecdsaAES128GCM = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
  case ecdsaAES256GCM = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
  case rsaAES128GCM = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
  case rsaAES256GCM = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
  case rsaChacha20 = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
  case ecdsaChacha20 = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
}

/// A curve, or another group for the exchange of keys, in the words of Go's crypto/tls.
package enum Curve: String, Sendable, CaseIterable {
  case p256 = "CurveP256"
  case p384 = "CurveP384"
  case p521 = "CurveP521"
  case x25519 = "X25519"
  case x25519MLKEM768 = "X25519MLKEM768"

  /// IANA's number (TLS Supported Groups registry).
  package var number: UInt16 {
    switch self {
    case .p256: 0x17
    case .p384: 0x18
    case .p521: 0x19
    case .x25519: 0x1D
    case .x25519MLKEM768: 0x11EC
    }
  }
}
