/// What the server asks of its clients, and adds to its answers.
package struct WebSecurity: Sendable {
  /// nil is HTTP without TLS.
  package var tls: TLSPolicy?
  /// bcrypt hashes (crypt(5)) by name; where there is one, every request needs a password.
  package var users: [String: String]
  /// Added to every response, unless its route sets the same.
  package var headers: [(name: String, value: String)]

  package init(
    tls: TLSPolicy?, users: [String: String], headers: [(name: String, value: String)]
  ) {
    self.tls = tls
    self.users = users
    self.headers = headers
  }
}

/// How the server speaks TLS.
package struct TLSPolicy: Sendable, Equatable {
  /// What is asked of a client about its certificate.
  package enum ClientCertificate: Sendable {
    case none
    /// Of any authority, and not needed.
    case requested
    /// Of any authority.
    case required
    /// Of a trusted authority where there is one.
    case verifiedIfGiven
    /// Of a trusted authority.
    case verified
  }

  /// TLS 1.x by its second number.
  package enum Version: Int, Sendable {
    case tls10, tls11, tls12, tls13
  }

  /// Path of PEM: the server's certificate, and those that lead to its authority.
  package var certFile: String
  /// Path of PEM: the private key.
  package var keyFile: String
  package var clientCertificate = ClientCertificate.none
  /// Path of PEM: the authorities of client certificates; nil is the system's.
  package var clientCAFile: String?
  package var minVersion = Version.tls12
  package var maxVersion = Version.tls13
  /// IANA's numbers, the most liked first; empty is the library's choice. Those of TLS 1.3 cannot
  /// be chosen.
  package var cipherSuites: [UInt16] = []
  /// IANA's numbers of groups, the most liked first; empty is the library's choice.
  package var curves: [UInt16] = []

  package init(certFile: String, keyFile: String) {
    self.certFile = certFile
    self.keyFile = keyFile
  }

  /// Every file that the policy names.
  var files: [String] { [certFile, keyFile] + [clientCAFile].compactMap(\.self) }
}
