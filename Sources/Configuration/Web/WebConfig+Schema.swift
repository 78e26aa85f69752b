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
      .section(
        "rate_limit", \.rateLimit,
        [
          .value("interval", \.interval) { node throws(Flaw) in
            try node.milliseconds(in: .zero ... .oneDay)
          },
          .value("burst", \.burst) { node throws(Flaw) in try node.integer(in: 0...1_000_000) },
        ]),
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
  var tls = WebConfig.TLS(cert: .inline(""), key: .inline(""))
  var cert: WebConfig.PEM?
  var key: WebConfig.PEM?
  var preferServerCipherSuites = true

  static func keys(file: String) -> [Key<TLSSection>] {
    pem("cert", \.cert, from: file) + pem("key", \.key, from: file)
      + pem("client_ca", \.tls.clientCA, from: file) + otherKeys
  }

  /// The key with the text itself, and the key with the name of its file.
  private static func pem(
    _ name: String, _ property: WritableKeyPath<TLSSection, WebConfig.PEM?>, from file: String
  ) -> [Key<TLSSection>] {
    [name, name + "_file"].map { key in
      Key(name: key, paths: [key]) { node, section throws(Flaw) in
        guard section[keyPath: property] == nil else {
          throw Flaw(
            position: node.position, path: node.path,
            problem: "\(name) and \(name)_file exclude each other", allowed: "one of them")
        }
        section[keyPath: property] =
          key == name ? .inline(try node.pem()) : .file(try node.path(from: file))
      }
    }
  }

  private static var otherKeys: [Key<TLSSection>] {
    [
      .value("client_auth_type", \.tls.clientAuthType) { node throws(Flaw) in
        try node.choice()
      },
      .value("client_allowed_sans", \.tls.clientAllowedSANs) { node throws(Flaw) in
        try node.names()
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
    guard let cert = section.cert else { throw flaw("TLS needs a cert or a cert_file") }
    guard let key = section.key else { throw flaw("TLS needs a key or a key_file") }
    var tls = section.tls
    tls.cert = cert
    tls.key = key
    if tls.clientAuthType == .noClientCert,
      let idle = tls.clientCA != nil
        ? "client_ca" : tls.clientAllowedSANs != nil ? "client_allowed_sans" : nil
    {
      throw flaw(
        "\(idle) is of no use without a client_auth_type",
        allowed: ClientAuthType.allCases.dropFirst().map(\.rawValue).joined(separator: ", "))
    }
    if tls.minVersion > tls.maxVersion {
      throw flaw(
        "min_version \(tls.minVersion.rawValue) is above max_version \(tls.maxVersion.rawValue)")
    }
    return tls
  }

  /// A path that begins where the path of `file` does, unless it is absolute.
  fileprivate func path(from file: String) throws(Flaw) -> String {
    let text = try text("a path", allowed: "the name of a file")
    guard !text.contains("-----BEGIN ") else {
      throw flaw(
        "PEM in place of the name of a file",
        allowed: "a path; PEM itself is for the key without _file")
    }
    guard !text.isEmpty, !text.utf8.contains(0) else {
      throw flaw("\(summary) is not a path", allowed: "the name of a file")
    }
    guard !text.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return text }
    return file[...slash] + text
  }

  /// The value is not shown in errors: it may be a private key.
  fileprivate func pem() throws(Flaw) -> String {
    guard case .scalar(let text, _) = content, text.contains("-----BEGIN ") else {
      throw flaw("not PEM", allowed: "the lines of a PEM file, below `|`")
    }
    return text
  }

  /// At least one: none at all would let nobody in.
  fileprivate func names() throws(Flaw) -> [String]? {
    if isNull { return nil }
    let allowed = "a list of DNS names, IP addresses, e-mail addresses and URIs"
    var names: [String] = []
    for element in try elements(of: "names") {
      names.append(try element.text("a name", allowed: allowed))
    }
    guard !names.isEmpty else { throw flaw("an empty list lets no client in", allowed: allowed) }
    return names
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
      throw flaw(isNot: "a mapping", allowed: allowed)
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

  /// `$2b$10$` and 53 characters: 22 of salt, 31 of hash (crypt(5)).
  private static let bcrypt = try? RegularExpression(
    #"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}"#)

  /// The value is not shown in errors, which end in logs: it may be a password.
  private func bcryptHash() throws(Flaw) -> String {
    let allowed = "$2a$, $2b$ or $2y$, a cost from 04 to 31, $ and 53 letters"
    guard case .scalar(let text, _) = content, Self.bcrypt?.match(text) != nil else {
      throw flaw("not a bcrypt hash", allowed: allowed)
    }
    return text
  }
}
