package import SocketStates

/// The end of one socket that was connected, or tried to be, or one that is there and that nobody holds
/// (`struct ending_record`).
package struct KernelEnding: Sendable {
  /// How connections end, as `format.h` numbers it.
  static let ends: [ConnectionEnd] = [.closed, .resetReceived, .resetSent, .timedOut, .aborted]
  /// By SOCK_DESTROY; the kernel sends a reset.
  private static let destroyed: UInt8 = 254

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
    let (how, cause): (UInt8, UInt8) = (record.load(at: 39), record.load(at: 42))
    let port: UInt16 = record.load(at: 36)
    socket = EndedSocket(
      direction: Direction(kernel: record.load(at: 38)), port: port == 0 ? nil : port,
      how: Self.end(how),
      state: TCPState(kernel: record.load(at: 40)),
      reason: ResetReason(rawValue: record.load(at: 41)), retransmits: record.load(at: 28),
      unread: record.load(at: 32))
    socket.sentSegments = record.load(at: 44)
    socket.sentBytes = record.load(at: 48)
    socket.receivedBytes = record.load(at: 56)
    socket.retransmittedBytes = record.load(at: 64)
    // A loader that does not tell it leaves zero, which is `closed`.
    if cause != 0 {
      socket.wasDestroyed = cause == Self.destroyed
      socket.cause = socket.wasDestroyed ? .resetSent : Self.end(cause)
    }
  }

  private static func end(_ number: UInt8) -> ConnectionEnd? {
    ends.indices.contains(Int(number)) ? ends[Int(number)] : nil
  }
}

extension KernelCounterFile {
  /// The endings of a file of them.
  package var endings: some Sequence<KernelEnding> { records { KernelEnding($0) } }
}

extension KernelCounterFile {
  /// The processes of the sockets of a file of them, some more than once.
  var processesOfEndings: some Sequence<KernelProcess.Key> {
    records { KernelProcess.Key(started: $0.load(at: 16), tgid: $0.load(at: 24)) }
  }
}

/// The sockets of a file of them, by cookie; none without one.
struct KernelEndings {
  private let file: KernelCounterFile?
  private var places: [UInt64: Int] = [:]

  init(_ file: KernelCounterFile?) {
    self.file = file
    guard let file else { return }
    func number(_ place: Int) -> UInt64 { file.record(place) { $0.load(at: 8) } }
    for (place, cookie) in file.records({ $0.load(at: 0) as UInt64 }).enumerated()
    where cookie != 0 {
      // One that was used again has several.
      if let other = places[cookie], number(other) > number(place) { continue }
      places[cookie] = place
    }
  }

  subscript(_ cookie: UInt64) -> KernelEnding? {
    guard let file, let place = places[cookie] else { return nil }
    return file.record(place) { KernelEnding($0) }
  }
}
