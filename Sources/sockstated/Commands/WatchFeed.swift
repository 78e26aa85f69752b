import Exposition
import SocketStates
import Synchronization

/// Looks again and again on a thread of its own, so that keys are heard while a look takes its time.
final class WatchFeed: Sendable {
  /// What the last look brought.
  struct Update: Sendable {
    var report: Report?
    var failure: String?
    var missing: [String] = []
  }

  private struct State {
    var news = Update()
    var isStopped = false
    var isPaused = false
  }

  private let state = Mutex(State())
  private let order: SelfPipe
  private let screen: SelfPipe

  /// - Parameter screen: is woken when there is news.
  init(waking screen: SelfPipe) throws {
    order = try SelfPipe()
    self.screen = screen
  }

  var news: Update { state.withLock { $0.news } }

  /// Looks at once.
  func refresh() { order.signal() }

  /// Looks no more, or goes on.
  func set(isPaused: Bool) {
    state.withLock { $0.isPaused = isPaused }
    order.signal()
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    order.signal()
  }

  /// Looks until ``stop()``. Blocks: it belongs on a thread of its own.
  func run(
    _ reportSource: consuming ReportSource, listing filter: SocketFilter?, every interval: Int64
  ) {
    while true {
      let (isStopped, isPaused) = state.withLock { ($0.isStopped, $0.isPaused) }
      if isStopped { return }
      if !isPaused { look(&reportSource, listing: filter) }
      _ = order.wait(milliseconds: Int32(clamping: interval), also: nil)
    }
  }

  private func look(_ reportSource: inout ReportSource, listing filter: SocketFilter?) {
    do throws(Failure) {
      let report = try reportSource.look(listing: filter)
      let missing = reportSource.missing
      state.withLock { state in
        state.news.report = report
        state.news.failure = nil
        state.news.missing = missing
      }
    } catch {
      state.withLock { $0.news.failure = error.message }
    }
    screen.signal()
  }
}
