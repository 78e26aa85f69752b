import MetricsServer
import ServiceLifecycle

/// Serves until shutdown; the server is bound already.
struct WebService: Service {
  let server: MetricsServer

  func run() async throws {
    try? await gracefulShutdown()
    await server.shutdown(grace: .milliseconds(900))
  }
}
