package import Configuration
internal import Glibc
package import Logging
internal import Synchronization

/// The web configuration file and the certificates that it names, reloaded when one of them has
/// changed. If the reload fails, the previous ones are kept.
package final class SecurityFile: Sendable {
  /// Reads the file itself.
  package typealias Read = @Sendable () throws -> WebConfig

  /// A configuration, and its certificates ready for use.
  struct Loaded: Sendable {
    var config: WebConfig
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
    let config = try read()
    // Before they are read: a change meanwhile is seen later.
    let stamps = [stamp] + (config.tls?.files ?? []).map(FileStamp.init)
    let tls = try config.tls.map { tls in try TLSContext(tls) }
    state = Mutex(State(good: Loaded(config: config, tls: tls), seen: stamps))
  }

  /// The configuration in force, after a reload if a file has changed.
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
      let config = try read()
      state.seen =
        [stamps.first ?? FileStamp(path)] + (config.tls?.files ?? []).map(FileStamp.init)
      let tls = try config.tls.map { tls in try TLSContext(tls) }
      state.good = Loaded(config: config, tls: tls)
      logger.info("web configuration reloaded")
    } catch {
      logger.error("web configuration: reload failed, keeping the previous one: \(error)")
    }
  }
}

/// What changes when a file does; all zero if there is no file.
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
