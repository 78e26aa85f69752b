import ArgumentParser
import Configuration
import Exposition
import Glibc
import LinuxSockets
import SocketStates
import Synchronization

/// `sockstated watch`: the tables of `snapshot`, again and again in place.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", abstract: "Show the sockets, refreshed in place, until q is pressed.",
    discussion: """
      Shows what is at fault, then the tables of `snapshot`, on the whole terminal. s sorts by another \
      column, space pauses, r looks at once, the cursor keys scroll, ? lists all keys. Without root it shows \
      what anybody may know, and says what is missing. With --connect it shows what a running daemon knows, \
      ages and counters of all its life among it.
      """)

  @OptionGroup var look: LookOptions
  @OptionGroup var only: FilterOptions

  @Option(
    help: ArgumentHelp(
      "Time from one look to the next, such as 500ms or 10s.", valueName: "duration")
  )
  var interval = "2s"

  @Option(
    help: ArgumentHelp("Sort by this at the start.", valueName: "order"),
    completion: .list(GroupOrder.allCases.map(\.rawValue)))
  var sort = GroupOrder.severity

  private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]

  func run() throws {
    let filter = try only.filter()
    let interval = try Duration.flag(self.interval, "--interval", atLeast: 100)
    let reportSource = try look.reportSource {
      $0.tracker.listStuckAfter = 0
      $0.tracker.finWait2After = 1000
    }
    guard let terminal = FullScreen() else {
      throw Failure(
        message: "watch wants a terminal; `sockstated snapshot` prints once", status: Failure.usage)
    }
    var facts = WatchScreen.Facts(clock: "", place: reportSource.place, interval: interval)
    let wake = try SelfPipe()
    let feed = try WatchFeed(waking: wake)
    PendingSignals.open(Self.signals, waking: wake.signallingDescriptor)
    let start = Start(reportSource)
    BlockingThread.start {
      guard let reportSource = start.take() else { return }
      feed.run(reportSource, listing: filter.isEmpty ? nil : filter, every: interval)
    }
    terminal.enter()
    var screen = WatchScreen()
    screen.order = sort
    screen.filter = filter
    let fatal = loop(&screen, &facts, terminal, feed, wake)
    feed.stop()
    terminal.leave()
    // Whoever started us is to see that a signal ended us.
    if let fatal { PendingSignals.obey(fatal) }
  }

  /// Draws and listens until the end.
  /// - Returns: the signal that ended it; nil for a key.
  private func loop(
    _ screen: inout WatchScreen, _ facts: inout WatchScreen.Facts, _ terminal: FullScreen,
    _ feed: WatchFeed, _ wake: SelfPipe
  ) -> Int32? {
    while true {
      let size = TerminalSize.current ?? TerminalSize(columns: 80, rows: 24)
      let news = feed.news
      facts.clock = Self.clock
      facts.failure = news.failure
      facts.missing = news.missing
      var style = TerminalStyle.ofOutput
      style.width = size.columns
      terminal.draw(
        screen.lines(news.report, facts, rows: size.rows, style))
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
          terminal.enter()
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

  /// nil where the terminal has gone.
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

extension GroupOrder: ExpressibleByArgument {}

/// Carries a reportSource, which has one owner, to the thread that looks.
private final class Start: Sendable {
  private let reportSource: Mutex<ReportSource?>

  init(_ reportSource: consuming sending ReportSource) { self.reportSource = Mutex(reportSource) }

  func take() -> sending ReportSource? { reportSource.withLock { $0.take() } }
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
