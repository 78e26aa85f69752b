import CLibMNL
package import SocketStates

/// Decodes the datagrams that answer one dump request. Pure: bytes in, rows out.
package struct SockDiagDump {
  /// How far the dump has come after a datagram.
  package enum Progress: Equatable {
    case more
    /// `NLMSG_DONE` without an error.
    case done
    /// The kernel refused or broke off, with this errno (`NLMSG_ERROR`, or inside `NLMSG_DONE`).
    case failed(Int32)
  }

  /// The sequence number of the request.
  package let sequence: UInt32
  /// The port id of the socket that asked.
  package let port: UInt32
  /// The message type of the rows: that of the request.
  package let messageType: UInt16
  /// Whether the kernel said that its table changed under the dump (`NLM_F_DUMP_INTR`).
  package private(set) var wasInterrupted = false

  package init(sequence: UInt32, port: UInt32, messageType: UInt16) {
    self.sequence = sequence
    self.port = port
    self.messageType = messageType
  }

  /// Appends the rows of one datagram to `rows`. After a fault the rows appended are true, but the
  /// dump is not whole.
  package mutating func decode(
    _ datagram: RawSpan, into rows: inout ContiguousArray<SocketRow>
  ) throws(NetlinkFault) -> Progress {
    var messages = NetlinkMessages()
    var row = SocketRow()
    while let (header, payload) = try messages.next(in: datagram) {
      guard header.sequence == sequence else { throw .foreignSequence(header.sequence) }
      guard header.port == port else { throw .foreignPort(header.port) }
      if header.flags & UInt16(NLM_F_DUMP_INTR) != 0 { wasInterrupted = true }
      switch header.type {
      case messageType:
        if try SockDiagMessage.decode(datagram, payload, into: &row) { rows.append(row) }
      case UInt16(NLMSG_DONE):
        // The payload is optional; a negative number in it is an errno.
        guard payload.count >= 4 else { return .done }
        let status: Int32 = datagram.load(at: payload.lowerBound)
        return status < 0 ? .failed(0 &- status) : .done
      case UInt16(NLMSG_ERROR):
        guard payload.count >= 4 else { throw .cut(at: payload.lowerBound) }
        let status: Int32 = datagram.load(at: payload.lowerBound)
        if status != 0 { return .failed(0 &- status) }
      case UInt16(NLMSG_NOOP): break
      case UInt16(NLMSG_OVERRUN): throw .overrun
      default: throw .unexpectedType(header.type)
      }
    }
    return .more
  }
}
