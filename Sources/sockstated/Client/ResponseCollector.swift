import NIOCore
import NIOHTTP1

/// Collects the one response of a connection, up to a size; stands last in its pipeline.
final class ResponseCollector: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  /// A whole response.
  struct Response: Sendable {
    /// Status code (RFC 9110, 15).
    var status: Int
    /// The header Content-Type; empty if there is none.
    var contentType: String
    var body: [UInt8]
    /// Who has answered; nil over a unix socket.
    var address: String?
  }

  /// Why there is no response.
  enum Failure: Error {
    /// The connection ended or said something else before the end of a response.
    case malformed
    /// The body is longer than the limit.
    case tooLong
    /// No byte came for too long.
    case silent
  }

  private let promise: EventLoopPromise<Response>
  private let maximumBody: Int
  private var response: Response?
  private var isDone = false

  /// - Parameter maximumBody: in bytes.
  init(_ promise: EventLoopPromise<Response>, maximumBody: Int) {
    self.promise = promise
    self.maximumBody = maximumBody
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      response = Response(
        status: Int(head.status.code), contentType: head.headers["Content-Type"].first ?? "",
        body: [], address: context.channel.remoteAddress?.ipAddress)
    case .body(let bytes):
      guard let count = response?.body.count, count + bytes.readableBytes <= maximumBody else {
        return end(.failure(Failure.tooLong), context)
      }
      response?.body += bytes.readableBytesView
    case .end:
      end(response.map { .success($0) } ?? .failure(Failure.malformed), context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.failure(Failure.malformed), context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let isCutOff = error is HTTPParserError || error is IOError
    end(.failure(isCutOff ? Failure.malformed : error), context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event as? IdleStateHandler.IdleStateEvent == .read else {
      return context.fireUserInboundEventTriggered(event)
    }
    end(.failure(Failure.silent), context)
  }

  private func end(_ result: Result<Response, any Error>, _ context: ChannelHandlerContext) {
    guard !isDone else { return }
    isDone = true
    promise.completeWith(result)
    context.close(promise: nil)
  }
}
