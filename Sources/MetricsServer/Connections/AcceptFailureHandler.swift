internal import Logging
internal import NIOCore
internal import SocketStates

/// Carries on when accept(2) fails, as it does with EMFILE where descriptors have run out: gives a
/// connection up for its descriptor, and stops accepting for a moment, since the connection that
/// could not be accepted would wake the event loop again at once.
final class AcceptFailureHandler: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private static let pause = TimeAmount.milliseconds(100)
  /// Until a connection is given up: requests that have arrived are read first, so that it is none of
  /// theirs.
  private static let patience = TimeAmount.milliseconds(10)
  private static let logInterval = TimeAmount.minutes(1)

  private let limiter: ConnectionLimiter
  private let logger: Logger
  private var nextLog = NIODeadline.now()
  private var isPaused = false

  init(limiter: ConnectionLimiter, logger: Logger) {
    self.limiter = limiter
    self.logger = logger
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError else { return }
    limiter.statistics.record { $0.acceptFailures += 1 }
    if NIODeadline.now() >= nextLog {
      nextLog = .now() + Self.logInterval
      logger.warning("cannot accept connections", metadata: ["error": "\(error)"])
    }
    guard !isPaused else { return }
    isPaused = true
    setAutoRead(false, context: context)
    let eventLoop = context.eventLoop.assumeIsolated()
    eventLoop.scheduleTask(in: Self.patience) { self.limiter.evict() }
    eventLoop.scheduleTask(in: Self.pause) {
      self.isPaused = false
      self.setAutoRead(true, context: context)
    }
  }

  private func setAutoRead(_ value: Bool, context: ChannelHandlerContext) {
    // Fails only on a channel that has closed, which accepts nothing anyway.
    try? context.channel.syncOptions?.setOption(.autoRead, value: value)
  }
}
