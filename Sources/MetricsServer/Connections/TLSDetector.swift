internal import NIOCore
internal import NIOSSL

/// Stands first on a connection that is to speak TLS, and looks at its first byte: a client that
/// speaks plain HTTP gets an answer that it can read.
final class TLSDetector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  let context: TLSContext
  private var handler: NIOSSLServerHandler?
  /// Whether the client speaks HTTP without TLS.
  private(set) var isPlainText = false

  init(context: TLSContext) {
    self.context = context
  }

  /// Whether the client has shown a certificate that has been verified.
  var isKnown: Bool { context.verifiesClients && handler?.peerCertificate != nil }

  /// Whether the client may ask anything. To be asked once the client has sent something.
  private(set) lazy var isAdmitted = isPlainText || context.admits(handler?.peerCertificate)

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if handler == nil, !isPlainText, let first = unwrapInboundIn(data).readableBytesView.first {
      // A method's first letter; the record of a TLS handshake begins with 22 (RFC 8446, 5.1).
      isPlainText = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
      guard isPlainText || startTLS(context: context) else { return context.close(promise: nil) }
    }
    context.fireChannelRead(data)
  }

  private func startTLS(context: ChannelHandlerContext) -> Bool {
    let handler = self.context.makeHandler()
    self.handler = handler
    // Fails only in a pipeline that is gone.
    return (try? context.pipeline.syncOperations.addHandler(handler, position: .after(self))) != nil
  }
}
