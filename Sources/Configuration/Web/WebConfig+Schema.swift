extension WebConfig {
  /// Reads the bytes of a web configuration file.
  ///
  /// - Parameters:
  ///   - bytes: YAML in UTF-8
  ///   - fileName: how errors call the file, and where relative paths in it begin
  /// - Throws: the first thing that is wrong. The files that it names are not looked at.
  package init(yaml bytes: [UInt8], fileName: String) throws(ConfigurationError) {
    self.init()
    do {
      try YAMLDocument(bytes).root?.read(Self.schema(file: fileName), into: &self)
    } catch {
      throw ConfigurationError(source: fileName, flaw: error)
    }
  }

  /// Reads a web configuration file.
  ///
  /// - Throws: also if the file cannot be read.
  package static func load(path: String) throws(ConfigurationError) -> WebConfig {
    // All of them are read again while the server serves.
    try ConfigurationFile.expectNoPipe(path)
    let bytes = try ConfigurationFile.read(path, limit: YAMLDocument.maximumSize)
    let config = try WebConfig(yaml: bytes, fileName: path)
    for file in config.tls?.files ?? [] { try ConfigurationFile.expectNoPipe(file) }
    return config
  }

  private static func schema(file: String) -> [Key<WebConfig>] {
    [
      .value("tls_server_config", \.tls) { node throws(Flaw) in try node.tls(file: file) },
      .value("http_server_config", \.headers) { node throws(Flaw) in
        var section = HTTPSection()
        try node.read(HTTPSection.keys, into: &section)
        return section.headers
      },
      .value("basic_auth_users", \.users) { node throws(Flaw) in try node.users() },
    ]
  }
}

/// `http_server_config`
private struct HTTPSection {
  var http2 = true
  var headers: [WebConfig.Header] = []

  static var keys: [Key<HTTPSection>] {
    [
      .value("http2", \.http2) { node throws(Flaw) in try node.boolean() },
      .section("headers", \.headers, headerKeys),
    ]
  }

  /// The names, and the values where only some are allowed.
  private static var headerKeys: [Key<[WebConfig.Header]>] {
    [
      header("Strict-Transport-Security"), header("X-Content-Type-Options", "nosniff"),
      header("X-Frame-Options", "deny", "sameorigin"), header("X-XSS-Protection"),
      header("Content-Security-Policy"),
    ]
  }

  private static func header(_ name: String, _ allowed: String...) -> Key<[WebConfig.Header]> {
    Key(name: name, paths: [name]) { node, headers throws(Flaw) in
      if node.isNull, allowed.isEmpty { return }
      let list = allowed.isEmpty ? nil : allowed.joined(separator: ", ")
      let value = try node.text("a header's value", allowed: list)
      guard allowed.isEmpty || allowed.contains(value) else {
        throw node.flaw("\(node.summary) is not a value of this header", allowed: list)
      }
      guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
        throw node.flaw("\(node.summary) is not a header's value", allowed: "visible ASCII")
      }
      if !value.isEmpty { headers.append(WebConfig.Header(name: name, value: value)) }
    }
  }
}

/// `tls_server_config` while its keys are read.
private struct TLSSection {
  var tls = WebConfig.TLS()
  var preferServerCipherSuites = true

  static func keys(file: String) -> [Key<TLSSection>] {
    [
      .value("cert_file", \.tls.certFile) { node throws(Flaw) in try node.path(from: file) },
      .value("key_file", \.tls.keyFile) { node throws(Flaw) in try node.path(from: file) },
      .value("client_auth_type", \.tls.clientAuthType) { node throws(Flaw) in
        try node.choice()
      },
      .value("client_ca_file", \.tls.clientCAFile) { node throws(Flaw) in
        try node.path(from: file)
      },
      .value("min_version", \.tls.minVersion) { node throws(Flaw) in try node.choice() },
      .value("max_version", \.tls.maxVersion) { node throws(Flaw) in try node.choice() },
      .value("cipher_suites", \.tls.cipherSuites) { node throws(Flaw) in try node.choices() },
      .value("prefer_server_cipher_suites", \.preferServerCipherSuites) { node throws(Flaw) in
        try node.boolean()
      },
      .value("curve_preferences", \.tls.curvePreferences) { node throws(Flaw) in
        try node.choices()
      },
    ]
  }
}

extension YAMLNode {
  /// nil if there is nothing in the section.
  fileprivate func tls(file: String) throws(Flaw) -> WebConfig.TLS? {
    var section = TLSSection()
    try read(TLSSection.keys(file: file), into: &section)
    guard case .mapping(let entries) = content, !entries.isEmpty else { return nil }
    let tls = section.tls
    if tls.certFile.isEmpty { throw flaw("TLS needs a cert_file") }
    if tls.keyFile.isEmpty { throw flaw("TLS needs a key_file") }
    if tls.clientCAFile != nil, tls.clientAuthType == .noClientCert {
      throw flaw(
        "client_ca_file is of no use without a client_auth_type",
        allowed: ClientAuthType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    if tls.minVersion > tls.maxVersion { throw flaw("min_version is above max_version") }
    return tls
  }

  /// A path that begins where the path of `file` does, unless it is absolute.
  fileprivate func path(from file: String) throws(Flaw) -> String {
    let text = try text("a path")
    guard !text.isEmpty, !text.utf8.contains(0) else { throw flaw("\(summary) is not a path") }
    guard !text.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return text }
    return file[...slash] + text
  }

  fileprivate func choices<Choice: RawRepresentable<String> & CaseIterable>()
    throws(Flaw) -> [Choice]
  {
    let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    var choices: [Choice] = []
    for element in try elements(of: names) { choices.append(try element.choice()) }
    return choices
  }

  fileprivate func users() throws(Flaw) -> [String: String] {
    if isNull { return [:] }
    let allowed = "a mapping of names to bcrypt hashes"
    guard case .mapping(let entries) = content else {
      throw flaw("\(summary) is not a mapping", allowed: allowed)
    }
    var users: [String: String] = [:]
    for entry in entries {
      // The name ends at the first colon of what a client sends (RFC 7617, 2).
      guard !entry.key.contains(":") else {
        throw entry.value.flaw("a user's name cannot have a colon")
      }
      users[entry.key] = try entry.value.bcryptHash()
    }
    return users
  }

  /// The value is not shown in errors, which end in logs: it may be a password.
  private func bcryptHash() throws(Flaw) -> String {
    let allowed = "$2a$, $2b$ or $2y$, a cost from 04 to 31, $ and 53 letters"
    guard case .scalar(let text, _) = content, BcryptHash.isWellFormed(text) else {
      throw flaw("not a bcrypt hash", allowed: allowed)
    }
    return text
  }
}

/// The form of `$2b$10$` and 53 characters: 22 of salt, 31 of hash (crypt(5)).
private enum BcryptHash {
  static func isWellFormed(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(where: text.hasPrefix) else {
      return false
    }
    let digits = bytes[4..<6]
    guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let cost = Int(String(decoding: digits, as: UTF8.self)), (4...31).contains(cost),
      bytes[6] == UInt8(ascii: "$")
    else { return false }
    return bytes[7...].allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: ".")...UInt8(ascii: "9"):
        true
      default: false
      }
    }
  }
}
