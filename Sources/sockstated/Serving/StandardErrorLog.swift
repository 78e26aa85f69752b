import Configuration
import Exposition
import FoundationEssentials
import Glibc
import Logging
import Synchronization

/// Writes log lines to standard error: logfmt or JSON, with the time; under systemd, whose journal
/// knows the time, with a priority `<3>`…`<7>` (sd-daemon(3)) in its place.
struct StandardErrorLog: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]
  private let format: Settings.Log.Format
  private let isJournal: Bool

  init(format: Settings.Log.Format, level: Logger.Level, isJournal: Bool) {
    self.format = format
    self.isJournal = isJournal
    logLevel = level
  }

  /// Whether systemd's journal reads standard error (`$JOURNAL_STREAM`, systemd.exec(5)).
  static var writesToJournal: Bool {
    guard let stream = unsafe getenv("JOURNAL_STREAM") else { return false }
    var status = stat()
    guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
    return unsafe String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    var fields = [("level", event.level.rawValue), ("msg", event.message.description)]
    fields += all.map { ($0.key, $0.value.description) }
    if !isJournal { fields.insert(("ts", Self.timestamp()), at: 0) }
    let line =
      switch format {
      case .logfmt: LogLine.logfmt(fields)
      case .json: LogLine.json(fields)
      }
    let priority = isJournal ? "<\(event.level.syslogPriority)>" : ""
    StandardError.write(priority + line + "\n")
  }

  /// RFC 3339 in UTC, with milliseconds.
  private static func timestamp() -> String {
    Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(.now)
  }
}

/// File descriptor 2.
enum StandardError {
  /// Says something to the user of a command, in what the terminal can show.
  static func tell(_ message: String) {
    write("sockstated: \(Environment.isUTF8 ? message : TerminalText.ascii(message))\n")
  }

  private static let isInUse = Mutex(())

  /// Writes in one call, so that lines of two threads do not mix. What a full disk does not take is
  /// lost, and so is what a pipe has no room for, and what is longer than it has room for if it has any
  /// (PIPE_BUF, pipe(7)): whoever has stopped to read the log must not stop the polls.
  static func write(_ text: String) {
    let bytes = text.utf8.count <= 4096 ? Array(text.utf8) : text.utf8.prefix(4095) + [0x0a]
    isInUse.withLock { _ in
      var polled = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
      guard unsafe poll(&polled, 1, 0) == 1 else { return }
      _ = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count)
      }
    }
  }
}

/// One line of named values.
enum LogLine {
  /// `level=info msg="not found" path=/x`: values are quoted where they need it.
  static func logfmt(_ fields: [(String, String)]) -> String {
    fields.map { "\($0)=\(isPlain($1) ? $1 : quoted($1))" }.joined(separator: " ")
  }

  /// An object of strings.
  static func json(_ fields: [(String, String)]) -> String {
    written { json in json.object { for (name, value) in fields { $0.member(name, value) } } }
  }

  private static func isPlain(_ text: String) -> Bool {
    !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        $0.value > 0x20 && $0.value < 0x7f && $0 != "\"" && $0 != "=" && $0 != "\\"
      }
  }

  private static func quoted(_ text: String) -> String { written { $0.value(text) } }

  private static func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension Logger.Level {
  /// The priority of syslog(3).
  fileprivate var syslogPriority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
