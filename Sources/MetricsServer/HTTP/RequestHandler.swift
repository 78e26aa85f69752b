internal import Configuration
internal import NIOCore
internal import NIOHTTP1
internal import SocketStates

/// Answers the requests of one connection. Stands last, behind NIO's pipelining handler, which
/// holds back the next request and further reads until the end of a response is written: that is
/// done only once the response is with the kernel, so that a client that does not read is not read.
final class RequestHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let router: Router
  private let limiter: ConnectionLimiter
  private let connection: ConnectionHandler
  private let access: AccessControl
  private let client: ClientKind
  /// nil if TLS is not asked for.
  private let tls: TLSDetector?
  private var head: HTTPRequestHead?
  private var bodyBytes = 0
  private var isResponding = false
  /// The response under way, or sent, is the connection's last.
  private var isLast = false
  /// What the web configuration adds to every response.
  private var addedHeaders: [WebConfig.Header] = []

  init(
    router: Router, limiter: ConnectionLimiter, access: AccessControl,
    connection: ConnectionHandler, client: ClientKind, tls: TLSDetector?
  ) {
    self.tls = tls
    self.router = router
    self.access = access
    self.limiter = limiter
    self.connection = connection
    self.client = client
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isLast else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      bodyBytes = 0
    case .body(let part):
      bodyBytes += part.readableBytes
      guard bodyBytes > limiter.configuration.maxBodyBytes, let head else { return }
      isLast = true
      let isAllowed = HTTPRequest.Method(head.method) != nil
      send(isAllowed ? .contentTooLarge : .methodNotAllowed, to: head, context: context)
    case .end:
      guard let head else { return }
      answer(head, context: context)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event as? ChannelEvent == .inputClosed else {
      return context.fireUserInboundEventTriggered(event)
    }
    if isResponding {
      isLast = true
    } else {
      connection.close()
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? HTTPParserError else { return connection.close() }
    // A channel that has closed ends its decoder's input too, often in mid-request.
    guard context.channel.isActive, !isLast, !isResponding else { return }
    isLast = true
    send(error == .headerOverflow ? .headerTooLarge : .badRequest, to: nil, context: context)
  }

  private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
    // NIO's decoder reads nothing behind a request that could switch protocols. We never switch.
    let couldUpgrade = head.method == .CONNECT || head.headers.contains(name: "Upgrade")
    isLast = !head.isKeepAlive || couldUpgrade || limiter.isDraining
    if tls?.isPlainText == true {
      isLast = true
      return send(.lacksTLS, to: head, context: context)
    }
    beginResponse()
    access.decide(
      authorization: head.headers["Authorization"],
      isKnownByCertificate: tls?.isKnown ?? false, on: context.eventLoop
    ) { decision, headers in
      // A password takes a while, and the client may have gone.
      guard context.channel.isActive else { return }
      self.addedHeaders = headers
      switch decision {
      case .refused(let response): self.send(response, to: head, context: context)
      case .granted(let isAuthenticated):
        self.answer(head, isAuthenticated: isAuthenticated, context: context)
      }
    }
  }

  private func answer(
    _ head: HTTPRequestHead, isAuthenticated: Bool, context: ChannelHandlerContext
  ) {
    guard limiter.beginRequest() else {
      let limit = limiter.configuration.maxRequests
      return send(.tooManyRequests(limit: limit), to: head, context: context)
    }
    switch router.outcome(of: head, from: client, isAuthenticated: isAuthenticated) {
    case .response(let response): complete(head, with: response, context: context)
    case .pending(let make): wait(for: make, to: head, context: context)
    }
  }

  private func complete(
    _ head: HTTPRequestHead, with response: HTTPResponse, context: ChannelHandlerContext
  ) {
    send(response, to: head, context: context) { self.limiter.endRequest() }
  }

  /// Answers when the response is made. The write timeout runs meanwhile, so that a handler that
  /// never ends holds neither the connection nor its place.
  private func wait(
    for make: @escaping @Sendable () async -> HTTPResponse, to head: HTTPRequestHead,
    context: ChannelHandlerContext
  ) {
    self.head = nil
    let made = context.eventLoop.makePromise(of: HTTPResponse.self)
    made.completeWithTask { await make() }
    made.futureResult.assumeIsolated().whenSuccess { response in
      guard context.channel.isActive else { return self.limiter.endRequest() }
      self.complete(head, with: response, context: context)
    }
  }

  private func beginResponse() {
    isResponding = true
    connection.beginResponse()
  }

  /// - Parameters:
  ///   - head: nil if no request could be read.
  ///   - completion: called once, when the response is with the kernel or will never be.
  private func send(
    _ response: HTTPResponse, to head: HTTPRequestHead?, context: ChannelHandlerContext,
    completion: @escaping () -> Void = {}
  ) {
    self.head = nil
    beginResponse()
    limiter.statistics.record { $0.requests[response.status, default: 0] += 1 }

    let flushed = context.eventLoop.makePromise(of: Void.self)
    flushed.futureResult.assumeIsolated().whenComplete { result in
      completion()
      guard case .success = result else { return }
      // In a turn of its own: the end of this response lets the next pipelined request in, whose
      // response may be flushed at once, and so on, as deep as the client likes.
      context.eventLoop.assumeIsolated().execute { self.finish(context: context) }
    }
    let responseHead = wrapOutboundOut(.head(self.head(of: response, to: head)))
    if head?.method == .HEAD || response.body.readableBytes == 0 {
      context.writeAndFlush(responseHead, promise: flushed)
    } else {
      context.write(responseHead, promise: nil)
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: flushed)
    }
  }

  private func head(of response: HTTPResponse, to request: HTTPRequestHead?) -> HTTPResponseHead {
    var head = HTTPResponseHead(
      version: request?.version == .http1_0 ? .http1_0 : .http1_1,
      status: HTTPResponseStatus(statusCode: response.status),
      headers: HTTPHeaders(addedHeaders.map { ($0.name, $0.value) }))
    for header in response.headers {
      head.headers.replaceOrAdd(name: header.name, value: header.value)
    }
    head.headers.replaceOrAdd(name: "Content-Type", value: response.contentType)
    head.headers.replaceOrAdd(name: "Content-Length", value: "\(response.body.readableBytes)")
    if isLast {
      head.headers.replaceOrAdd(name: "Connection", value: "close")
    } else if head.version == .http1_0 {
      head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
    }
    return head
  }

  private func finish(context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    isResponding = false
    isLast = isLast || limiter.isDraining
    let end = wrapOutboundOut(.end(nil))
    if isLast {
      context.writeAndFlush(end, promise: nil)
      connection.closeGently()
    } else {
      connection.awaitNextRequest()
      context.writeAndFlush(end, promise: nil)
    }
  }
}
