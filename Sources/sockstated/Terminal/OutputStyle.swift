import Exposition
import Glibc

extension TerminalStyle {
  /// What standard output is: colours only on a terminal that can, and not against NO_COLOR
  /// (no-color.org); elsewhere as wide as COLUMNS says, if it says anything.
  static var ofOutput: TerminalStyle {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let isColoured =
      isTerminal && (Environment["NO_COLOR"] ?? "").isEmpty && Environment["TERM"] != "dumb"
    let width =
      isTerminal ? TerminalSize.current?.columns : Environment["COLUMNS"].flatMap { Int($0) }
    return TerminalStyle(
      width: width.map {
        min(max($0, ReportQuery.widths.lowerBound), ReportQuery.widths.upperBound)
      }, isColoured: isColoured, isASCII: !Environment.isUTF8)
  }
}

/// Columns and rows of a terminal.
struct TerminalSize: Equatable {
  var columns: Int
  var rows: Int

  /// That of standard output; nil where it is no terminal, or does not know.
  static var current: TerminalSize? {
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0,
      size.ws_row > 0
    else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}

/// The environment's variables.
enum Environment {
  static subscript(name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Whether the locale's characters are UTF-8: the first of these variables that has a value names it
  /// (locale(7)), as `language_TERRITORY.codeset@modifier`; without one it is POSIX, which is ASCII.
  static var isUTF8: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { Self[$0] }.first { !$0.isEmpty }
    let codeset = locale?.prefix { $0 != "@" }.split(separator: ".").dropFirst().last
    return ["utf-8", "utf8"].contains(codeset?.lowercased())
  }
}

/// File descriptor 1.
enum StandardOutput {
  /// Writes all of it.
  static func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

  /// Writes all of it. If the reader of a pipe has gone, the program ends as by the signal of that, without
  /// a word.
  static func write(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
      }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var polled = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        unsafe _ = poll(&polled, 1, 1000)
      } else if errno == EPIPE {
        // NIO has it ignored; so may whoever started us.
        PendingSignals.obey(SIGPIPE)
      } else if errno != EINTR {
        let reason = unsafe String(cString: strerror(errno))
        throw Failure(message: "cannot write to standard output: \(reason)")
      }
    }
  }
}
