import Glibc

/// Files that the administrator names, read whole.
///
/// A FIFO that nobody writes to, or a file system that does not answer, holds up whoever reads, and some for ever:
/// that is done on a thread of its own.
package enum ConfigurationFile {
  /// How long a file is waited for, s.
  private static let patience = 5

  /// The bytes of a file, at most `limit` and one more, so that a longer file can be told.
  package static func read(_ path: String, limit: Int) throws(ConfigurationError) -> [UInt8] {
    let bytes =
      BoundedWait.value(milliseconds: patience * 1000) {
        Result { () throws(Flaw) in try self.bytes(path, limit) }
      } ?? .failure(Flaw(problem: "cannot read: nothing came within \(patience) s"))
    switch bytes {
    case .success(let bytes): return bytes
    case .failure(let flaw): throw ConfigurationError(source: path, flaw: flaw)
    }
  }

  private static func bytes(_ path: String, _ limit: Int) throws(Flaw) -> [UInt8] {
    // A C string would end at the NUL and name another file.
    guard !path.utf8.contains(0) else { throw Flaw(problem: "cannot open: NUL in the path") }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw Flaw(problem: "cannot open: \(message(of: errno))") }
    defer { close(descriptor) }
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

  /// Throws if a path names something that reading may wait for; if nothing is there, reading says so.
  static func expectNoPipe(_ path: String) throws(ConfigurationError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    else { return }
    throw ConfigurationError(source: path, flaw: Flaw(problem: "cannot read: not a regular file"))
  }

  private static func message(of error: CInt) -> String {
    unsafe String(cString: strerror(error))
  }
}
