import Glibc

/// A file that is read once, from its start; closed when it goes.
struct ConfigurationFile: ~Copyable {
  private let descriptor: CInt

  init(path: String) throws(Flaw) {
    // A C string would end at the NUL and name another file.
    guard !path.utf8.contains(0) else { throw Flaw(problem: "cannot open: NUL in the path") }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Flaw(problem: "cannot open: \(message(of: errno))") }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// The bytes, at most `limit` and one more, so that a longer file can be told.
  func read(limit: Int) throws(Flaw) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count <= limit {
      let count = unsafe Glibc.read(descriptor, &chunk, min(chunk.count, limit + 1 - bytes.count))
      if count == 0 { break }
      if count > 0 {
        bytes += chunk.prefix(count)
      } else if errno != EINTR {
        throw Flaw(problem: "cannot read: \(message(of: errno))")
      }
    }
    return bytes
  }
}

private func message(of error: CInt) -> String {
  unsafe String(cString: strerror(error))
}
