@testable import LinuxSockets

/// Builds the files that sockstated-bpf pins, byte by byte (`format.h`).
struct KernelCounterBytes {
  var records: [UInt8] = []
  var kind = KernelCounterFile.Kind.counters
  var format = KernelCounterFile.format
  var loaded: UInt64 = 77
  var created: UInt64 = 0
  var noMark: UInt64 = 0

  /// The file.
  var bytes: [UInt8] {
    records + little(kind.rawValue) + little(format) + little(UInt16(kind.recordSize))
      + little(loaded) + little(created) + little(noMark) + little(UInt64(3)) + little(UInt64(4))
  }

  mutating func counter(
    tgid: UInt32 = 100, started: UInt64 = 5_000_000_000, netns: UInt32 = 9, port: UInt16 = 80,
    direction: UInt8 = 0, kind: UInt8 = 1, state: UInt8 = 2, reason: UInt8 = 1, _ count: UInt64
  ) {
    records += little(started) + little(tgid) + little(netns) + little(port)
    records += [direction, kind, state, reason, 0, 0] + little(count)
  }

  mutating func process(
    tgid: UInt32 = 100, started: UInt64 = 5_000_000_000, cgroup: UInt64 = 12, comm: String,
    arguments: String, length: UInt32? = nil
  ) {
    kind = .processes
    let text = { (text: String, size: Int) in
      Array((Array(text.utf8) + Array(repeating: 0, count: size)).prefix(size))
    }
    records += little(started) + little(tgid) + little(UInt32(0)) + little(cgroup)
    records += text(comm, 16) + little(length ?? UInt32(arguments.utf8.count))
    records += little(UInt32(0)) + text(arguments, 256)
  }

  /// - Parameters:
  ///   - ended: by ``KernelEnding/ends``.
  ///   - connects: counts of the buckets that are not empty, from the first on.
  mutating func group(
    tgid: UInt32 = 100, port: UInt16 = 80, direction: UInt8 = 0, opened: UInt64,
    ended: [UInt64] = [], connects: [UInt64] = [], lifetimes: [UInt64] = []
  ) {
    kind = .groups
    records += little(UInt64(5_000_000_000)) + little(tgid) + little(UInt32(9)) + little(port)
    records += [direction, 0, 0, 0, 0, 0] + little(opened)
    func numbers(_ numbers: [UInt64], _ count: Int) -> [UInt8] {
      (numbers + Array(repeating: 0, count: count - numbers.count)).flatMap { little($0) }
    }
    records += numbers(ended, 5)
    for counts in [connects, lifetimes] {
      records += little(counts.reduce(0, +) * 10) + numbers(counts, 15)
    }
  }

  mutating func ending(
    cookie: UInt64, number: UInt64, tgid: UInt32 = 100, retransmits: UInt32 = 0,
    unread: UInt32 = 0, port: UInt16 = 80, direction: UInt8 = 0, how: UInt8 = 0, state: UInt8 = 1,
    reason: UInt8 = 0, cause: UInt8 = 0, sentSegments: UInt32 = 0,
    bytes: (sent: UInt64, received: UInt64, retransmitted: UInt64) = (0, 0, 0)
  ) {
    kind = .endings
    records += little(cookie) + little(number) + little(UInt64(5_000_000_000)) + little(tgid)
    records += little(retransmits) + little(unread) + little(port)
    records += [direction, how, state, reason, cause, 0] + little(sentSegments)
    records += little(bytes.sent) + little(bytes.received) + little(bytes.retransmitted)
  }

  /// - Parameter thread: nil if the table is that of the process.
  mutating func descriptor(
    _ number: Int32, of tgid: UInt32 = 100, thread: UInt32? = nil,
    started: UInt64 = 1_000_000_000, inode: UInt32 = 0, netns: UInt32 = 0, state: UInt8 = 0
  ) {
    kind = .descriptors
    records += little(started) + little(tgid) + little(thread ?? tgid) + little(number)
    records += little(inode) + little(netns) + [state, 0, 0, 0]
  }

  private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] { NetlinkBytes.little(value) }
}
