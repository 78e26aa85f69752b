import CLibMNL
package import SocketStates

/// Decodes `struct inet_diag_msg` and its attributes (`include/uapi/linux/inet_diag.h`).
package enum SockDiagMessage {
  /// `sizeof(struct inet_diag_msg)`.
  static let size = 72
  private static let ipv4: UInt8 = 2
  private static let ipv6: UInt8 = 10

  /// Reads one message into `row`.
  ///
  /// Attributes that this product does not use are passed over; `tcp_info` is read to the length
  /// that the running kernel delivers, neither more nor less.
  /// - Returns: false where the row is of a family or state that is not shown.
  @inline(__always)
  package static func decode(
    _ bytes: RawSpan, _ payload: Range<Int>, into row: inout SocketRow
  ) throws(NetlinkFault) -> Bool {
    let base = payload.lowerBound
    guard payload.count >= size, payload.upperBound <= bytes.byteCount else {
      throw .cut(at: base)
    }
    let family: UInt8 = bytes.load(at: base)
    guard family == ipv4 || family == ipv6,
      let state = TCPState(kernel: bytes.load(at: base + 1))
    else { return false }
    row.state = state
    row.timer = SocketTimer(rawValue: bytes.load(at: base + 2)) ?? .off
    row.retransmits = bytes.load(at: base + 3)
    row.local = endpoint(bytes, family, port: base + 4, address: base + 8)
    row.remote = endpoint(bytes, family, port: base + 6, address: base + 24)
    row.local.device = bytes.load(at: base + 40)
    if row.remote.address.isLinkLocal { row.remote.device = row.local.device }
    let low: UInt32 = bytes.load(at: base + 44)
    let high: UInt32 = bytes.load(at: base + 48)
    row.cookie = UInt64(high) << 32 | UInt64(low)
    row.expires = bytes.load(at: base + 52)
    row.receiveQueue = bytes.load(at: base + 56)
    row.sendQueue = bytes.load(at: base + 60)
    row.uid = bytes.load(at: base + 64)
    row.inode = bytes.load(at: base + 68)
    row.cgroup = 0
    row.hasInfo = false
    row.isV6Only = false
    row.listenDrops = nil
    try decodeAttributes(bytes, base + size..<payload.upperBound, into: &row)
    return true
  }

  /// Walks the `struct nlattr`s behind the message.
  @inline(__always)
  private static func decodeAttributes(
    _ bytes: RawSpan, _ range: Range<Int>, into row: inout SocketRow
  ) throws(NetlinkFault) {
    var offset = range.lowerBound
    while range.upperBound - offset >= 4 {
      let length16: UInt16 = bytes.load(at: offset)
      let length = Int(length16)
      let type: UInt16 = bytes.load(at: offset + 2)
      guard length >= 4 else { throw .impossibleLength(length, at: offset) }
      guard length <= range.upperBound - offset else { throw .cut(at: offset) }
      switch Int(type & 0x3fff) {
      case INET_DIAG_INFO:
        row.info.decode(bytes, offset + 4..<offset + length)
        row.hasInfo = true
      case INET_DIAG_SKMEMINFO where length >= 4 + 4 * (Int(SK_MEMINFO_DROPS) + 1):
        row.listenDrops = bytes.load(at: offset + 4 + 4 * Int(SK_MEMINFO_DROPS))
      case INET_DIAG_SKV6ONLY where length >= 5:
        let flag: UInt8 = bytes.load(at: offset + 4)
        row.isV6Only = flag != 0
      case INET_DIAG_CGROUP_ID where length >= 12:
        row.cgroup = bytes.load(at: offset + 4)
      default: break
      }
      offset += length.alignedTo4
    }
  }

  @inline(__always)
  private static func endpoint(_ bytes: RawSpan, _ family: UInt8, port: Int, address: Int)
    -> Endpoint
  {
    let number: UInt16 = bytes.load(at: port)
    if family == ipv4 {
      let word: UInt32 = bytes.load(at: address)
      return Endpoint(
        address: Address(ipv4: UInt32(bigEndian: word)), port: UInt16(bigEndian: number))
    }
    let high: UInt64 = bytes.load(at: address)
    let low: UInt64 = bytes.load(at: address + 8)
    return Endpoint(
      address: Address(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low)),
      port: UInt16(bigEndian: number))
  }
}
