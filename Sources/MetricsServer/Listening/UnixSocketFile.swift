internal import Glibc
internal import NIOCore
internal import NIOPosix

/// The file of a listening unix socket: made way for, given its mode, and removed in the end.
struct UnixSocketFile: Sendable {
  /// Owner and group may connect, which takes the right to write (unix(7)).
  private static let mode: mode_t = 0o660

  let path: String
  private let device: dev_t
  private let inode: ino_t

  /// Removes a socket that nobody listens on any more. Anything else at the path stays, and bind(2)
  /// or the error thrown here says so.
  static func removeStale(
    at path: String, on eventLoop: any EventLoop
  ) async throws(MetricsServerError.Reason) {
    guard let found = status(of: path) else { return }
    guard found.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket }
    do {
      let channel = try await ClientBootstrap(group: eventLoop)
        .connect(unixDomainSocketPath: path).get()
      try? await channel.close()
    } catch let error as IOError where error.errnoCode == ECONNREFUSED {
      _ = unsafe unlink(path)
      return
    } catch let error as IOError where error.errnoCode == ENOENT {
      return
    } catch {
      // Somebody may be there: EAGAIN is a full backlog, EACCES another user's socket.
    }
    throw .system(EADDRINUSE)
  }

  /// Takes charge of the file that a socket has just been bound to.
  init(boundAt path: String) throws(MetricsServerError.Reason) {
    guard unsafe chmod(path, Self.mode) == 0, let status = Self.status(of: path) else {
      throw .system(errno)
    }
    self.path = path
    device = status.st_dev
    inode = status.st_ino
  }

  /// Removes the file, unless another has taken its place.
  func remove() {
    guard let status = Self.status(of: path), status.st_dev == device, status.st_ino == inode
    else { return }
    _ = unsafe unlink(path)
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status : nil
  }
}
