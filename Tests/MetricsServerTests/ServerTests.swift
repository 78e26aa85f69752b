import Configuration
import Logging
import MetricsServer
import NIOCore
import SocketStates
import Testing

/// The real server on loopback. One test at a time: some of them use descriptors by the hundred, or
/// change how many there may be.
@Suite(.serialized)
enum ServerTests {
  /// More than the kernel holds for a connection whose client does not read.
  static let largeBody = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 * 1024 * 1024)

  private static let largeResponse = HTTPResponse(contentType: "text/plain", body: largeBody)

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  static let routes: [String: MetricsServer.Handler] = [
    "/metrics": { _ in .text("up 1") },
    "/a b": { _ in .text("space") },
    "/empty": { _ in HTTPResponse(contentType: "text/plain", body: ByteBuffer()) },
    "/large": { _ in largeResponse },
    // Bytes of its own for each request.
    "/own": { _ in HTTPResponse(contentType: "text/plain", body: largeBody) },
    "/echo": { request in
      .text(
        "\(request.method) \(request.client) \(request.isAuthenticated) "
          + "\(request.accept ?? "-") \(request.acceptEncoding ?? "-") \(request.values(of: "q"))")
    },
  ]

  static let slowRoutes: [String: MetricsServer.SlowHandler] = [
    "/slow": { request in
      try? await Task.sleep(for: .milliseconds(100))
      return .text("slow \(request.values(of: "q"))")
    },
    "/never": { _ in
      try? await Task.sleep(for: .seconds(3600))
      return .text("never")
    },
  ]

  /// Runs a server on a port of the kernel's choice around `body`.
  static func withServer(
    on addresses: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0)],
    configure: (inout ServerConfiguration) -> Void = { _ in },
    routes: [String: MetricsServer.Handler] = routes, security: SecurityFile? = nil,
    _ body: (MetricsServer, _ port: UInt16) async throws -> Void
  ) async throws {
    var configuration = ServerConfiguration(listenAddresses: addresses)
    // Tests of these limits set them; no other test is to run into one, however busy the machine is.
    configuration.headerTimeout = .seconds(600)
    configuration.idleTimeout = .seconds(600)
    configuration.writeTimeout = .seconds(600)
    configure(&configuration)
    let server = MetricsServer(
      configuration: configuration, routes: routes, slowRoutes: slowRoutes, security: security,
      logger: logger)
    try await server.start()
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(server, port(of: server.boundAddresses[0])))
    } catch {
      result = .failure(error)
    }
    await server.shutdown(grace: .seconds(1))
    try result.get()
  }

  static func port(of address: ListenAddress) -> UInt16 {
    if case .tcp(_, let port) = address { port } else { 0 }
  }

  /// Waits until the server's statistics are as wanted, which follows from what the test has done,
  /// but on another thread.
  static func eventually(
    _ server: MetricsServer, _ condition: (HTTPStatistics) -> Bool
  ) async throws -> Bool {
    for _ in 0..<18_000 {
      if condition(server.statistics) { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }
}
