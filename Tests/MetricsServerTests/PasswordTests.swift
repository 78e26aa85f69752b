import Configuration
import Foundation
import NIOCore
import Testing

@testable import MetricsServer

extension ServerTests {
  /// Who guesses passwords, and whom it costs what.
  @Suite struct Passwords {
    /// Of "secret"; a check takes some tens of ms.
    private static let dear = "$2b$09$abcdefghijklmnopqrstuuHGaj8X0gyV0nNYEM.J5pTQDq3AfkM3W"

    private func client(_ port: UInt16, _ user: String, _ password: String) throws -> RawClient {
      let client = try RawClient(port: port)
      try client.ask(user, password)
      return client
    }

    private func withUsers(
      _ users: [String: String],
      _ body: (_ server: MetricsServer, _ port: UInt16) async throws -> Void
    ) async throws {
      let file = try SecurityFile(path: "/dev/null", logger: ServerTests.logger) {
        WebConfig(users: users)
      }
      try await withServer(security: file, body)
    }

    @Test func `guesses from many connections keep nobody out`() async throws {
      var users: [String: String] = [:]
      for number in 0..<12 { users["user\(number)"] = Self.dear }
      try await withUsers(users) { server, port in
        let guesses = try (0..<40).map { try client(port, "u\($0)", "x\($0)") }
        for number in 0..<12 {
          let honest = try client(port, "user\(number)", "secret")
          #expect(try honest.readResponse().status == 200)
        }
        for guess in guesses { #expect(try guess.readResponse().status == 401) }
        #expect(server.statistics.requests[503] == nil)
      }
    }

    @Test func `one client's guesses leave places to another, and its turn comes next`()
      async throws
    {
      let path = "\(NSTemporaryDirectory())/sockstated-\(UUID()).sock"
      let file = try SecurityFile(path: "/dev/null", logger: ServerTests.logger) {
        WebConfig(users: ["alice": Self.dear])
      }
      try await withServer(
        on: [.tcp(host: "127.0.0.1", port: 0), .unix(path: path)], security: file
      ) { server, port in
        let guesses = try (0..<120).map { try client(port, "alice", "x\($0)") }
        #expect(try await eventually(server) { $0.requestsInFlight >= 90 })
        let other = try RawClient(path: path)
        try other.ask("alice", "secret")
        #expect(try other.readResponse().status == 200)
        #expect(server.statistics.requests[401, default: 0] < 60)
        withExtendedLifetime(guesses) {}
      }
    }

    @Test func `clients whose connections have broken hold no place`() async throws {
      try await withUsers(["alice": Self.dear]) { server, port in
        for number in 0..<200 {
          try client(port, "u\(number)", "x").resetWhenClosed()
          if number % 20 == 19 {
            #expect(try await eventually(server) { $0.connections <= 1 })
          }
        }
        let honest = try client(port, "alice", "secret")
        #expect(try honest.readResponse().status == 200)
        #expect(server.statistics.requests[503] == nil)
      }
    }

    @Test func `what was refused lately is refused again, unless the password has changed`() {
      var refused = RefusedCredentials()
      let wrong = BasicCredentials("Basic YWxpY2U6eA==")!
      let other = BasicCredentials("Basic YWxpY2U6eQ==")!
      #expect(!refused.contains(wrong, hash: "h"))
      refused.insert(wrong, hash: "h")
      #expect(refused.contains(wrong, hash: "h"))
      #expect(!refused.contains(other, hash: "h"))
      #expect(!refused.contains(wrong, hash: "other"))
      #expect(!refused.contains(wrong, hash: nil))
      for number in 0..<1024 { refused.insert(wrong, hash: "\(number)") }
      #expect(!refused.contains(wrong, hash: "h"))
    }

    @Test func `no answer tells by its time which names there are`() {
      // The hashes that are made for a refusal, weighed by what their cost makes of them.
      for done in [nil, 4, 5, 7, 9] {
        let made = done.map { 1 << $0 } ?? 0
        let rest = Bcrypt.missingCosts(from: done, to: 9).reduce(0) { $0 + (1 << $1) }
        #expect(made + rest == 1 << 9)
      }
    }

    @Test func `those who ask are told apart by address, one hand by one`() throws {
      func address(_ text: String) throws -> ClientAddress {
        ClientAddress(try SocketAddress(ipAddress: text, port: 1))
      }
      for (one, other, isSame) in [
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ("192.0.2.1", "::ffff:192.0.2.1", true), ("127.0.0.1", "127.9.9.9", true),
        ("127.0.0.1", "::1", true), ("127.0.0.1", "::ffff:127.0.0.2", true),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", false), ("2001:db8::1", "192.0.2.1", false),
      ] {
        #expect((try address(one) == address(other)) == isSame, "\(one) \(other)")
      }
      let unix = try SocketAddress(unixDomainSocketPath: "/x")
      #expect(try ClientAddress(unix) != address("127.0.0.1"))
      #expect(ClientAddress(unix) == ClientAddress(unix))
    }
  }
}

extension RawClient {
  /// Sends a request with a name and password.
  fileprivate func ask(_ user: String, _ password: String) throws {
    let credentials = Data("\(user):\(password)".utf8).base64EncodedString()
    try send("GET /echo HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \(credentials)\r\n\r\n")
  }
}
