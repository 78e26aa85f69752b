import Configuration
import Foundation
import Logging
import MetricsServer
import Testing

extension ServerTests {
  /// TLS and passwords, asked by curl.
  @Suite struct Security {
    /// Of "secret", with the least cost.
    static let hash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

    @Test func `a password is asked for, and taken`() async throws {
      let users = ["alice": Self.hash]
      try await withSecureServer(WebConfig(users: users)) { port, _ in
        let client = try RawClient(port: port)
        for (credentials, status) in [
          (nil, 401), ("alice:secret", 200), ("alice:secret", 200), ("alice:Secret", 401),
          ("alice:", 401), ("bob:secret", 401), ("alice", 401), ("alice:secret\0", 401),
        ] {
          let header = credentials.map {
            "Authorization: Basic \(Data($0.utf8).base64EncodedString())\r\n"
          }
          try client.send("GET /echo HTTP/1.1\r\nHost: x\r\n\(header ?? "")\r\n")
          let response = try client.readResponse()
          #expect(response.status == status, "\(credentials ?? "none")")
          #expect(
            response.headers["www-authenticate"]
              == (status == 401 ? "Basic realm=\"sockstated\"" : nil))
          if status == 200 { #expect(response.body.hasPrefix("get loopback true ")) }
        }
      }
    }

    @Test(arguments: [
      "Basic", "Basic ", "Basic !!!!", "Basic YWxpY2U6c2VjcmV0=", "Bearer YWxpY2U6c2VjcmV0",
      "Basic YWxpY2U6c2VjcmV0\r\nAuthorization: Basic YWxpY2U6c2VjcmV0", "Basic ====", "Basic gA==",
    ]) func `what is no password is refused`(authorization: String) async throws {
      let users = ["alice": Self.hash]
      try await withSecureServer(WebConfig(users: users)) { port, _ in
        let client = try RawClient(port: port)
        try client.send("GET /echo HTTP/1.1\r\nHost: x\r\nAuthorization: \(authorization)\r\n\r\n")
        #expect(try client.readResponse().status == 401)
      }
    }

    @Test func `headers are added to every answer`() async throws {
      let security = WebConfig(headers: [
        WebConfig.Header(name: "X-Frame-Options", value: "deny"),
        WebConfig.Header(name: "Content-Type", value: "no"),
      ])
      try await withSecureServer(security) { port, _ in
        let client = try RawClient(port: port)
        for path in ["/metrics", "/nothing"] {
          let response = try client.get(path)
          #expect(response.headers["x-frame-options"] == "deny")
          #expect(response.headers["content-type"] == "text/plain; charset=utf-8")
        }
      }
    }

    @Test func `TLS is spoken`() async throws {
      let files = try Certificates()
      var tls = files.tls
      tls.minVersion = .tls13
      tls.curvePreferences = [.x25519]
      try await withSecureServer(WebConfig(tls: tls)) { port, _ in
        let url = "https://localhost:\(port)/echo"
        let good = try files.curl(url, "--cacert", "ca.crt")
        #expect(good.output.hasPrefix("get loopback false "))
        #expect(try files.curl(url).status == 60)  // not trusted
        #expect(try files.curl(url, "--cacert", "ca.crt", "--tls-max", "1.2").status == 35)
        let large = try files.curl(
          "https://localhost:\(port)/large", "--cacert", "ca.crt", "-o", "/dev/null", "-w",
          "%{size_download}")
        #expect(large.output == "\(ServerTests.largeBody.readableBytes)")
      }
    }

    @Test func `cipher suites are held to`() async throws {
      let files = try Certificates()
      var tls = files.tls
      tls.maxVersion = .tls12
      tls.cipherSuites = [.ecdsaAES128GCM]
      try await withSecureServer(WebConfig(tls: tls)) { port, _ in
        let url = "https://localhost:\(port)/echo"
        for (cipher, status) in [
          ("ECDHE-ECDSA-AES128-GCM-SHA256", Int32(0)), ("ECDHE-ECDSA-AES256-GCM-SHA384", 35),
        ] {
          let answer = try files.curl(url, "--cacert", "ca.crt", "--ciphers", cipher)
          #expect(answer.status == status, "\(cipher)")
        }
      }
    }

    @Test func `each suite that can be named is one of the library's`() throws {
      let files = try Certificates()
      for suite in CipherSuite.allCases {
        var tls = WebConfig.TLS(
          cert: try files.inline("server.crt"), key: try files.inline("server.key"))
        tls.cipherSuites = [suite]
        let config = WebConfig(tls: tls)
        #expect(throws: Never.self, "\(suite)") {
          try SecurityFile(path: "/dev/null", logger: ServerTests.logger) { config }
        }
      }
    }

    @Test(arguments: ["ec", "rsa"])
    func `suites without forward secrecy or with CBC are for those who ask for them`(
      key: String
    ) async throws {
      let files = try Certificates()
      if key == "rsa" { try files.make("server", by: "ca", key: ["-newkey", "rsa:2048"]) }
      let name = key == "rsa" ? "RSA" : "ECDSA"
      func status(_ port: UInt16, _ cipher: String) throws -> Int32 {
        try files.curl(
          "https://localhost:\(port)/echo", "--cacert", "ca.crt", "--tls-max", "1.2", "--ciphers",
          "\(cipher):@SECLEVEL=0"
        ).status
      }
      try await withSecureServer(WebConfig(tls: files.tls)) { port, _ in
        for cipher in ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"] {
          let answered = try status(port, "ECDHE-\(name)-\(cipher)")
          #expect(answered == 0, "\(cipher)")
        }
        for cipher in ["ECDHE-\(name)-AES128-SHA", "ECDHE-\(name)-AES256-SHA"]
          + ["AES128-GCM-SHA256", "AES128-SHA", "AES256-SHA"]
        {
          let refused = try status(port, cipher)
          #expect(refused == 35, "\(cipher)")
        }
      }
      var tls = files.tls
      tls.cipherSuites = [.ecdsaAES128CBC, .rsaAES128CBC]
      try await withSecureServer(WebConfig(tls: tls)) { port, _ in
        let answered = try status(port, "ECDHE-\(name)-AES128-SHA")
        #expect(answered == 0)
      }
    }

    @Test func `plain HTTP where TLS is spoken gets 400`() async throws {
      let files = try Certificates()
      try await withSecureServer(WebConfig(tls: files.tls)) {
        port, _ in
        let client = try RawClient(port: port)
        let response = try client.get("/metrics")
        #expect(response.status == 400)
        #expect(response.body == "Client sent an HTTP request to an HTTPS server.\n")
        #expect(try client.readToEnd() == "")
        let garbage = try RawClient(port: port)
        try garbage.send("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}")
        #expect(try garbage.countToEndOrReset() < 100)
      }
    }

    struct ClientCase: CustomTestStringConvertible {
      var asked: ClientAuthType
      /// Whether a client gets an answer, and whether it is known, by what it shows.
      var nothing: Bool?
      var trusted: Bool?
      var other: Bool?
      var testDescription: String { "\(asked)" }
    }

    @Test(arguments: [
      ClientCase(asked: .noClientCert, nothing: false, trusted: false, other: false),
      ClientCase(asked: .requestClientCert, nothing: false, trusted: false, other: false),
      ClientCase(asked: .requireAnyClientCert, nothing: nil, trusted: false, other: false),
      ClientCase(asked: .verifyClientCertIfGiven, nothing: false, trusted: true, other: nil),
      ClientCase(asked: .requireAndVerifyClientCert, nothing: nil, trusted: true, other: nil),
    ]) func `client certificates are asked for as told`(test: ClientCase) async throws {
      let files = try Certificates()
      var tls = files.tls
      tls.clientAuthType = test.asked
      if test.asked != .noClientCert { tls.clientCA = .file(files.path("ca.crt")) }
      try await withSecureServer(WebConfig(tls: tls)) { port, _ in
        for (name, expected) in [
          (nil, test.nothing), ("client", test.trusted), ("other", test.other),
        ] {
          let shown = name.map { ["--cert", "\($0).crt", "--key", "\($0).key"] } ?? []
          let answer = try files.curl(
            ["https://localhost:\(port)/echo", "--cacert", "ca.crt"] + shown)
          if let expected {
            #expect(answer.output.hasPrefix("get loopback \(expected) "), "\(name ?? "none")")
          } else {
            #expect(answer.status != 0, "\(name ?? "none")")
            #expect(answer.output.isEmpty)
          }
        }
      }
    }

    @Test(arguments: [
      ("DNS:client.example", ["client.example"], true), ("DNS:client.example", ["client"], false),
      ("DNS:a.example,DNS:b.example", ["x", "b.example"], true),
      ("DNS:*.example", ["client.example"], false), ("IP:192.0.2.7", ["192.0.2.7"], true),
      ("IP:2001:db8::7", ["2001:db8::7"], true),
      ("email:ops@example.org", ["ops@example.org"], true),
      ("URI:spiffe://example/ops", ["spiffe://example/ops"], true),
    ]) func `a client's certificate has one of the names that are allowed`(
      names: String, allowed: [String], isAdmitted: Bool
    ) async throws {
      let files = try Certificates()
      try files.make("client", by: "ca", names: names)
      for asked in [ClientAuthType.requireAndVerifyClientCert, .requireAnyClientCert] {
        var tls = files.tls
        tls.clientAuthType = asked
        tls.clientCA = .file(files.path("ca.crt"))
        tls.clientAllowedSANs = allowed
        try await withSecureServer(WebConfig(tls: tls)) { port, _ in
          let url = "https://localhost:\(port)/echo"
          let client = ["--cert", "client.crt", "--key", "client.key"]
          let answer = try files.curl([url, "--cacert", "ca.crt"] + client)
          #expect((answer.status == 0) == isAdmitted)
          #expect(answer.output.hasPrefix("get loopback ") == isAdmitted)
        }
      }
    }

    @Test func `with names allowed, a client without a certificate is not answered`() async throws {
      let files = try Certificates()
      var tls = files.tls
      tls.clientAuthType = .verifyClientCertIfGiven
      tls.clientCA = .file(files.path("ca.crt"))
      tls.clientAllowedSANs = ["localhost"]
      try await withSecureServer(WebConfig(tls: tls)) { port, _ in
        let url = "https://localhost:\(port)/echo"
        #expect(try files.curl(url, "--cacert", "ca.crt").status != 0)
        let good = try files.curl(
          url, "--cacert", "ca.crt", "--cert", "client.crt", "--key", "client.key")
        #expect(good.output.hasPrefix("get loopback true "))
        // Nor is it told what is wrong with its request.
        let bad = try files.curl(url, "--cacert", "ca.crt", "-X", "A B")
        #expect(bad.output.isEmpty)
        #expect(try RawClient(port: port).get("/metrics").status == 400)
      }
    }

    @Test func `certificates and key in the web configuration itself are as those in files`()
      async throws
    {
      let files = try Certificates()
      var tls = WebConfig.TLS(
        cert: try files.inline("server.crt"), key: try files.inline("server.key"))
      tls.clientAuthType = .requireAndVerifyClientCert
      tls.clientCA = try files.inline("ca.crt")
      try await withSecureServer(WebConfig(tls: tls)) { port, _ in
        let url = "https://localhost:\(port)/echo"
        let good = try files.curl(
          url, "--cacert", "ca.crt", "--cert", "client.crt", "--key", "client.key")
        #expect(good.output.hasPrefix("get loopback true "))
        #expect(try files.curl(url, "--cacert", "ca.crt").status != 0)
      }
    }

    @Test(arguments: ["cert", "key", "client_ca"])
    func `what is wrong with them is told without showing them`(key: String) throws {
      let files = try Certificates()
      var tls = files.tls
      tls.clientAuthType = .requireAndVerifyClientCert
      let bad = WebConfig.PEM.inline("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n")
      switch key {
      case "cert": tls.cert = bad
      case "key": tls.key = bad
      default: tls.clientCA = bad
      }
      let policy = tls
      let error = #expect(throws: (any Error).self) {
        try SecurityFile(path: "/dev/null", logger: ServerTests.logger) { WebConfig(tls: policy) }
      }
      #expect(
        "\(error!)".hasPrefix("/dev/null: tls_server_config.\(key): cannot read "), "\(error!)")
      #expect(!"\(error!)".contains("c2VjcmV0"))
    }

    @Test func `a key exchange that a client does not know is refused, also a post-quantum one`()
      async throws
    {
      let files = try Certificates()
      for (curves, answered) in [([Curve.x25519MLKEM768, .p256], Int32(0)), ([.p384], 35)] {
        var tls = files.tls
        tls.curvePreferences = curves
        try await withSecureServer(WebConfig(tls: tls)) { port, _ in
          let url = "https://localhost:\(port)/echo"
          let status = try files.curl(url, "--cacert", "ca.crt", "--curves", "P-256").status
          #expect(status == answered, "\(curves)")
        }
      }
    }

    @Test
    func `past the rate that is allowed, requests are refused before passwords are looked at`()
      async throws
    {
      let limit = WebConfig.RateLimit(interval: 86_400_000, burst: 3)
      let security = WebConfig(users: ["alice": Self.hash], rateLimit: limit)
      try await withSecureServer(security) { port, _ in
        let client = try RawClient(port: port)
        for _ in 0..<3 { #expect(try status(of: "alice", client) == 200) }
        for user in ["alice", "nobody"] { #expect(try status(of: user, client) == 429) }
        let response = try client.get("/nothing")
        #expect(response.status == 429)
        #expect(response.headers["retry-after"] == "86400")
        #expect(response.body == "Too many requests (rate_limit), try again later.\n")
      }
    }

    @Test func `a certificate is read again when it changes, unless it is bad`() async throws {
      let files = try Certificates()
      try await withSecureServer(WebConfig(tls: files.tls)) {
        port, _ in
        let url = "https://localhost:\(port)/echo"
        #expect(try files.curl(url, "--cacert", "ca.crt").status == 0)
        let old = try Data(contentsOf: URL(fileURLWithPath: files.path("server.crt")))
        try Data("bad".utf8).write(to: URL(fileURLWithPath: files.path("server.crt")))
        #expect(try files.curl(url, "--cacert", "ca.crt").status == 0)
        // Another authority signs another certificate: the old authority does not know it.
        try files.make("server", by: "rogue")
        #expect(try files.curl(url, "--cacert", "ca.crt").status == 60)
        #expect(try files.curl(url, "--cacert", "rogue.crt").status == 0)
        try old.write(to: URL(fileURLWithPath: files.path("server.crt")))
        // The key is another now.
        #expect(try files.curl(url, "--cacert", "rogue.crt").status == 0)
      }
    }

    @Test func `a file that does not answer holds no request up`() async throws {
      let path = "\(NSTemporaryDirectory())/sockstated-\(UUID()).yaml"
      try Data("alice".utf8).write(to: URL(fileURLWithPath: path))
      defer { unlink(path) }
      let answers = DispatchSemaphore(value: 0)
      answers.signal()
      let file = try SecurityFile(path: path, logger: ServerTests.logger) {
        answers.wait()
        return WebConfig(users: ["alice": Self.hash])
      }
      // As on a file system that is gone: whoever reads it waits until the end of this test.
      defer { answers.signal() }
      try Data("changed".utf8).write(to: URL(fileURLWithPath: path))
      try await withServer(security: file) { _, port in
        let client = try RawClient(port: port)
        for _ in 0..<20 { #expect(try status(of: "alice", client) == 200) }
      }
    }

    @Test func `passwords change with the file`() async throws {
      let path = "\(NSTemporaryDirectory())/sockstated-\(UUID()).yaml"
      try Data("alice".utf8).write(to: URL(fileURLWithPath: path))
      defer { unlink(path) }
      struct Bad: Error {}
      let file = try SecurityFile(path: path, logger: ServerTests.logger) {
        let user = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        if user.isEmpty { throw Bad() }
        return WebConfig(users: [user: Self.hash])
      }
      try await withServer(security: file) { _, port in
        let client = try RawClient(port: port)
        #expect(try status(of: "alice", client) == 200)
        try Data("robert".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try status(of: "alice", client) == 401)
        #expect(try status(of: "robert", client) == 200)
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(try status(of: "robert", client) == 200)
      }
    }

    @Test(arguments: ["server.crt", "server.key", "ca.crt"])
    func `a file that cannot be read ends the start`(name: String) throws {
      let files = try Certificates()
      var tls = files.tls
      tls.clientAuthType = .requireAndVerifyClientCert
      tls.clientCA = .file(files.path("ca.crt"))
      let policy = tls
      for content in [nil, Data(), Data("bad".utf8)] {
        unlink(files.path(name))
        if let content { try content.write(to: URL(fileURLWithPath: files.path(name))) }
        let error = #expect(throws: (any Error).self) {
          try SecurityFile(path: "/dev/null", logger: ServerTests.logger) {
            WebConfig(tls: policy)
          }
        }
        #expect("\(error!)".contains(files.path(name)), "\(error!)")
      }
    }

    private func status(of user: String, _ client: RawClient) throws -> Int {
      let credentials = Data("\(user):secret".utf8).base64EncodedString()
      try client.send(
        "GET /echo HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \(credentials)\r\n\r\n")
      return try client.readResponse().status
    }

    private func withSecureServer(
      _ security: WebConfig, _ body: (_ port: UInt16, SecurityFile) async throws -> Void
    ) async throws {
      let file = try SecurityFile(path: "/dev/null", logger: ServerTests.logger) { security }
      try await withServer(security: file) { try await body($1, file) }
    }
  }
}

/// A directory with an authority "ca", a server and a client that it has signed, and a client of the
/// authority "rogue".
private final class Certificates {
  private let directory = "\(NSTemporaryDirectory())/sockstated-\(UUID())"

  var tls: WebConfig.TLS {
    WebConfig.TLS(cert: .file(path("server.crt")), key: .file(path("server.key")))
  }

  init() throws {
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    for name in ["ca", "rogue"] {
      try openssl(
        "req", "-x509", "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out",
        "\(name).crt")
    }
    try make("server", by: "ca")
    try make("client", by: "ca")
    try make("other", by: "rogue")
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  func inline(_ name: String) throws -> WebConfig.PEM {
    .inline(try String(contentsOfFile: path(name), encoding: .utf8))
  }

  func make(
    _ name: String, by authority: String, key: [String] = curve, names: String = "DNS:localhost"
  ) throws {
    try openssl(
      key: key, "req", "-x509", "-CA", "\(authority).crt", "-CAkey", "\(authority).key", "-subj",
      "/CN=localhost", "-addext", "subjectAltName=\(names)", "-addext",
      "basicConstraints=critical,CA:FALSE", "-keyout", "\(name).key", "-out", "\(name).crt")
  }

  func curl(_ arguments: String...) throws -> (status: Int32, output: String) {
    try curl(arguments)
  }

  func curl(_ arguments: [String]) throws -> (status: Int32, output: String) {
    try run(["curl", "-sS", "--ipv4", "--max-time", "60"] + arguments)
  }

  static let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]

  private func openssl(key: [String] = curve, _ arguments: String...) throws {
    let command = ["openssl"] + arguments + key + ["-nodes", "-days", "2"]
    try #require(try run(command).status == 0)
  }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}
