internal import Glibc

/// A file descriptor with one owner, closed when that goes away.
package struct Descriptor: ~Copyable, Sendable {
  /// The descriptor's number; valid while this value lives.
  package let number: Int32

  /// Takes over an open descriptor.
  package init(owning number: Int32) { self.number = number }

  deinit { _ = close(number) }

  /// Always set: under a path that a user named there may be anything, and neither a FIFO without a
  /// writer nor a terminal may hold the caller up or make it theirs.
  private static let always = O_CLOEXEC | O_NONBLOCK | O_NOCTTY

  /// Opens a path (open(2)); O_CLOEXEC is always set, and opening a FIFO never waits.
  package static func open(
    _ path: String, flags: Int32 = O_RDONLY
  ) throws(SystemError) -> Descriptor {
    let number = retrying { unsafe Glibc.open(path, flags | always) }
    guard number >= 0 else { throw .last("open \(path)") }
    return Descriptor(owning: number)
  }

  /// Opens a path relative to this directory (openat(2)), with the same flags.
  package borrowing func open(
    at path: String, flags: Int32 = O_RDONLY
  ) throws(SystemError) -> Descriptor {
    let directory = number
    let opened = Descriptor.retrying { unsafe openat(directory, path, flags | Descriptor.always) }
    guard opened >= 0 else { throw .last("open \(path)") }
    return Descriptor(owning: opened)
  }

  /// Reads into the buffer from `offset` on (read(2)) and returns how many bytes came; 0 is the
  /// end of the file, or that there is no room.
  ///
  /// - Parameter name: what is read, for the error's text.
  package borrowing func read(
    into buffer: inout [UInt8], from offset: Int = 0, name: @autoclosure () -> String
  ) throws(SystemError) -> Int {
    guard offset >= 0, offset < buffer.count else { return 0 }
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset...])
      while true {
        let count = unsafe Glibc.read(number, room.baseAddress, room.count)
        if count >= 0 || Glibc.errno != EINTR { return count }
      }
    }
    guard count >= 0 else { throw .last("read \(name())") }
    return count
  }

  /// Gives the descriptor away: who takes the number closes it.
  package consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }

  private static func retrying(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 || Glibc.errno != EINTR { return result }
    }
  }
}
