@testable import LinuxSockets
import SocketStates

/// Builds netlink datagrams for tests, byte by byte.
struct NetlinkBytes {
  static let sequence: UInt32 = 7
  static let port: UInt32 = 4711
  static let rowType: UInt16 = 18

  var bytes: [UInt8] = []

  static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] { Array(little(value).reversed()) }

  static func attribute(_ type: UInt16, _ payload: [UInt8], claiming length: UInt16? = nil)
    -> [UInt8]
  {
    var bytes = little(length ?? UInt16(4 + payload.count)) + little(type) + payload
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
  }

  /// A `struct inet_diag_msg` of 72 bytes.
  static func socket(
    family: UInt8 = 2, state: UInt8 = 1, cookie: UInt64 = 0x1_0000_0002, localPort: UInt16 = 80,
    remotePort: UInt16 = 40_000, inode: UInt32 = 99
  ) -> [UInt8] {
    var bytes: [UInt8] = [family, state, 0, 0]
    bytes += big(localPort) + big(remotePort)
    let address: [UInt8] =
      family == 2
      ? [127, 0, 0, 1] + Array(repeating: 0, count: 12)
      : Array(repeating: 0, count: 15) + [1]
    bytes += address + address
    bytes +=
      little(UInt32(0)) + little(UInt32(truncatingIfNeeded: cookie)) + little(UInt32(cookie >> 32))
    bytes += little(UInt32(1_500)) + little(UInt32(10)) + little(UInt32(20)) + little(UInt32(1000))
    return bytes + little(inode)
  }

  /// A `struct tcp_info` of any length whose 32-bit words hold their own offset.
  static func info(length: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for offset in stride(from: 0, to: length, by: 4) { bytes += little(UInt32(offset)) }
    return Array(bytes.prefix(length))
  }

  mutating func message(
    type: UInt16 = rowType, sequence: UInt32 = sequence, port: UInt32 = port, flags: UInt16 = 2,
    claiming length: UInt32? = nil, _ payload: [UInt8]
  ) {
    bytes += Self.little(length ?? UInt32(16 + payload.count)) + Self.little(type)
    bytes += Self.little(flags) + Self.little(sequence) + Self.little(port) + payload
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  static func datagram(_ build: (inout NetlinkBytes) -> Void) -> [UInt8] {
    var datagram = NetlinkBytes()
    build(&datagram)
    return datagram.bytes
  }
}

/// What a datagram decodes to.
struct Decoded {
  var rows: [SocketRow] = []
  var progress: SockDiagDump.Progress?
  var fault: NetlinkFault?
  var wasInterrupted = false

  init(_ bytes: [UInt8]) {
    var dump = SockDiagDump(
      sequence: NetlinkBytes.sequence, port: NetlinkBytes.port, messageType: NetlinkBytes.rowType)
    var rows = ContiguousArray<SocketRow>()
    do throws(NetlinkFault) {
      progress = try dump.decode(bytes.span.bytes, into: &rows)
    } catch {
      fault = error
    }
    self.rows = Array(rows)
    wasInterrupted = dump.wasInterrupted
  }
}
