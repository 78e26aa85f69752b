internal import Glibc
package import SocketStates

/// Reads every TCP socket of the network namespace from /proc/net/tcp and /proc/net/tcp6.
package struct ProcNetTCPReader: Sendable {
  private let procfs: ProcFS
  private var buffer: [UInt8]

  package init(procfs: ProcFS, bufferSize: Int = 1 << 16) {
    self.procfs = procfs
    buffer = [UInt8](repeating: 0, count: max(bufferSize, 1))
  }

  /// Hands all sockets to `body` in batches whose buffer is reused, and returns how many lines
  /// could not be read.
  ///
  /// A missing tcp6 is a kernel without IPv6. Throws if neither file is there (ENOENT), if one
  /// cannot be read, or with ETIMEDOUT once `deadline` has passed; the batches handed out by
  /// then are no complete picture.
  package mutating func read(
    deadline: ContinuousClock.Instant, body: (Span<SocketRow>) -> Void
  ) throws(SystemError) -> UInt64 {
    var skipped: UInt64 = 0
    var found = false
    for name in ["tcp", "tcp6"] {
      guard let file = try procfs.openNet(name) else { continue }
      found = true
      skipped += try read(file, name: procfs.path("net/" + name), deadline: deadline, body: body)
    }
    guard found else {
      throw SystemError(operation: "open \(procfs.path("net/tcp"))", errno: ENOENT)
    }
    return skipped
  }

  private mutating func read(
    _ file: borrowing Descriptor, name: String, deadline: ContinuousClock.Instant,
    body: (Span<SocketRow>) -> Void
  ) throws(SystemError) -> UInt64 {
    var parser = ProcNetTCP()
    var rows: ContiguousArray<SocketRow> = []
    var atEnd = false
    while !atEnd {
      guard ContinuousClock.now < deadline else {
        throw SystemError(operation: "read \(name)", errno: ETIMEDOUT)
      }
      let count = try file.read(into: &buffer, name: name)
      atEnd = count == 0
      if atEnd {
        parser.finish(into: &rows)
      } else {
        parser.consume(buffer.span.extracting(0..<count), into: &rows)
      }
      if !rows.isEmpty { body(rows.span) }
      rows.removeAll(keepingCapacity: true)
    }
    return parser.linesSkipped
  }
}
