import Glibc

/// The terminal while a program draws on all of it: the alternate screen, no echo, keys as they are
/// pressed. Given back by ``leave()``.
struct FullScreen {
  private let saved: termios

  /// nil where standard input is no terminal.
  init?() {
    var now = termios()
    guard isatty(STDOUT_FILENO) == 1, unsafe tcgetattr(STDIN_FILENO, &now) == 0 else { return nil }
    saved = now
  }

  /// Takes the terminal. Signals of its keys (Ctrl-C, Ctrl-Z) stay: they come as signals.
  func enter() throws(Failure) {
    var raw = saved
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    unsafe _ = tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    // Alternate screen, cursor off, no wrapping at the right edge (xterm's control sequences).
    try StandardOutput.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J")
  }

  /// Gives it back as it was.
  func leave() {
    // If that fails, the terminal has gone.
    try? StandardOutput.write("\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l")
    var before = saved
    // Keys that were pressed and not read are not meant for the shell.
    unsafe _ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
  }

  /// Draws these lines, one write a screen: then nothing flickers, also over a slow line.
  func draw(_ lines: [String]) throws(Failure) {
    // Each line is cleared before it is written: afterwards, the cursor of a full one stands on its
    // last column, which would go too.
    try StandardOutput.write(
      "\u{1b}[H" + lines.map { "\u{1b}[2K" + $0 }.joined(separator: "\r\n"))
  }
}
