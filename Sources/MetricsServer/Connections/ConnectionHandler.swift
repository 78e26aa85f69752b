internal import NIOCore
internal import SocketStates

/// One connection's phase and the deadline that goes with it. Stands before the HTTP decoder and
/// sees bytes only: a deadline is for a whole phase, so that a byte now and then does not extend it.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private enum Phase {
    /// Kept alive; nothing of the next request has come.
    case idle(since: NIODeadline)
    /// A request is expected, or has come in part.
    case receiving(since: NIODeadline)
    /// A response is being made or, since when a piece of it was last taken, on its way.
    case responding(bytesAhead: Int, progress: NIODeadline?)
    /// The last response is out, our side is closed, and what the client still sends is dropped: a
    /// close(2) with bytes unread would be a reset, which may destroy the response before it is read.
    case lingering(since: NIODeadline)

    var isResponding: Bool { if case .responding = self { true } else { false } }
  }

  /// How long a client may take to close its side after our last response.
  private static let lingerTimeout = TimeAmount.milliseconds(500)
  /// Bytes that may come during a response. Reads stop meanwhile, but at the end of the client's
  /// stream NIO reads all that the kernel holds.
  private static let maximumBytesAhead = 64 * 1024

  let client: ClientAddress
  /// What is being sent, if it takes a place. The limiter's.
  var body: ResponseBody?
  private let limiter: ConnectionLimiter
  private var context: ChannelHandlerContext?
  private var phase = Phase.receiving(since: .now()) {
    didSet {
      guard phase.isResponding != oldValue.isResponding else { return }
      limiter.statistics.record { $0.requestsInFlight += phase.isResponding ? 1 : -1 }
    }
  }
  private var deadline: Scheduled<Void>?
  private var inputIsClosed = false

  init(limiter: ConnectionLimiter, client: ClientAddress) {
    self.limiter = limiter
    self.client = client
  }

  /// Since when the connection has been without a complete request; nil during a response.
  var waitingSince: NIODeadline? {
    switch phase {
    case .idle(let since), .receiving(let since), .lingering(let since): since
    case .responding: nil
    }
  }

  /// Since when the client has taken no more of its response; nil unless one is on its way.
  var stalledSince: NIODeadline? {
    if case .responding(_, let progress) = phase { progress } else { nil }
  }

  /// A request is complete and its response begins to be made.
  func beginResponse() {
    phase = .responding(bytesAhead: 0, progress: nil)
    setDeadline(TimeAmount(limiter.configuration.writeTimeout))
  }

  /// A piece of the response is with the kernel, or the first is about to be.
  func noteProgress() {
    guard case .responding(let bytesAhead, _) = phase else { return }
    phase = .responding(bytesAhead: bytesAhead, progress: .now())
  }

  /// The response is with the kernel and the connection stays open.
  func awaitNextRequest() {
    phase = .idle(since: .now())
    setDeadline(TimeAmount(limiter.configuration.idleTimeout))
  }

  /// The last response is with the kernel.
  func closeGently() {
    guard !inputIsClosed else { return close() }
    phase = .lingering(since: .now())
    setDeadline(Self.lingerTimeout)
    context?.close(mode: .output, promise: nil)
  }

  /// Closes at once, whatever is under way.
  func close() {
    context?.close(promise: nil)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    setDeadline(TimeAmount(limiter.configuration.headerTimeout))
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    self.context = nil
    phase = .lingering(since: .now())
    limiter.remove(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch phase {
    case .idle(let since):
      phase = .receiving(since: since)
      setDeadline(TimeAmount(limiter.configuration.headerTimeout))
    case .receiving:
      break
    case .responding(let bytesAhead, let progress):
      let bytes = bytesAhead + unwrapInboundIn(data).readableBytes
      guard bytes <= Self.maximumBytesAhead else { return close() }
      phase = .responding(bytesAhead: bytes, progress: progress)
    case .lingering:
      return
    }
    context.fireChannelRead(data)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event as? ChannelEvent == .inputClosed {
      inputIsClosed = true
      if case .lingering = phase { return close() }
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func setDeadline(_ time: TimeAmount) {
    deadline?.cancel()
    deadline = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { self.expire() }
  }

  private func expire() {
    if case .lingering = phase {
    } else {
      limiter.statistics.record { $0.connectionsTimedOut += 1 }
    }
    close()
  }
}
