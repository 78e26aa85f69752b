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
      }, isColoured: isColoured)
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
}

/// File descriptor 1.
enum StandardOutput {
  /// Writes all of it, as far as that is possible.
  static func write(_ text: String) { write(Array(text.utf8)) }

  /// Writes all of it, as far as that is possible.
  static func write(_ bytes: [UInt8]) {
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
      } else if errno != EINTR {
        return
      }
    }
  }
}
