/// Why bytes from a netlink socket could not be read.
package enum NetlinkFault: Error, Equatable {
  /// Fewer bytes than a header, or than the header claims (`at` is the offset in the datagram).
  case cut(at: Int)
  /// A length that no message can have.
  case impossibleLength(Int, at: Int)
  /// A message of a type that nobody asked for.
  case unexpectedType(UInt16)
  /// A message of another request.
  case foreignSequence(UInt32)
  /// A message for another socket.
  case foreignPort(UInt32)
  /// The datagram was longer than the buffer.
  case truncated
  /// The kernel lost messages (`NLMSG_OVERRUN`).
  case overrun
}

/// `struct nlmsghdr` (`include/uapi/linux/netlink.h`), all in host order.
package struct NetlinkHeader: Equatable, BitwiseCopyable {
  /// Length of the message, this header included.
  package var length: UInt32
  package var type: UInt16
  package var flags: UInt16
  package var sequence: UInt32
  /// Port of the socket that asked; 0 in multicasts.
  package var port: UInt32

  /// `NLMSG_HDRLEN`.
  static let size = 16
}

/// A message to the kernel, put together word by word.
struct NetlinkRequest {
  private(set) var body: [UInt8] = []

  /// Appends an integer in host order.
  mutating func append<T: FixedWidthInteger>(_ value: T) {
    unsafe withUnsafeBytes(of: value) { unsafe body.append(contentsOf: $0) }
  }

  /// Appends bytes of zero.
  mutating func append(zeros count: Int) { body.append(contentsOf: repeatElement(0, count: count)) }

  /// Appends an attribute of four bytes (`struct nlattr`).
  mutating func append(attribute type: UInt16, _ value: UInt32) {
    append(UInt16(8))
    append(type)
    append(value)
  }

  /// The message with its header.
  func encoded(type: UInt16, flags: UInt16, sequence: UInt32) -> [UInt8] {
    var message = NetlinkRequest()
    message.append(UInt32(NetlinkHeader.size + body.count))
    message.append(type)
    message.append(flags)
    message.append(sequence)
    message.append(UInt32(0))
    return message.body + body
  }
}

/// Walks the messages of one datagram, never past its end.
package struct NetlinkMessages {
  private var offset = 0

  package init() {}

  /// The next message of `bytes`; nil at the end.
  package mutating func next(in bytes: RawSpan) throws(NetlinkFault) -> (
    header: NetlinkHeader, payload: Range<Int>
  )? {
    guard offset < bytes.byteCount else { return nil }
    guard bytes.byteCount - offset >= NetlinkHeader.size else { throw .cut(at: offset) }
    let header = NetlinkHeader(
      length: bytes.load(at: offset), type: bytes.load(at: offset + 4),
      flags: bytes.load(at: offset + 6), sequence: bytes.load(at: offset + 8),
      port: bytes.load(at: offset + 12))
    let length = Int(header.length)
    guard length >= NetlinkHeader.size else { throw .impossibleLength(length, at: offset) }
    guard length <= bytes.byteCount - offset else { throw .cut(at: offset) }
    let payload = offset + NetlinkHeader.size..<offset + length
    offset += length.alignedTo4
    return (header, payload)
  }
}

extension RawSpan {
  /// An integer in host order at an offset, which the span checks against its bounds.
  @inline(__always)
  func load<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> T {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }
}

extension Int {
  /// `NLMSG_ALIGN`, `NLA_ALIGN`.
  @inline(__always)
  var alignedTo4: Int { (self + 3) & ~3 }
}
