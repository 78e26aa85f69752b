internal import Glibc

/// Ids of other network namespaces in the daemon's own (`RTM_NEWNSID`,
/// `include/uapi/linux/net_namespace.h`): destroy events say by them where they are from.
///
/// An id keeps no namespace alive and ends with it. Giving one needs CAP_NET_ADMIN.
struct NamespaceIDs: ~Copyable {
  private let socket: NetlinkSocket
  private var sequence: UInt32 = 0
  private var buffer = ContiguousArray<UInt8>(repeating: 0, count: 4096)

  init() throws(SystemError) {
    let socket = try NetlinkSocket.openRoute()
    socket.setReceiveTimeout(milliseconds: 1000)
    self.socket = socket
  }

  /// The id that the network namespace has; -1 where it has none.
  mutating func existing(_ namespace: borrowing Descriptor) throws(SystemError) -> Int32? {
    try ask(Message.get, namespace.number)
  }

  /// The id of the network namespace that the descriptor is of; one is given where there is none.
  mutating func id(of namespace: borrowing Descriptor) throws(SystemError) -> Int32 {
    if let id = try ask(Message.get, namespace.number), id >= 0 { return id }
    _ = try ask(Message.new, namespace.number)
    guard let id = try ask(Message.get, namespace.number), id >= 0 else {
      throw SystemError(operation: "give a network namespace an id", errno: EPROTO)
    }
    return id
  }

  /// `RTM_NEWNSID` and `RTM_GETNSID` of `include/uapi/linux/rtnetlink.h`.
  private enum Message {
    static let new: UInt16 = 88
    static let get: UInt16 = 90
  }

  /// `NETNSA_NSID` and `NETNSA_FD`.
  private enum Attribute {
    static let nsid: UInt32 = 1
    static let fd: UInt32 = 3

    /// `struct nlattr` of an attribute with four bytes.
    static func head(_ type: UInt32) -> UInt32 { 8 | type << 16 }
  }

  /// - Returns: the id that the answer holds; nil where it holds none, -1 where there is none yet.
  private mutating func ask(_ type: UInt16, _ descriptor: Int32) throws(SystemError) -> Int32? {
    sequence &+= 1
    let isNew = type == Message.new
    // rtgenmsg, padded; then attributes
    var body: [UInt32] = [0, Attribute.head(Attribute.fd), UInt32(bitPattern: descriptor)]
    if isNew { body += [Attribute.head(Attribute.nsid), UInt32(bitPattern: -1)] }
    let size = UInt32(NetlinkHeader.size + body.count * 4)
    // NLM_F_REQUEST, and NLM_F_ACK where no other answer comes
    let flags: UInt32 = isNew ? 5 : 1
    let message = [size, UInt32(type) | flags << 16, sequence, 0] + body
    try socket.send(
      message.flatMap { word in
        (0..<4).map { UInt8(truncatingIfNeeded: word.littleEndian >> ($0 * 8)) }
      })
    // What is left of an answer that came too late is passed over; it cannot be many.
    for _ in 0..<8 {
      let datagram = try socket.receive(into: &buffer, isBlocking: true)
      var messages = NetlinkMessages()
      let bytes = unsafe buffer.span.bytes.extracting(first: datagram.length)
      guard datagram.sender == 0, let (header, payload) = try? messages.next(in: bytes),
        header.sequence == sequence
      else { continue }
      guard header.type != Self.error else {
        let code: Int32 = payload.count >= 4 ? bytes.load(at: payload.lowerBound) : 0
        guard code == 0 || (isNew && code == -EEXIST) else {
          throw SystemError(operation: "give a network namespace an id", errno: -code)
        }
        return nil
      }
      return Self.id(bytes, payload)
    }
    throw SystemError(operation: "give a network namespace an id", errno: ETIMEDOUT)
  }

  private static let error: UInt16 = 2

  /// The attribute NETNSA_NSID of an answer.
  static func id(_ bytes: RawSpan, _ payload: Range<Int>) -> Int32? {
    var position = payload.lowerBound + 4
    while position + 8 <= payload.upperBound {
      let length: UInt16 = bytes.load(at: position)
      let type: UInt16 = bytes.load(at: position + 2)
      if UInt32(type) == Attribute.nsid, length >= 8 { return bytes.load(at: position + 4) }
      guard length >= 4 else { return nil }
      position += Int(length).alignedTo4
    }
    return nil
  }
}
