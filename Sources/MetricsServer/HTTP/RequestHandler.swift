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
  /// nil if TLS is not asked for.
  private let tls: TLSDetector?
  private var head: HTTPRequestHead?
  private var bodyBytes = 0
  private var isResponding = false
  /// The response under way, or sent, is the connection's last.
  private var isLast = false
  /// Nothing marks the end of the response but that of the connection.
  private var leavesEndOut = false
  /// What the web configuration adds to every response.
  private var addedHeaders: [WebConfig.Header] = []

  init(
    router: Router, limiter: ConnectionLimiter, access: AccessControl,
    connection: ConnectionHandler, tls: TLSDetector?
  ) {
    self.tls = tls
    self.router = router
    self.access = access
    self.limiter = limiter
    self.connection = connection
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isLast else { return }
    guard tls?.isAdmitted != false else { return connection.close() }
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      bodyBytes = 0
      // A client that asks so waits before it sends its body (RFC 9110, 10.1.1).
      if head.version != .http1_0,
        head.headers[canonicalForm: "Expect"].contains(where: { $0.lowercased() == "100-continue" })
      {
        context.writeAndFlush(
          wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))),
          promise: nil)
      }
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
    guard let error = error as? HTTPParserError, tls?.isAdmitted != false else {
      return connection.close()
    }
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
    let current = access.tls
    if current?.context !== tls?.context.context {
      // Whatever certificate it has shown was judged by settings that no longer hold.
      if [current, tls?.context].contains(where: { $0?.asksForCertificates == true }) {
        return connection.closeGently()
      }
      isLast = true
    }
    beginResponse()
    access.decide(
      authorization: head.headers["Authorization"],
      by: .init(client: connection.client) { context.channel.isActive },
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
    switch router.outcome(
      of: head, from: connection.client.kind, isAuthenticated: isAuthenticated)
    {
    case .response(let response): send(response, to: head, context: context)
    case .pending(let make): wait(for: make, to: head, context: context)
    }
  }

  /// Answers when the response is made. The write timeout runs meanwhile, so that a handler that
  /// never ends does not hold the connection; its place it holds, since its work goes on.
  private func wait(
    for make: @escaping @Sendable () async -> HTTPResponse, to head: HTTPRequestHead,
    context: ChannelHandlerContext
  ) {
    self.head = nil
    let client = connection.client
    guard limiter.beginWaiting(for: client) else {
      let limit = limiter.configuration.maxWaiting
      return send(.tooManyRequests(limit: limit), to: head, context: context)
    }
    let made = context.eventLoop.makePromise(of: HTTPResponse.self)
    made.completeWithTask { await make() }
    made.futureResult.assumeIsolated().whenSuccess { response in
      self.limiter.endWaiting(for: client)
      guard context.channel.isActive else { return }
      self.send(response, to: head, context: context)
    }
  }

  private func beginResponse() {
    isResponding = true
    connection.beginResponse()
  }

  /// - Parameter head: nil if no request could be read.
  private func send(
    _ response: HTTPResponse, to head: HTTPRequestHead?, context: ChannelHandlerContext
  ) {
    self.head = nil
    beginResponse()
    let hasBody = head?.method != .HEAD
    if hasBody, response.isLarge, !limiter.beginSending(response.body, on: connection) {
      let limit = limiter.configuration.maxRequests
      return send(.tooManyRequests(limit: limit), to: head, context: context)
    }
    limiter.statistics.record { $0.requests[response.status, default: 0] += 1 }
    connection.noteProgress()
    if response.pieces != nil {
      // Without chunks, which HTTP/1.0 does not know, the end of the body is that of the connection.
      // And NIO would end an answer to HEAD as it ends the body of chunks that it announces.
      isLast = isLast || !hasBody || head?.version == .http1_0
      leavesEndOut = !hasBody
    }
    context.write(wrapOutboundOut(.head(self.head(of: response, to: head))), promise: nil)
    sendBody(BodyCursor(hasBody ? response : nil), context: context)
  }

  /// Sends a body's next piece, and the one after it once the client has taken that.
  private func sendBody(_ body: BodyCursor, context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    var body = body
    guard let piece = body.next() else { return finish(context: context) }
    let flushed = context.eventLoop.makePromise(of: Void.self)
    flushed.futureResult.assumeIsolated().whenSuccess { [body] in
      self.connection.noteProgress()
      // In a turn of its own: others get theirs between the pieces, and the end of this response lets
      // the next pipelined request in, whose response may be flushed at once, and so on, as deep as
      // the client likes.
      context.eventLoop.assumeIsolated().execute { self.sendBody(body, context: context) }
    }
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: flushed)
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
    head.headers.replaceOrAdd(name: "X-Content-Type-Options", value: "nosniff")
    head.headers.remove(name: "Content-Length")
    if response.pieces == nil {
      head.headers.add(name: "Content-Length", value: "\(response.body.bytes.readableBytes)")
    }
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
    limiter.endSending(on: connection)
    isLast = isLast || limiter.isDraining
    let end = wrapOutboundOut(.end(nil))
    if isLast {
      if !leavesEndOut { context.writeAndFlush(end, promise: nil) }
      connection.closeGently()
    } else {
      connection.awaitNextRequest()
      context.writeAndFlush(end, promise: nil)
    }
  }
}
