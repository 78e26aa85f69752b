@testable import Configuration
import Foundation
import Testing

@Suite struct WebConfigTests {
  static let hash = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
  static let pair = "cert_file: server.crt\n  key_file: server.key\n"

  /// Files that both we and promtool take; server.crt, server.key and ca.crt stand beside them.
  static let good = [
    "", "# nothing\n", "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\n",
    "tls_server_config: {}\n",
    "tls_server_config:\n  \(pair)",
    """
    tls_server_config:
      \(pair)  client_auth_type: RequireAndVerifyClientCert
      client_ca_file: ca.crt
      min_version: TLS12
      max_version: TLS13
      cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
      prefer_server_cipher_suites: false
      curve_preferences: [X25519, CurveP256, CurveP384, CurveP521]

    """,
    "tls_server_config:\n  \(pair)  client_auth_type: VerifyClientCertIfGiven\n",
    "tls_server_config:\n  \(pair)  client_auth_type: RequireAnyClientCert\n",
    "tls_server_config:\n  \(pair)  client_auth_type: RequestClientCert\n",
    "tls_server_config:\n  \(pair)  client_auth_type: NoClientCert\n",
    "http_server_config:\n  http2: false\n",
    """
    http_server_config:
      headers:
        X-Frame-Options: deny
        X-Content-Type-Options: nosniff
        X-XSS-Protection: "1; mode=block"
        Strict-Transport-Security: max-age=31536000
        Content-Security-Policy: "default-src 'self'"

    """,
    "http_server_config:\n  headers:\n    X-XSS-Protection:\n",
    "basic_auth_users:\n  alice: \(hash)\n  \"bob smith\": \"\(hash)\"\n",
    "basic_auth_users:\n  alice: $2b$04$\(hash.dropFirst(7))\n",
  ]

  /// What an older promtool does not know.
  static let newer = [
    "rate_limit: {interval: 1s, burst: 20}\n", "rate_limit: {interval: 0}\n", "rate_limit:\n",
    "tls_server_config:\n  \(pair)  curve_preferences: [X25519MLKEM768]\n",
    """
    tls_server_config:
      \(pair)  client_auth_type: RequireAndVerifyClientCert
      client_allowed_sans: [prometheus.example, 192.0.2.1, "spiffe://a/b"]

    """,
  ]

  struct Bad: CustomTestStringConvertible {
    var text: String
    /// After `web.yaml:`.
    var error: String
    var testDescription: String { error }
  }

  /// Files that neither we nor promtool take.
  static let bad = [
    Bad(text: "tls_config:\n", error: "1:1: tls_config: unknown key"),
    Bad(text: "a", error: "1:1: \"a\" is not a mapping"),
    Bad(
      text: "basic_auth_users:\n  alice: secret\n",
      error: "2:10: basic_auth_users.alice: not a bcrypt hash"),
    Bad(
      text: "basic_auth_users:\n  alice: $5$10$\(hash.dropFirst(7))\n",
      error: "2:10: basic_auth_users.alice: not a bcrypt hash"),
    Bad(
      text: "basic_auth_users:\n  alice: $2y$32$\(hash.dropFirst(7))\n",
      error: "2:10: basic_auth_users.alice: not a bcrypt hash"),
    Bad(
      text: "basic_auth_users:\n  alice: $2y$xx$\(hash.dropFirst(7))\n",
      error: "2:10: basic_auth_users.alice: not a bcrypt hash"),
    Bad(
      text: "basic_auth_users:\n  alice:\n", error: "2:9: basic_auth_users.alice: not a bcrypt hash"
    ),
    Bad(
      text: "basic_auth_users: [alice]\n",
      error: "1:19: basic_auth_users: a list is not a mapping"),
    Bad(
      text: "basic_auth_users:\n  a: \(hash)\n  a: \(hash)\n",
      error: "3:3: basic_auth_users.a: duplicate key"),
    Bad(
      text: "tls_server_config:\n  cert_file: server.crt\n",
      error: "2:3: tls_server_config: TLS needs a key or a key_file"),
    Bad(
      text: "tls_server_config:\n  key_file: server.key\n",
      error: "2:3: tls_server_config: TLS needs a cert or a cert_file"),
    Bad(
      text: "tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert\n",
      error: "2:3: tls_server_config: TLS needs a cert or a cert_file"),
    Bad(
      text: "tls_server_config:\n  \(pair)  client_ca_file: ca.crt\n",
      error: "2:3: tls_server_config: client_ca is of no use"),
    Bad(
      text: "tls_server_config:\n  \(pair)  client_auth_type: RequireAndVerifyClientCerts\n",
      error: "4:21: tls_server_config.client_auth_type: \"RequireAndVerifyClientCerts\" is not one"),
    Bad(
      text: "tls_server_config:\n  \(pair)  min_version: TLS14\n",
      error: "4:16: tls_server_config.min_version: \"TLS14\" is not one"),
    Bad(
      text: "tls_server_config:\n  \(pair)  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n",
      error: "4:19: tls_server_config.cipher_suites[0]: \"TLS_RSA_WITH_RC4_128_SHA\" is not one"),
    Bad(
      text: "tls_server_config:\n  \(pair)  curve_preferences: [CurveP224]\n",
      error: "4:23: tls_server_config.curve_preferences[0]: \"CurveP224\" is not one"),
    Bad(
      text: "http_server_config:\n  http2: maybe\n",
      error: "2:10: http_server_config.http2: \"maybe\" is not true or false"),
    Bad(
      text: "http_server_config:\n  headers:\n    Server: x\n",
      error: "3:5: http_server_config.headers.Server: unknown key"),
    Bad(
      text: "http_server_config:\n  headers:\n    X-Frame-Options: allow\n",
      error: "3:22: http_server_config.headers.X-Frame-Options: \"allow\" is not a value"),
    Bad(text: "basic_auth_users: {", error: "2:1: not valid YAML"),
  ]

  @Test(arguments: good + newer) func `good files are taken`(text: String) throws {
    _ = try WebConfig(yaml: Array(text.utf8), fileName: "web.yaml")
  }

  @Test(arguments: bad) func `bad files are refused where they are wrong`(file: Bad) {
    let error = #expect(throws: ConfigurationError.self) {
      try WebConfig(yaml: Array(file.text.utf8), fileName: "web.yaml")
    }
    #expect(error?.description.hasPrefix("web.yaml:" + file.error) == true, "\(error!)")
    #expect(error?.description.contains("secret") == false)
  }

  static let inline = """
    tls_server_config:
      cert: |
        -----BEGIN CERTIFICATE-----
        AAAA
      key: |
        -----BEGIN PRIVATE KEY-----
        secret
      client_ca: |
        -----BEGIN CERTIFICATE-----
        BBBB
      client_auth_type: RequireAndVerifyClientCert

    """

  @Test func `certificates and key may stand in the file itself`() throws {
    let tls = try WebConfig(yaml: Array(Self.inline.utf8), fileName: "web.yaml").tls
    #expect(tls?.cert == .inline("-----BEGIN CERTIFICATE-----\nAAAA\n"))
    #expect(tls?.key == .inline("-----BEGIN PRIVATE KEY-----\nsecret\n"))
    #expect(tls?.clientCA == .inline("-----BEGIN CERTIFICATE-----\nBBBB\n"))
    #expect(tls?.files == [])
  }

  @Test func `names of clients and the rate of requests are read`() throws {
    let text = Self.newer[Self.newer.count - 1] + "rate_limit: {interval: 1m30s, burst: 20}\n"
    let config = try WebConfig(yaml: Array(text.utf8), fileName: "web.yaml")
    #expect(config.tls?.clientAllowedSANs == ["prometheus.example", "192.0.2.1", "spiffe://a/b"])
    #expect(config.rateLimit == WebConfig.RateLimit(interval: 90_000, burst: 20))
    #expect(WebConfig().rateLimit == WebConfig.RateLimit(interval: 0, burst: 0))
  }

  /// Stricter than Prometheus' programs, which take these and can never serve or log in.
  @Test(arguments: [
    Bad(
      text: "tls_server_config:\n  \(pair)  min_version: TLS13\n  max_version: TLS12\n",
      error: "2:3: tls_server_config: min_version TLS13 is above max_version TLS12"),
    Bad(
      text: "tls_server_config:\n  min_version: TLS13\n",
      error: "2:3: tls_server_config: TLS needs a cert or a cert_file"),
    Bad(
      text: inline + "  cert_file: server.crt\n",
      error:
        "12:14: tls_server_config.cert_file: cert and cert_file exclude each other; allowed: one of them"
    ),
    Bad(
      text: "tls_server_config:\n  key_file: a\n  key: |\n    -----BEGIN\n",
      error: "3:8: tls_server_config.key: key and key_file exclude each other"),
    Bad(
      text: inline + "  client_ca_file: ca.crt\n",
      error: "12:19: tls_server_config.client_ca_file: client_ca and client_ca_file exclude"),
    Bad(
      text: "tls_server_config:\n  key: secret\n",
      error: "2:8: tls_server_config.key: not PEM; allowed: the lines of a PEM file, below `|`"),
    Bad(
      text: "tls_server_config:\n  key: [secret]\n", error: "2:8: tls_server_config.key: not PEM"),
    Bad(
      text: "tls_server_config:\n  key_file: |\n    -----BEGIN PRIVATE KEY-----\n    secret\n",
      error: "2:13: tls_server_config.key_file: PEM in place of the name of a file"),
    Bad(
      text: "tls_server_config:\n  \(pair)  client_allowed_sans: [a]\n",
      error: "2:3: tls_server_config: client_allowed_sans is of no use without a client_auth_type"),
    Bad(
      text: "tls_server_config:\n  client_allowed_sans: []\n",
      error: "2:24: tls_server_config.client_allowed_sans: an empty list lets no client in"),
    Bad(
      text: "tls_server_config:\n  curve_preferences: [SecP256r1MLKEM768]\n",
      error:
        "2:23: tls_server_config.curve_preferences[0]: \"SecP256r1MLKEM768\" is not one of the choices; allowed: CurveP256, CurveP384, CurveP521, X25519, X25519MLKEM768"
    ),
    Bad(
      text: "rate_limit: {interval: 5}\n",
      error: "1:24: rate_limit.interval: \"5\" is not a duration"),
    Bad(
      text: "rate_limit: {burst: -1}\n",
      error: "1:21: rate_limit.burst: \"-1\" is out of range; allowed: 0 to 1000000"),
    Bad(
      text: "basic_auth_users:\n  \"a:b\": \(hash)\n",
      error: "2:10: basic_auth_users.a:b: a user's name cannot have a colon"),
    Bad(
      text: "http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\r\\nb\"\n",
      error: "3:23: http_server_config.headers.X-XSS-Protection: "),
  ]) func `what cannot work is refused`(file: Bad) {
    let error = #expect(throws: ConfigurationError.self) {
      try WebConfig(yaml: Array(file.text.utf8), fileName: "web.yaml")
    }
    #expect(error?.description.hasPrefix("web.yaml:" + file.error) == true, "\(error!)")
    #expect(error?.description.contains("secret") == false)
  }

  @Test func `everything that a file says is read`() throws {
    let text = Self.good[5] + Self.good[11] + "basic_auth_users: {alice: \(Self.hash)}\n"
    let config = try WebConfig(yaml: Array(text.utf8), fileName: "/etc/x/web.yaml")
    var tls = WebConfig.TLS(cert: .file("/etc/x/server.crt"), key: .file("/etc/x/server.key"))
    tls.clientAuthType = .requireAndVerifyClientCert
    tls.clientCA = .file("/etc/x/ca.crt")
    tls.cipherSuites = [.rsaAES128GCM, .aes128GCM]
    tls.curvePreferences = [.x25519, .p256, .p384, .p521]
    #expect(config.tls == tls)
    #expect(config.users == ["alice": Self.hash])
    #expect(config.headers.map(\.name).first == "X-Frame-Options")
    #expect(config.headers.map(\.value).last == "default-src 'self'")
    #expect(config.headers.count == 5)
  }

  @Test(arguments: [
    ("server.crt", "web.yaml", "server.crt"), ("a/b", "../web.yaml", "../a/b"),
    ("/a", "/etc/web.yaml", "/a"), ("../a", "/etc/web.yaml", "/etc/../a"),
  ]) func `paths begin beside the file`(path: String, file: String, expected: String) throws {
    let text = "tls_server_config: {cert_file: \(path), key_file: k}"
    #expect(try WebConfig(yaml: Array(text.utf8), fileName: file).tls?.cert == .file(expected))
  }

  @Test(.enabled(if: Promtool.isThere, "promtool is not installed"))
  func `promtool agrees`() throws {
    let promtool = try Promtool()
    defer { promtool.remove() }
    for text in Self.good { #expect(try promtool.accepts(text), "\(text)") }
    for file in Self.bad { #expect(try !promtool.accepts(file.text), "\(file.text)") }
  }
}

/// `promtool check web-config`, in a directory with certificates.
private struct Promtool {
  static let isThere = (try? run(["promtool", "--version"])) == 0

  private let directory = FileManager.default.temporaryDirectory
    .appendingPathComponent("sockstated-\(UUID())")

  init() throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let path = directory.path
    let made = try Self.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-subj", "/CN=test", "-days", "2", "-keyout", "\(path)/server.key", "-out",
      "\(path)/server.crt",
    ])
    try #require(made == 0)
    try FileManager.default.copyItem(atPath: "\(path)/server.crt", toPath: "\(path)/ca.crt")
  }

  func accepts(_ text: String) throws -> Bool {
    let file = directory.appendingPathComponent("web.yaml")
    try Data(text.utf8).write(to: file)
    return try Self.run(["promtool", "check", "web-config", file.path]) == 0
  }

  func remove() { try? FileManager.default.removeItem(at: directory) }

  private static func run(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
