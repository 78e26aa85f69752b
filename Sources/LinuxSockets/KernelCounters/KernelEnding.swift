package import SocketStates

/// The end of one socket that was connected, or tried to be (`struct ending_record`).
package struct KernelEnding: Sendable {
  /// How connections end, as `format.h` numbers it.
  static let ends: [ConnectionEnd] = [.closed, .resetReceived, .resetSent, .timedOut, .aborted]

  package var cookie: UInt64
  /// In the order in which they ended.
  package var number: UInt64
  package var process: KernelProcess.Key
  /// What else there is to know; the owner is not known here.
  package var socket: EndedSocket
}

extension KernelEnding {
  init(_ record: RawSpan) {
    cookie = record.load(at: 0)
    number = record.load(at: 8)
    process = KernelProcess.Key(started: record.load(at: 16), tgid: record.load(at: 24))
    let (how, port): (UInt8, UInt16) = (record.load(at: 39), record.load(at: 36))
    socket = EndedSocket(
      direction: Direction(kernel: record.load(at: 38)), port: port == 0 ? nil : port,
      how: Self.ends.indices.contains(Int(how)) ? Self.ends[Int(how)] : nil,
      state: TCPState(kernel: record.load(at: 40)),
      reason: ResetReason(rawValue: record.load(at: 41)), retransmits: record.load(at: 28),
      unread: record.load(at: 32))
  }
}

extension KernelCounterFile {
  /// The endings of a file of them.
  package var endings: some Sequence<KernelEnding> { records { KernelEnding($0) } }
}
