import CLibMNL
internal import Glibc

/// Ids of other network namespaces in the daemon's own (`RTM_NEWNSID`,
/// `include/uapi/linux/net_namespace.h`): destroy events say by them where they are from.
///
/// An id keeps no namespace alive and ends with it. Giving one needs CAP_NET_ADMIN.
package struct NamespaceIDs: ~Copyable {
  private let socket: NetlinkSocket
  private var sequence: UInt32 = 0
  private var buffer = ContiguousArray<UInt8>(repeating: 0, count: 4096)

  init() throws(SystemError) {
    let socket = try NetlinkSocket.openRoute()
    socket.setReceiveTimeout(milliseconds: 1000)
    self.socket = socket
  }

  /// The id that the network namespace has; nil if it has none.
  mutating func existing(_ namespace: borrowing Descriptor) throws(SystemError) -> Int32? {
    guard let id = try ask(Message.get, namespace.number), id >= 0 else { return nil }
    return id
  }

  /// The id of the network namespace that the descriptor is of; one is given if it has none.
  mutating func id(of namespace: borrowing Descriptor) throws(SystemError) -> Int32 {
    if let id = try existing(namespace) { return id }
    _ = try ask(Message.new, namespace.number)
    guard let id = try existing(namespace) else {
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
    static let nsid: UInt16 = 1
    static let fd: UInt16 = 3
  }

  /// - Returns: the id that the answer holds; nil if it holds none, -1 where there is none yet.
  private mutating func ask(_ type: UInt16, _ descriptor: Int32) throws(SystemError) -> Int32? {
    sequence &+= 1
    let isNew = type == Message.new
    var request = NetlinkRequest()
    // rtgenmsg, padded
    request.append(UInt32(0))
    request.append(attribute: Attribute.fd, UInt32(bitPattern: descriptor))
    if isNew { request.append(attribute: Attribute.nsid, UInt32(bitPattern: -1)) }
    // One that gives an id has no answer but the acknowledgement.
    let flags = UInt16(NLM_F_REQUEST | (isNew ? NLM_F_ACK : 0))
    try socket.send(request.encoded(type: type, flags: flags, sequence: sequence))
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
  package static func id(_ bytes: RawSpan, _ payload: Range<Int>) -> Int32? {
    var position = payload.lowerBound + 4
    while position + 8 <= payload.upperBound {
      let length: UInt16 = bytes.load(at: position)
      let type: UInt16 = bytes.load(at: position + 2)
      if type == Attribute.nsid, length >= 8 { return bytes.load(at: position + 4) }
      guard length >= 4 else { return nil }
      position += Int(length).alignedTo4
    }
    return nil
  }
}
