package import NIOCore

/// What a response keeps in memory until it has been read: the same for all who are sent the same.
package final class ResponseBody: Sendable {
  package let bytes: ByteBuffer
  /// Bytes of memory.
  package let size: Int

  /// Bytes that are sent as they are.
  package init(_ bytes: ByteBuffer) {
    self.bytes = bytes
    size = bytes.readableBytes
  }

  /// Values that a body is made of while it is sent.
  /// - Parameter size: about how much memory they take.
  package init(sizeOfSource size: Int) {
    bytes = ByteBuffer()
    self.size = size
  }
}

/// A response's body on its way to one client.
struct BodyCursor {
  /// Bytes that are handed to a connection at a time, about: what waits in it is no more.
  static let pieceSize = 64 * 1024

  private var rest: ByteBuffer
  private var pieces: HTTPResponse.Pieces?
  private var isOver = false

  /// - Parameter response: nil has no body.
  init(_ response: HTTPResponse?) {
    rest = response?.body.bytes ?? ByteBuffer()
    pieces = response?.pieces
  }

  /// The next piece; nil at the end. There is at least one, which may be empty.
  mutating func next() -> ByteBuffer? {
    guard !isOver else { return nil }
    if let piece = pieces?.next() { return ByteBuffer(bytes: piece) }
    let length = min(rest.readableBytes, Self.pieceSize)
    isOver = length == rest.readableBytes
    return rest.readSlice(length: length)
  }
}
