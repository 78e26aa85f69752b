import Configuration
import Foundation
import MetricsServer
import Testing

extension ServerTests {
  @Suite struct Listening {
    @Test func `no host is every address, IPv4 too`() async throws {
      try await withServer(on: [.tcp(host: nil, port: 0)]) { server, port in
        #expect(port != 0)
        let response = try RawClient(port: port).get("/echo")
        #expect(response.body.hasPrefix("get loopback "))
      }
    }

    @Test func `several addresses are served at once`() async throws {
      let path = socketPath()
      let localhost = ListenAddress.tcp(host: "localhost", port: 0)
      try await withServer(on: [localhost, .unix(path: path)]) { server, port in
        #expect(server.boundAddresses == [.tcp(host: "localhost", port: port), .unix(path: path)])
        let response = try RawClient(path: path).get("/echo")
        #expect(response.body.hasPrefix("get unix "))
      }
    }

    @Test func `a port in use is one clear line`() async throws {
      try await withServer { _, port in
        await expectStartFails(
          at: .tcp(host: "127.0.0.1", port: port),
          saying: "cannot listen on 127.0.0.1:\(port): address already in use")
        await expectStartFails(
          at: .tcp(host: nil, port: port),
          saying: "cannot listen on :\(port): address already in use")
      }
    }

    @Test func `an address of another machine is one clear line`() async {
      await expectStartFails(
        at: .tcp(host: "192.0.2.1", port: 0),
        saying: "cannot listen on 192.0.2.1:0: this machine has no such address")
      await expectStartFails(
        at: .tcp(host: "no.such.host.invalid", port: 0),
        saying: "cannot listen on no.such.host.invalid:0: the host name cannot be resolved")
    }

    @Test func `what was bound before a failure is released`() async throws {
      let path = socketPath()
      try await withServer { _, port in
        await expectStartFails(
          at: .unix(path: path), .tcp(host: "127.0.0.1", port: port),
          saying: "cannot listen on 127.0.0.1:\(port): address already in use")
        #expect(!FileManager.default.fileExists(atPath: path))
      }
    }

    @Test func `a socket file has its mode and goes at the shutdown`() async throws {
      let path = socketPath()
      try await withServer(on: [.unix(path: path)]) { _, _ in
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode == S_IFSOCK | 0o660)
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a stale socket file is replaced, a live one is not`() async throws {
      let path = socketPath()
      let stale = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      #expect(bound == 0)
      close(stale)
      try await withServer(on: [.unix(path: path)]) { _, _ in
        await expectStartFails(
          at: .unix(path: path), saying: "cannot listen on unix:\(path): address already in use")
        let response = try RawClient(path: path).get("/metrics")
        #expect(response.status == 200)
      }
    }

    @Test func `another kind of file is left alone`() async throws {
      let path = socketPath()
      try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
      defer { unlink(path) }
      await expectStartFails(
        at: .unix(path: path),
        saying: "cannot listen on unix:\(path): the file exists and is not a socket")
      #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
    }

    @Test func `a directory that is not there is one clear line`() async {
      await expectStartFails(
        at: .unix(path: "/no/such/directory/x.sock"),
        saying: "cannot listen on unix:/no/such/directory/x.sock: No such file or directory")
    }

    private func expectStartFails(
      at addresses: ListenAddress..., saying message: String
    ) async {
      let server = MetricsServer(
        configuration: ServerConfiguration(listenAddresses: addresses), routes: [:],
        logger: ServerTests.logger)
      let error = await #expect(throws: MetricsServerError.self) { try await server.start() }
      #expect(error?.description == message)
    }

    private func socketPath() -> String {
      "\(NSTemporaryDirectory())/sockstated-\(UUID().uuidString.prefix(8)).sock"
    }
  }
}
