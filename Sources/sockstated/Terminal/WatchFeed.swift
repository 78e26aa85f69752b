import Exposition
import Synchronization

/// Polls, or asks a daemon, again and again on a thread of its own, so that keys are heard meanwhile.
final class WatchFeed: Sendable {
  /// What the last poll brought.
  struct Update: Sendable {
    /// What ``WatchBody`` has rendered; nil before the first poll.
    var body: String?
    /// Why the last poll failed; nil if it did not.
    var failure: String?
  }

  private struct State {
    var query: ReportQuery
    var latest = Update()
    var isStopped = false
    var isPaused = false
  }

  private let state: Mutex<State>
  private let command: SelfPipe
  private let screen: SelfPipe

  /// - Parameter screen: is woken when there is something new.
  init(_ query: ReportQuery, waking screen: SelfPipe) throws {
    state = Mutex(State(query: query))
    command = try SelfPipe()
    self.screen = screen
  }

  var latest: Update { state.withLock { $0.latest } }

  /// Polls at once.
  func refresh() { command.signal() }

  /// Has it rendered in this style and order from now on.
  func show(_ style: TerminalStyle, by order: GroupOrder) {
    let isNew = state.withLock { state in
      let before = state.query.view
      state.query.view.style = style
      state.query.view.order = order
      return state.query.view != before
    }
    if isNew { command.signal() }
  }

  /// Stops to poll, or goes on.
  func set(isPaused: Bool) {
    state.withLock { $0.isPaused = isPaused }
    command.signal()
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    command.signal()
  }

  /// Polls until ``stop()``. Blocks: it belongs on a thread of its own.
  func run(_ source: ReportSource, every interval: Int64) {
    switch source {
    case .daemon(let client):
      run(every: interval) { query, _ throws(Failure) in
        let text = try client.answer("/api/v1/watch", query.items(ReportQuery.table))
        return String(decoding: text, as: UTF8.self)
      }
    case .host(let settings):
      var host = HostPoller(settings)
      run(every: interval) { query, polls throws(Failure) in
        if polls || host.last == nil { try host.poll(listsSockets: !query.view.filter.isEmpty) }
        return host.last?.watchBody(query.view) ?? ""
      }
    }
  }

  private func run(every interval: Int64, _ body: (ReportQuery, Bool) throws(Failure) -> String) {
    var shown: TextView?
    while true {
      let now = state.withLock { $0 }
      if now.isStopped { return }
      // In a pause, another order or width is still shown.
      if !now.isPaused || now.query.view != shown {
        update { () throws(Failure) in try body(now.query, !now.isPaused) }
        shown = now.query.view
      }
      _ = command.wait(milliseconds: Int32(clamping: interval), also: nil)
    }
  }

  private func update(_ body: () throws(Failure) -> String) {
    do throws(Failure) {
      let text = try body()
      state.withLock { $0.latest = Update(body: text) }
    } catch {
      state.withLock { $0.latest.failure = error.message }
    }
    screen.signal()
  }
}
