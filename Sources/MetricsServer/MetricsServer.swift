package import Configuration
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import SocketStates
internal import Synchronization

/// An HTTP/1.1 server for small, cached answers: one event loop, routes by exact path, and limits
/// that keep it answering whatever its clients do.
package final class MetricsServer: Sendable {
  /// A route's handler. It runs on the event loop and must be quick.
  package typealias Handler = @Sendable (HTTPRequest) -> HTTPResponse

  /// The handler of a route that must wait for others. The request counts as in flight meanwhile.
  package typealias SlowHandler = @Sendable (HTTPRequest) async -> HTTPResponse

  /// What the connections have in common, on the event loop.
  private struct Shared {
    var limiter: ConnectionLimiter
    var access: AccessControl
  }

  private struct Running {
    var group: MultiThreadedEventLoopGroup
    var pool: NIOThreadPool
    var shared: NIOLoopBound<Shared>
    var listeners: [Listener]
  }

  private let configuration: ServerConfiguration
  private let router: Router
  private let logger: Logger
  private let security: SecurityFile?
  private let recorder: StatisticsRecorder
  private let running = Mutex<Running?>(nil)

  /// - Parameters:
  ///   - routes: handlers by path, as it is after percent-decoding.
  ///   - slowRoutes: the same for handlers that wait.
  ///   - security: nil is HTTP without TLS, for everyone.
  package init(
    configuration: ServerConfiguration, routes: [String: Handler],
    slowRoutes: [String: SlowHandler] = [:], security: SecurityFile? = nil,
    statistics: StatisticsRecorder = StatisticsRecorder(), logger: Logger
  ) {
    self.security = security
    recorder = statistics
    self.configuration = configuration
    router = Router(routes: routes, slowRoutes: slowRoutes)
    self.logger = logger
  }

  /// What the server has done so far.
  package var statistics: HTTPStatistics { recorder.snapshot }

  /// Where the server listens, in the order of the configuration, with the ports that the kernel
  /// chose for 0; empty unless it runs.
  package var boundAddresses: [ListenAddress] {
    running.withLock { $0?.listeners.map(\.address) ?? [] }
  }

  /// Binds every address and serves from then on, until `shutdown`. To be called once.
  /// - Throws: an error that names the first address that could not be bound; none is bound then.
  package func start() async throws(MetricsServerError) {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let eventLoop = group.next()
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let shared = await makeShared(on: eventLoop, pool: pool)
    var listeners: [Listener] = []
    do throws(MetricsServerError) {
      for address in configuration.listenAddresses {
        listeners.append(
          try await Listener.bind(address, on: eventLoop) {
            makeBootstrap(on: eventLoop, shared: shared)
          })
      }
    } catch {
      await Self.stop(listeners, group, pool)
      throw error
    }
    for listener in listeners {
      logger.info("listening", metadata: ["address": "\(listener.address)"])
    }
    running.withLock { [listeners] in
      $0 = Running(group: group, pool: pool, shared: shared, listeners: listeners)
    }
  }

  /// Stops listening, closes connections that wait, lets responses under way finish, and closes
  /// what is left after `grace`. Does nothing if the server does not run.
  package func shutdown(grace: Duration) async {
    guard let running = running.withLock({ $0.take() }) else { return }
    for listener in running.listeners { await listener.close() }
    let eventLoop = running.group.next()
    // The future never fails.
    try? await eventLoop.flatSubmit {
      running.shared.value.limiter.drain(grace: TimeAmount(grace), on: eventLoop)
    }.get()
    await Self.stop([], running.group, running.pool)
  }

  private static func stop(
    _ listeners: [Listener], _ group: MultiThreadedEventLoopGroup, _ pool: NIOThreadPool
  ) async {
    for listener in listeners { await listener.close() }
    // Both fail only while they are being shut down already.
    try? await pool.shutdownGracefully()
    try? await group.shutdownGracefully()
  }

  private func makeShared(
    on eventLoop: any EventLoop, pool: NIOThreadPool
  ) async -> NIOLoopBound<Shared> {
    await withCheckedContinuation { continuation in
      eventLoop.execute { [configuration, recorder, security] in
        let shared = Shared(
          limiter: ConnectionLimiter(configuration: configuration, statistics: recorder),
          access: AccessControl(file: security, pool: pool))
        continuation.resume(returning: NIOLoopBound(shared, eventLoop: eventLoop))
      }
    }
  }

  private func makeBootstrap(
    on eventLoop: any EventLoop, shared: NIOLoopBound<Shared>
  ) -> ServerBootstrap {
    ServerBootstrap(group: eventLoop)
      .serverChannelInitializer { [logger] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            AcceptFailureHandler(limiter: shared.value.limiter, logger: logger))
        }
      }
      .childChannelInitializer { [router] channel in
        channel.eventLoop.makeCompletedFuture {
          try Self.configure(channel, router: router, shared: shared.value)
        }
      }
      .childChannelOption(
        .socketOption(.so_sndbuf),
        value: ChannelOptions.Types.SocketOption.Value(configuration.sendBuffer)
      )
      // Reads stop during a response, but what has been read is parsed: little at a time.
      .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
      .childChannelOption(.maxMessagesPerRead, value: 1)
      // A client may close its side when it has sent its request, as `nc -N` does.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
  }

  /// Sets up an accepted connection.
  private static func configure(
    _ channel: any Channel, router: Router, shared: Shared
  ) throws {
    let limiter = shared.limiter
    let connection = ConnectionHandler(
      limiter: limiter, client: ClientAddress(channel.remoteAddress))
    try limiter.admit(connection)
    let pipeline = channel.pipeline.syncOperations
    let tls = shared.access.tls.map(TLSDetector.init)
    if let tls { try pipeline.addHandler(tls) }
    try pipeline.addHandler(connection)
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderListSize = limiter.configuration.maxHeaderBytes
    limits.maxHeaderFieldSize = limiter.configuration.maxHeaderBytes
    limits.maxHeaderFieldCount = limiter.configuration.maxHeaderFields
    // Errors are answered by the request handler, which knows how far its responses are.
    try pipeline.configureHTTPServerPipeline(
      withErrorHandling: false, withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: limits)
    try pipeline.addHandler(
      RequestHandler(
        router: router, limiter: limiter, access: shared.access, connection: connection,
        tls: tls))
  }
}
