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
    var isChecking = false
  }

  /// ms that the start waits for the files.
  private static let patienceAtStart = 10_000
  /// ms that a request waits for a look at the files. If they do not answer, the last good ones are in force,
  /// and no other request waits.
  private static let patience = 500

  private let path: String
  private let read: Read
  private let logger: Logger
  private let state: Mutex<State>

  /// - Throws: what `read` throws, or one line that names a bad certificate file.
  package init(path: String, logger: Logger, read: @escaping Read) throws {
    self.path = path
    self.read = read
    self.logger = logger
    let loaded = BoundedWait.value(milliseconds: Self.patienceAtStart) {
      var seen = [FileStamp(path)]
      return Result { (try Self.load(path, read, &seen), seen) }
    }
    guard let loaded else {
      throw TLSContext.Failure(
        description:
          "\(path): cannot read it and the files that it names: nothing came within \(Self.patienceAtStart / 1000) s"
      )
    }
    let (good, seen) = try loaded.get()
    state = Mutex(State(good: good, seen: seen))
  }

  /// The configuration in force, after a reload if a file has changed.
  var current: Loaded {
    let seen = state.withLock { state -> [FileStamp]? in
      guard !state.isChecking else { return nil }
      state.isChecking = true
      return state.seen
    }
    if let seen {
      _ = BoundedWait.value(milliseconds: Self.patience) { self.check(seen) }
    }
    return state.withLock { $0.good }
  }

  private func check(_ seen: [FileStamp]) {
    defer { state.withLock { $0.isChecking = false } }
    var stamps = seen.map { FileStamp($0.path) }
    guard stamps != seen else { return }
    do {
      let good = try Self.load(path, read, &stamps)
      state.withLock { $0.good = good }
      logger.info("web configuration reloaded")
    } catch {
      logger.error("web configuration: reload failed, keeping the previous one: \(error)")
    }
    state.withLock { [stamps] in $0.seen = stamps }
  }

  /// - Parameter stamps: of the files, of which the first is the configuration's; taken before they are read, so
  ///   that a change meanwhile is seen later.
  private static func load(
    _ path: String, _ read: Read, _ stamps: inout [FileStamp]
  ) throws -> Loaded {
    let config = try read()
    stamps = stamps.prefix(1) + (config.tls?.files ?? []).map(FileStamp.init)
    return Loaded(config: config, tls: try config.tls.map { try TLSContext($0, file: path) })
  }
}

/// What changes when a file does; all zero if there is no file.
private struct FileStamp: Equatable, Sendable {
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
