internal import Glibc
package import Logging
internal import Synchronization

/// A file that says what the server asks of its clients, and the certificates that it names, read
/// again when one of them has changed. Where they have become bad, the last good ones stay.
package final class SecurityFile: Sendable {
  /// Reads the file itself.
  package typealias Read = @Sendable () throws -> WebSecurity

  /// What has been read, ready for use.
  struct Loaded: Sendable {
    var security: WebSecurity
    var tls: TLSContext?
  }

  private struct State {
    var good: Loaded
    /// The files that `good` or a later attempt came from, as they were then.
    var seen: [FileStamp]
  }

  private let path: String
  private let read: Read
  private let logger: Logger
  private let state: Mutex<State>

  /// - Throws: what `read` throws, or one line that names a bad certificate file.
  package init(path: String, logger: Logger, read: @escaping Read) throws {
    self.path = path
    self.read = read
    self.logger = logger
    let stamp = FileStamp(path)
    let security = try read()
    // Before they are read: a change meanwhile is seen later.
    let stamps = [stamp] + (security.tls?.files ?? []).map(FileStamp.init)
    let tls = try security.tls.map { policy in try TLSContext(policy) }
    state = Mutex(State(good: Loaded(security: security, tls: tls), seen: stamps))
  }

  /// What holds now.
  var current: Loaded {
    state.withLock { state in
      let stamps = state.seen.map { FileStamp($0.path) }
      if stamps != state.seen { reload(&state, stamps) }
      return state.good
    }
  }

  private func reload(_ state: inout State, _ stamps: [FileStamp]) {
    state.seen = stamps
    do {
      let security = try read()
      state.seen =
        [stamps.first ?? FileStamp(path)] + (security.tls?.files ?? []).map(FileStamp.init)
      let tls = try security.tls.map { policy in try TLSContext(policy) }
      state.good = Loaded(security: security, tls: tls)
      logger.info("web configuration read again")
    } catch {
      logger.error("web configuration not read again, the last good one stays: \(error)")
    }
  }
}

/// What changes when a file does; all zero where there is none.
private struct FileStamp: Equatable {
  let path: String
  private var device: dev_t = 0
  private var inode: ino_t = 0
  private var size: off_t = 0
  private var changed: [Int] = []

  init(_ path: String) {
    self.path = path
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return }
    device = status.st_dev
    inode = status.st_ino
    size = status.st_size
    changed = [
      status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ]
  }
}
