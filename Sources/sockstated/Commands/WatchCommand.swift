import ArgumentParser
import Exposition
import Glibc
import LinuxSockets
import SocketStates

/// `sockstated watch`: the tables of `snapshot`, refreshed in place.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Show the sockets, refreshed in place, until q is pressed.",
    discussion: """
      Shows what is at fault, then the tables of `snapshot`, on the whole terminal. s sorts by another \
      column, space pauses, r polls at once, the cursor keys scroll, ? lists all keys. Without root it shows \
      what anybody may know, and says what is not visible. With --connect it shows the daemon's answer of \
      /api/v1/watch.
      """)

  @OptionGroup var options: SourceOptions
  @OptionGroup var table: TableOptions

  @Option(
    help: ArgumentHelp("Time between polls, such as 500ms or 10s.", valueName: "duration")
  )
  var interval = "2s"

  private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]

  func run() throws {
    let query = try table.query()
    let interval = try Duration.flag(self.interval, "--interval", atLeast: 100)
    let source = try options.source { settings in
      settings.tracker.listStuckAfter = 0
      settings.tracker.finWait2After = 1000
    }
    guard let terminal = FullScreen() else {
      throw Failure(
        message: "watch wants a terminal; `sockstated snapshot` prints once", status: Failure.usage)
    }
    var facts = WatchScreen.Facts(clock: "", place: place(of: source), interval: interval)
    let wake = try SelfPipe()
    let feed = try WatchFeed(query, waking: wake)
    PendingSignals.open(Self.signals, waking: wake.signallingDescriptor)
    BlockingThread.start { feed.run(source, every: interval) }
    try terminal.enter()
    var screen = WatchScreen()
    screen.order = query.view.order
    let end = Result { () throws(Failure) in
      try loop(&screen, &facts, terminal, feed, wake)
    }
    feed.stop()
    terminal.leave()
    // Whoever started us is to see that a signal ended us.
    if let fatal = try end.get() { PendingSignals.obey(fatal) }
  }

  /// From whom it is known, for the first line.
  private func place(of source: ReportSource) -> String {
    switch source {
    case .host: "this host"
    case .daemon(let client):
      client.address.text + (options.access.isInsecure ? " (certificate NOT verified)" : "")
    }
  }

  /// Draws and listens until the end.
  /// - Returns: the signal that ended it; nil for a key.
  private func loop(
    _ screen: inout WatchScreen, _ facts: inout WatchScreen.Facts, _ terminal: FullScreen,
    _ feed: WatchFeed, _ wake: SelfPipe
  ) throws(Failure) -> Int32? {
    while true {
      let size = TerminalSize.current ?? TerminalSize(columns: 80, rows: 24)
      var style = TerminalStyle.ofOutput
      style.width = size.columns
      feed.show(style, by: screen.order)
      let latest = feed.latest
      facts.clock = Self.clock
      facts.failure = latest.failure
      try terminal.draw(screen.lines(latest.body, facts, rows: size.rows, style))
      // Wakes every second for the clock, which shows that it is alive.
      let reason = wake.wait(milliseconds: 1000, also: STDIN_FILENO)
      for signal in PendingSignals.take() {
        switch signal {
        case SIGWINCH, SIGCONT: break
        case SIGTSTP:
          terminal.leave()
          PendingSignals.obey(SIGTSTP)
          // Here again after SIGCONT.
          PendingSignals.listen(SIGTSTP)
          try terminal.enter()
        default: return signal
        }
      }
      guard reason == .other else { continue }
      guard let keys = Self.readKeys() else { return nil }
      for key in keys {
        if key == .quit { return nil }
        screen.press(key, page: size.rows - 4, feed)
      }
    }
  }

  /// nil once the terminal has gone.
  private static func readKeys() -> [Key]? {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = unsafe read(STDIN_FILENO, &buffer, buffer.count)
    if count > 0 { return Key.keys(in: buffer[..<count]) }
    return count < 0 && (errno == EINTR || errno == EAGAIN) ? [] : nil
  }

  /// The local time of day.
  private static var clock: String {
    var now = time(nil)
    var parts = unsafe tm()
    unsafe _ = localtime_r(&now, &parts)
    let two = { (value: Int32) in value < 10 ? "0\(value)" : "\(value)" }
    return unsafe "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
  }
}

extension WatchScreen {
  fileprivate mutating func press(_ key: Key, page: Int, _ feed: WatchFeed) {
    switch key {
    case .quit: break
    case .sort: order = order.next
    case .sortBack: order = order.previous
    case .pause:
      isPaused.toggle()
      feed.set(isPaused: isPaused)
    case .refresh: feed.refresh()
    case .help: showsHelp.toggle()
    case .up: offset = max(0, offset - 1)
    case .down: offset += 1
    case .pageUp: offset = max(0, offset - page)
    case .pageDown: offset += page
    case .top: offset = 0
    }
  }
}
