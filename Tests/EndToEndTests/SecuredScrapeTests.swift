import Foundation
import Testing

extension EndToEnd {
  @Suite(
    "Secured scrape",
    .enabled(if: Monitoring.hasPrometheus, "prometheus is not installed"),
    .enabled(if: Tool.has("openssl"), "openssl is not installed"))
  struct SecuredScrape {
    /// bcrypt of `secret`.
    private static let hash = WebConfigFile.hash

    @Test func `a real Prometheus scrapes over TLS with a password; without either nobody gets in`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let (certificate, key) = (directory.file("cert.pem"), directory.file("key.pem"))
        try await namespace.run(
          "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
          "/CN=sockstated", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
          certificate)
        let file = try directory.write(
          "web.yaml",
          """
          tls_server_config: {cert_file: \(certificate), key_file: \(key)}
          basic_auth_users: {prometheus: \(Self.hash)}
          """)
        let program = try await namespace.start([
          Daemon.binary, "--web.listen-address=\(Monitoring.target)", "--poll.interval=200ms",
          "--web.config.file=\(file)",
        ])
        try await Monitoring.startPrometheus(
          in: namespace, directory,
          job: [
            "scheme: https", "tls_config: {ca_file: \(certificate)}",
            "basic_auth: {username: prometheus, password: secret}",
          ])
        try await eventually("a scrape that succeeds") {
          if let end = program.child.end {
            throw Child.Failure(description: "\(end): \(program.child.errors)")
          }
          let up = try await namespace.run(
            "curl", "-fsS", "--get", "\(Monitoring.url)/api/v1/query", "--data-urlencode",
            "query=sockstate_tracked_sockets and on (instance) up == 1")
          return up.contains("sockstate_tracked_sockets") ? () : nil
        }
        let url = "https://\(Monitoring.target)/metrics"
        let user = ["--user", "prometheus:secret"]
        func status(_ options: [String]) async throws -> String {
          try await namespace.result(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}"] + options
          ).output
        }
        #expect(try await status(["--cacert", certificate] + user + [url]) == "200")
        #expect(try await status(["--cacert", certificate, url]) == "401")
        #expect(try await status(user + [url]) == "000", "the certificate is not trusted")
        #expect(
          try await status(user + [url.replacingOccurrences(of: "https", with: "http")]) == "400")
      }
    }
  }
}
