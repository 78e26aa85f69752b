@testable import LinuxSockets

/// Builds the files that sockstated-bpf pins, byte by byte (`format.h`).
struct KernelCounterBytes {
  var records: [UInt8] = []
  var kind = KernelCounterFile.Kind.counters
  var format: UInt16 = 1
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

  private func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] { NetlinkBytes.little(value) }
}
