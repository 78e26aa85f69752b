package import SocketStates

/// Parser of /proc/net/tcp and /proc/net/tcp6 (kernel `get_tcp4_sock`, `get_openreq4` and
/// `get_timewait4_sock` of net/ipv4/tcp_ipv4.c, `tcp6_seq_show` of net/ipv6/tcp_ipv6.c).
///
/// Bytes come in chunks that may end anywhere; rows go to a buffer that the caller reuses. Lines
/// of both files may be fed, one address's length tells them apart. Rows have no cookie, no
/// cgroup and no tcp_info. Of a listener the accept queue's length is known, its limit is not.
package struct ProcNetTCP: Sendable {
  /// Lines that were cut off, garbled or in a state that is not shown.
  package private(set) var linesSkipped: UInt64 = 0

  /// The beginning of a line whose rest is in the next chunk.
  private var carry: [UInt8] = []
  private var carryOverflowed = false

  /// The kernel's longest line is about 200 bytes; a longer one is garbage not worth keeping.
  private static let longestLine = 512

  package init() { carry.reserveCapacity(Self.longestLine) }

  /// Reads one chunk and appends a row for each line that ends in it.
  package mutating func consume(
    _ chunk: Span<UInt8>, into rows: inout ContiguousArray<SocketRow>
  ) {
    var start = 0
    for index in chunk.indices where chunk[index] == UInt8(ascii: "\n") {
      if carry.isEmpty && !carryOverflowed && index - start <= Self.longestLine {
        take(chunk, start, index, into: &rows)
      } else {
        keep(chunk, start, index)
        endCarriedLine(into: &rows)
      }
      start = index + 1
    }
    keep(chunk, start, chunk.count)
  }

  /// Ends the file: what has no newline is read as a last line.
  package mutating func finish(into rows: inout ContiguousArray<SocketRow>) {
    if !carry.isEmpty || carryOverflowed { endCarriedLine(into: &rows) }
  }

  private mutating func keep(_ chunk: Span<UInt8>, _ start: Int, _ end: Int) {
    guard start < end else { return }
    guard carry.count + (end - start) <= Self.longestLine else {
      carryOverflowed = true
      return
    }
    for index in start..<end { carry.append(chunk[index]) }
  }

  private mutating func endCarriedLine(into rows: inout ContiguousArray<SocketRow>) {
    if carryOverflowed {
      linesSkipped += 1
    } else {
      let line = carry
      take(line.span, 0, line.count, into: &rows)
    }
    carry.removeAll(keepingCapacity: true)
    carryOverflowed = false
  }

  private mutating func take(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into rows: inout ContiguousArray<SocketRow>
  ) {
    var fields = FieldScanner(start..<end)
    fields.skipBlanks(bytes)
    let isHeader = bytes.holds("sl", in: fields.position..<min(fields.position + 2, end))
    guard fields.position < end, !isHeader else { return }
    if let row = Self.row(bytes, &fields) { rows.append(row) } else { linesSkipped += 1 }
  }

  /// One line: `sl local remote st tx:rx tr:when retrnsmt uid timeout inode ref …`.
  private static func row(_ bytes: Span<UInt8>, _ fields: inout FieldScanner) -> SocketRow? {
    var row = SocketRow()
    guard fields.number(bytes, end: ":", radix: 10) != nil,
      let local = fields.endpoint(bytes), let remote = fields.endpoint(bytes),
      let stateNumber = fields.number(bytes, radix: 16),
      let stateByte = UInt8(exactly: stateNumber), let state = TCPState(kernel: stateByte),
      let sendQueue = fields.number(bytes, end: ":", radix: 16),
      let receiveQueue = fields.number(bytes, radix: 16),
      let timer = fields.number(bytes, end: ":", radix: 16),
      let when = fields.number(bytes, radix: 16),
      let retransmits = fields.number(bytes, radix: 16),
      let uid = fields.number(bytes, radix: 10).flatMap({ UInt32(exactly: $0) }),
      fields.skipField(bytes),
      // The inode must be followed by another field, or its own last digits may be cut off.
      let inode = fields.number(bytes, radix: 10).flatMap({ UInt32(exactly: $0) }),
      fields.skipField(bytes)
    else { return nil }
    row.local = local
    row.remote = remote
    row.state = state
    row.sendQueue = state == .listen ? 0 : UInt32(clamping: sendQueue)
    row.receiveQueue = UInt32(clamping: receiveQueue)
    // A timer that this product has no name for is no reason to lose the socket.
    row.timer = UInt8(exactly: timer).flatMap { SocketTimer(rawValue: $0) } ?? .off
    row.expires = milliseconds(clockTicks: when)
    row.retransmits = UInt8(clamping: retransmits)
    row.uid = uid
    row.inode = inode
    return row
  }

  /// `when` is in USER_HZ, which is 100 in every user interface of Linux.
  private static func milliseconds(clockTicks: UInt64) -> UInt32 {
    let (product, overflow) = clockTicks.multipliedReportingOverflow(by: 10)
    return overflow ? .max : UInt32(clamping: product)
  }
}

extension FieldScanner {
  /// `0100007F:1F90`, or the same with 32 digits of address.
  fileprivate mutating func endpoint(_ bytes: Span<UInt8>) -> Endpoint? {
    skipBlanks(bytes)
    guard let first = word(bytes) else { return nil }
    let address: Address
    if position < end, bytes[position] == UInt8(ascii: ":") {
      address = Address(ipv4: first)
    } else {
      guard let second = word(bytes), let third = word(bytes), let fourth = word(bytes) else {
        return nil
      }
      address = Address(
        high: UInt64(first) << 32 | UInt64(second), low: UInt64(third) << 32 | UInt64(fourth))
    }
    guard position < end, bytes[position] == UInt8(ascii: ":") else { return nil }
    position += 1
    guard let port = number(bytes, radix: 16).flatMap({ UInt16(exactly: $0) }) else { return nil }
    return Endpoint(address: address, port: port)
  }

  /// Eight digits: the kernel prints a big-endian word of the address as if it were its own.
  private mutating func word(_ bytes: Span<UInt8>) -> UInt32? {
    guard end - position >= 8 else { return nil }
    var value: UInt32 = 0
    for _ in 0..<8 {
      guard let digit = bytes[position].hexadecimalDigit else { return nil }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return UInt32(bigEndian: value)
  }
}
